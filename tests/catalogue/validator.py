"""What JSON Schema (2020-12) says of a value, for the keywords that we write. Slow and plain."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

TYPES: Mapping[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: value is True or value is False,
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "integer": lambda value: TYPES["number"](value) and value == int(value),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def same(one: Any, other: Any) -> bool:
    """Whether JSON calls two values equal."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def accepts(node: Any, value: Any) -> bool:
    """Whether *value* is valid. :raises KeyError: for a keyword that is not known here."""
    if isinstance(node, bool):
        return node
    return all(KEYWORDS[name](node, node[name], value) for name in node)


def _type(_: Any, types: Any, value: Any) -> bool:
    return any(TYPES[each](value) for each in ([types] if isinstance(types, str) else types))


def _on(kind: type | tuple[type, ...], test: Callable[[Any, Any], bool]) -> Callable[..., bool]:
    """A keyword that says nothing of values of other kinds."""

    def check(_: Any, said: Any, value: Any) -> bool:
        return not isinstance(value, kind) or isinstance(value, bool) or test(said, value)

    return check


def _others(node: Any, inner: Any, value: Any) -> bool:
    if not isinstance(value, dict):
        return True
    return all(accepts(inner, value[key]) for key in value.keys() - node.get("properties", {}))


def _rest(node: Any, inner: Any, value: Any) -> bool:
    if not isinstance(value, list):
        return True
    return all(accepts(inner, each) for each in value[len(node.get("prefixItems", [])) :])


NUMBER = (int, float)
KEYWORDS: Mapping[str, Callable[[Any, Any, Any], bool]] = {
    "type": _type,
    "enum": lambda _, said, value: any(same(value, each) for each in said),
    "minimum": _on(NUMBER, lambda said, value: value >= said),
    "exclusiveMinimum": _on(NUMBER, lambda said, value: value > said),
    "maximum": _on(NUMBER, lambda said, value: value <= said),
    "exclusiveMaximum": _on(NUMBER, lambda said, value: value < said),
    "minLength": _on(str, lambda said, value: len(value) >= said),
    "maxLength": _on(str, lambda said, value: len(value) <= said),
    "pattern": _on(str, lambda said, value: re.search(said, value) is not None),
    "minItems": _on(list, lambda said, value: len(value) >= said),
    "maxItems": _on(list, lambda said, value: len(value) <= said),
    "minProperties": _on(dict, lambda said, value: len(value) >= said),
    "maxProperties": _on(dict, lambda said, value: len(value) <= said),
    "required": _on(dict, lambda said, value: value.keys() >= set(said)),
    "propertyNames": _on(dict, lambda said, value: all(accepts(said, key) for key in value)),
    "properties": _on(
        dict, lambda said, value: all(accepts(said[k], value[k]) for k in said.keys() & value)
    ),
    "additionalProperties": _others,
    "prefixItems": _on(list, lambda said, value: all(map(accepts, said, value[: len(said)]))),
    "items": _rest,
    # Said to people and programs, and not asserted by default.
    **dict.fromkeys(("format", "title", "description", "examples", "$schema"), lambda *_: True),
}
