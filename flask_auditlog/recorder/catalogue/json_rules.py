"""marshmallow's validators -> keywords of JSON Schema. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from marshmallow import fields
from marshmallow import validate

Rule = dict[str, Any]

_TEXT: frozenset[type[Any]] = frozenset({fields.String, fields.Email, fields.Url})
_NUMBERS: frozenset[type[Any]] = frozenset((fields.Integer, fields.Float))


def rules_of(field: Any, reader: type[Any]) -> Iterator[Rule]:
    """Yield what the validators of *field* ask of a value that *reader* reads.

    Only where it means the same in JSON: a date is text there, and has another order.
    """
    for validator in _flat(field.validators):
        made = _MADE.get(type(validator))
        if made is not None:
            yield made(validator, field, reader)


def merged(rules: Iterable[Rule]) -> Rule:
    """Return one rule that asks for what all of *rules* do."""
    whole: Rule = {}
    for rule in rules:
        for name, value in rule.items():
            join = _JOINED.get(name)
            whole[name] = join(whole[name], value) if join and name in whole else value

    return whole


_JOINED: Mapping[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    "enum": lambda one, other: [each for each in one if each in other],
    "pattern": lambda one, _: one,
}


def _flat(validators: Iterable[Any]) -> Iterator[Any]:
    for each in validators:
        if type(each) is validate.And:
            yield from _flat(each.validators)
        else:
            yield each


def _range(validator: Any, _: Any, reader: type[Any]) -> Rule:
    if reader not in _NUMBERS:
        return {}
    low = "minimum" if validator.min_inclusive else "exclusiveMinimum"
    high = "maximum" if validator.max_inclusive else "exclusiveMaximum"
    bounds = {low: validator.min, high: validator.max}

    return {name: bound for name, bound in bounds.items() if _is_number(bound)}


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _length(validator: Any, field: Any, reader: type[Any]) -> Rule:
    what = _counted(field, reader)
    if what is None:
        return {}
    least, most = validator.min, validator.max
    if validator.equal is not None:
        least = most = validator.equal
    bounds = {f"min{what}": least, f"max{what}": most}

    return {name: bound for name, bound in bounds.items() if bound is not None}


def _counted(field: Any, reader: type[Any]) -> str | None:
    if reader in _TEXT:
        return "Length"
    if reader is fields.List:
        return "Items"
    # Keys that are converted may become equal, and are then counted once.
    return "Properties" if reader is fields.Dict and field.key_field is None else None


def _one_of(validator: Any, _: Any, reader: type[Any]) -> Rule:
    # Of a text as the choices, every part of it is one.
    if isinstance(validator.choices, str):
        return {}
    return _among(validator.choices, reader)


def _equal(validator: Any, _: Any, reader: type[Any]) -> Rule:
    return _among([validator.comparable], reader)


def _among(values: Iterable[Any], reader: type[Any]) -> Rule:
    if reader in _TEXT:
        return {"enum": [value for value in values if type(value) is str]}
    if reader in _NUMBERS:
        return {"enum": [value for value in values if _is_number(value)]}
    return {}


# What other engines of regular expressions do not know, or read in another way.
_OURS_ALONE = re.compile(r"\(\?(?![:=!])|\\[AZ]|[*+?}]\+")


def _regexp(validator: Any, _: Any, reader: type[Any]) -> Rule:
    pattern = validator.regex.pattern
    plain = validator.regex.flags & ~re.UNICODE == 0
    if reader not in _TEXT or not plain or _OURS_ALONE.search(pattern):
        return {}
    # marshmallow looks at the beginning of a text, JSON Schema anywhere in it.
    return {
        "pattern": pattern if pattern.startswith("^") and "|" not in pattern else f"^(?:{pattern})"
    }


_MADE: Mapping[type[Any], Callable[[Any, Any, type[Any]], Rule]] = {
    validate.Range: _range,
    validate.Length: _length,
    validate.OneOf: _one_of,
    validate.Equal: _equal,
    validate.Regexp: _regexp,
}
