"""Details, and the schema they are to follow -> what is wrong with them. No value is repeated."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from itertools import islice
from typing import Any

import msgspec
from marshmallow import Schema

from ...errors import Fault
from ..plain import clip
from .mistyped import mistyped
from .sentences import fixed
from .sentences import Values

# Most faults told of one event, and the longest sentence of a validator, in characters.
MOST = 20
LONGEST = 200

NOT_VALID = "Not a valid value."

Path = tuple[Any, ...]


class Checker:
    """Checks details against a schema.

    :param json_schema: the JSON Schema of the same, that says how values stand in JSON.
    """

    def __init__(self, schema: Schema, json_schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._json_schema = json_schema
        self._fixed = frozenset(fixed(schema))

    def faults(self, details: Mapping[str, Any]) -> list[Fault]:
        """Return what is wrong with *details*, which are plain JSON and stay as they are.

        What the schema's own code raises goes through, unless it is a ``ValidationError``.
        """
        # The schema's own code may change what it is given.
        copy = msgspec.json.decode(msgspec.json.encode(details))
        errors, types = self._schema.validate(copy), mistyped(self._json_schema, details)
        if not errors and not types:
            return []
        values = Values(details)
        said = [(path, self._inert(each, values)) for path, each in islice(_told(errors, ()), MOST)]
        known = {path for path, _ in said}
        said += [(path, each) for path, each in types if path not in known]

        return [_fault(*each) for each in said[:MOST]]

    def _inert(self, sentence: str, values: Values) -> str:
        """Return *sentence*, or a general one if it may repeat a value."""
        shown = sentence[:LONGEST]
        return shown if sentence in self._fixed or not values.are_in(shown) else NOT_VALID


def _fault(path: Path, sentence: str) -> Fault:
    name = ".".join(clip(str(step)) for step in ("details", *path))

    return Fault(name, f"`{name}`: {sentence}")


def _told(errors: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield each sentence in marshmallow's errors, with the path it is said of."""
    if isinstance(errors, Mapping):
        for key, inner in errors.items():
            yield from _told(inner, path if key == "_schema" else (*path, key))
    elif isinstance(errors, list | tuple):
        for inner in errors:
            yield from _told(inner, path)
    else:
        yield path, str(errors)
