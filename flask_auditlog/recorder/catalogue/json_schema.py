"""A marshmallow schema -> JSON Schema (2020-12) of the details it takes, as they are stored. Pure.

What the catalogue accepts, the JSON Schema accepts. What JSON Schema has no words for (a
validator of the host's own, a field that reads values in its own way) is left out of it.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from typing import Any

from marshmallow import fields
from marshmallow import RAISE
from marshmallow import Schema

from .json_rules import merged
from .json_rules import rules_of

Node = dict[str, Any]
# Which fields may be missing: all of them, or these.
Partial = bool | Collection[str] | None
# The schemas that this one stands in.
Above = tuple[type[Schema], ...]

_STRING = {"type": "string"}
_NUMBER = {"type": "number"}

# How a value of each field stands in JSON. By the class that reads it: see `_reader`.
_PLAIN: Mapping[type[Any], Node] = {
    fields.String: _STRING,
    fields.Email: _STRING | {"format": "email"},
    fields.Url: _STRING | {"format": "uri"},
    fields.UUID: _STRING | {"format": "uuid"},
    fields.Integer: {"type": "integer"},
    fields.Float: _NUMBER,
    # A float of JSON may not hold it exactly, so it is mostly written as text.
    fields.Decimal: {"type": ["number", "string"]},
    fields.Boolean: {"type": "boolean"},
    fields.DateTime: _STRING | {"format": "date-time"},
    fields.AwareDateTime: _STRING | {"format": "date-time"},
    fields.NaiveDateTime: _STRING,
    fields.Date: _STRING | {"format": "date"},
    fields.Time: _STRING | {"format": "time"},
    fields.TimeDelta: _NUMBER,
    fields.IP: _STRING,
    fields.IPv4: _STRING | {"format": "ipv4"},
    fields.IPv6: _STRING | {"format": "ipv6"},
    fields.IPInterface: _STRING,
}


def json_schema(schema: Schema | None) -> Node:
    """Return the JSON Schema of the details that *schema* takes; of any, without one."""
    if schema is None:
        return {"type": "object"}
    return _object(schema, (), schema.unknown, schema.partial)


def _object(schema: Schema, above: Above, unknown: str | None, partial: Partial) -> Node:
    if _is_changed_first(schema):
        return {"type": "object"}
    properties: dict[str, Node] = {}
    required = []
    for name, each in schema.load_fields.items():
        key = each.data_key if each.data_key is not None else name
        properties[key] = _value(each, (*above, type(schema)), _within(partial, name))
        if each.required and partial is not True and name not in (partial or ()):
            required.append(key)
    node: Node = {"type": "object", "properties": properties}
    if required:
        node["required"] = required
    if unknown == RAISE:
        node["additionalProperties"] = False

    return node


def _is_changed_first(schema: Schema) -> bool:
    """Whether the schema's own code changes what comes before it is looked at."""
    hooks = schema._hooks  # noqa: SLF001 (named by tag, or with an older marshmallow by a pair)

    return any(names for tag, names in hooks.items() if "pre_load" in str(tag))


def _within(partial: Partial, name: str) -> Partial:
    """What may be missing in the schema that is nested as *name*."""
    if partial is None or isinstance(partial, bool):
        return partial
    start = f"{name}."
    return [each.removeprefix(start) for each in partial if each.startswith(start)]


def _value(field: Any, above: Above, partial: Partial) -> Node:
    """What one field takes, and what is said of it."""
    reader = _reader(field)
    if reader is None:
        node: Node = {}
    elif reader in _PLAIN:
        node = dict(_PLAIN[reader])
        if str(getattr(field, "format", None)).startswith("timestamp"):
            node = dict(_NUMBER)
    else:
        node = _MADE[reader](field, above, partial)
    if reader is not None:
        node = merged([node, *rules_of(field, reader)])
    if field.allow_none:
        node = _or_null(node)
    said = {
        name: field.metadata[name] for name in ("title", "description") if name in field.metadata
    }

    return {**said, **node}


def _reader(field: Any) -> type[Any] | None:
    """Return the field of marshmallow's that reads values as *field* does; ``None`` if none does."""
    # What a function makes of a value before it is looked at, nobody can know.
    if getattr(field, "pre_load", None) or getattr(field, "post_load", None):
        return None
    kind = type(field)
    for each in kind.__mro__:
        if each in _PLAIN or each in _MADE:
            same = all(
                getattr(kind, name, None) is getattr(each, name, None)
                for name in ("deserialize", "_deserialize", "_validated")
            )
            return each if same else None

    return None


def _nested(field: Any, above: Above, partial: Partial) -> Node:
    schema = field.schema
    # One that holds itself is followed once.
    inner: Node = {"type": "object"}
    if type(schema) not in above:
        inherited = partial if partial is not None else schema.partial
        inner = _object(schema, above, field.unknown or schema.unknown, inherited)

    return {"type": "array", "items": inner} if schema.many or field.many else inner


def _list(field: Any, above: Above, partial: Partial) -> Node:
    return {"type": "array", "items": _value(field.inner, above, partial)}


def _tuple(field: Any, above: Above, partial: Partial) -> Node:
    each = [_value(inner, above, partial) for inner in field.tuple_fields]
    return {"type": "array", "prefixItems": each, "items": False, "minItems": len(each)}


def _dict(field: Any, above: Above, partial: Partial) -> Node:
    node: Node = {"type": "object"}
    if field.value_field is not None:
        node["additionalProperties"] = _value(field.value_field, above, partial)
    if field.key_field is not None and _reader(field.key_field) is fields.String:
        names = _value(field.key_field, above, partial)
        node |= {"propertyNames": names} if len(names) > 1 else {}

    return node


def _enum(field: Any, *_: Any) -> Node:
    if not field.by_value:
        return {"type": "string", "enum": list(field.enum.__members__)}
    values = [member.value for member in field.enum]
    if field.by_value is not True or not all(type(value) in _NAMES for value in values):
        return {}
    kinds = {_NAMES[type(value)]: None for value in values}

    return {"type": _one_or_all(list(kinds)), "enum": values}


_NAMES: Mapping[type[Any], str] = {
    str: "string",
    int: "integer",
    bool: "boolean",
    type(None): "null",
}

_MADE: Mapping[type[Any], Callable[[Any, Above, Partial], Node]] = {
    fields.Nested: _nested,
    fields.List: _list,
    fields.Tuple: _tuple,
    fields.Dict: _dict,
    fields.Enum: _enum,
}


def _or_null(node: Node) -> Node:
    if "type" not in node:
        return node
    also = {
        **node,
        "type": _one_or_all([*_types(node), *(["null"] if "null" not in _types(node) else [])]),
    }
    if "enum" in node and None not in node["enum"]:
        also["enum"] = [*node["enum"], None]

    return also


def _types(node: Mapping[str, Any]) -> list[str]:
    types = node.get("type", [])
    return [types] if isinstance(types, str) else types


def _one_or_all(types: list[str]) -> str | list[str]:
    return types[0] if len(types) == 1 else types
