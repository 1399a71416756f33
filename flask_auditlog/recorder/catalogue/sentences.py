"""What a schema says of a wrong value, and whether it may repeat that value. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

from marshmallow import fields
from marshmallow import Schema
from marshmallow import validate

# So many characters of a value in a sentence are no accident.
TELLING = 6
# In values longer than this together, nobody looks for a sentence: it would take too long.
LONGEST = 16_384


class Values:
    """The texts and numbers in details, to tell what repeats one of them."""

    def __init__(self, details: Mapping[str, Any]) -> None:
        self._details = details

    def are_in(self, sentence: str) -> bool:
        """Whether *sentence* may hold one of them, or a part of one."""
        if len(self._long) > LONGEST:
            return True
        said = sentence.casefold()
        words = {*re.findall(r"[\w.-]+", said), *re.findall(r"\w+", said)}
        parts = (said[at : at + TELLING] for at in range(len(said) - TELLING + 1))

        return not words.isdisjoint(self._all) or any(part in self._long for part in parts)

    # Found when the first sentence is looked at: most are known to hold no value.
    @cached_property
    def _all(self) -> set[str]:
        return {text.casefold() for text in _texts(self._details)}

    @cached_property
    def _long(self) -> str:
        return "\n".join(text for text in self._all if len(text) >= TELLING)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def fixed(schema: Schema, above: tuple[type[Schema], ...] = ()) -> Iterator[str]:
    """Yield the sentences of *schema* that are the same whatever the value is."""
    yield from _plain(schema.error_messages)
    if type(schema) not in above:
        for each in schema.load_fields.values():
            yield from _of_field(each, (*above, type(schema)))


def _of_field(field: Any, above: tuple[type[Schema], ...]) -> Iterator[str]:
    yield from _plain(field.error_messages)
    for each in field.validators:
        yield from _of_validator(each)
    if isinstance(field, fields.Enum):
        yield from _filled(str(field.error_messages["unknown"]), {"choices": field.choices_text})
    if isinstance(field, fields.Nested):
        yield from fixed(field.schema, above)
    inner = (getattr(field, name, None) for name in ("inner", "key_field", "value_field"))
    for each in (*inner, *getattr(field, "tuple_fields", ())):
        if each is not None:
            yield from _of_field(each, above)


def _plain(messages: Mapping[str, Any]) -> Iterator[str]:
    return (each for each in messages.values() if isinstance(each, str) and "{" not in each)


_TEMPLATES = ("default_message", "message_min", "message_max", "message_all", "message_equal")
# What the templates call what a validator was made with.
_MADE_WITH = {
    "min": "min",
    "max": "max",
    "equal": "equal",
    "other": "comparable",
    "choices": "choices_text",
    "labels": "labels_text",
    "values": "values_text",
}


def _of_validator(validator: Any) -> Iterator[str]:
    if isinstance(validator, validate.And):
        for each in validator.validators:
            yield from _of_validator(each)
    if type(validator).__module__ != validate.__name__:
        return
    own = getattr(validator, "error", None)
    said = {name: getattr(validator, made, None) for name, made in _MADE_WITH.items()}
    for template in [own] if own else [getattr(validator, name, "") for name in _TEMPLATES]:
        yield from _filled(template, said)


def _filled(template: str, said: Mapping[str, Any]) -> Iterator[str]:
    if "{input" not in template:
        # One that cannot be filled is not said either.
        with suppress(LookupError, ValueError, AttributeError):
            yield template.format_map(defaultdict(str, said))
