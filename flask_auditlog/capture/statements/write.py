"""One write to a tracked table, from before it is executed until it is told."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..models.values import UNKNOWN
from .elements import Dml
from .elements import inserted_keys
from .elements import inserted_rows
from .elements import is_conditional
from .elements import Key
from .elements import named_keys
from .elements import overwrites
from .elements import Parameters
from .rows import Reader
from .rows import Rows
from .shape import Shape
from .text import Operation

Pairs = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one row. ``pairs`` are the old and new values of its fields; ``None``
    where the database cannot say.
    """

    operation: Operation
    key: Key
    pairs: Pairs | None


@dataclass(frozen=True, slots=True)
class Summary:
    """That many rows were written at once. ``keys`` are those that the host named itself;
    ``rows`` is ``None`` where the database does not count them.
    """

    operation: Operation
    rows: int | None
    keys: Sequence[Key] = ()


class Write:
    """An INSERT, UPDATE or DELETE that is being executed.

    Made before it is, so that the rows can be read as they were; asked for its outcome after it.
    """

    def __init__(self, dml: Dml, shape: Shape, reader: Reader, context: Any) -> None:
        self._dml = dml
        self._shape = shape
        self._reader = reader
        self._context = context
        # What the driver says, once it has executed it.
        self.counted = -1
        self._sql: str = context.compiled.string
        self._is_conditional = dml.operation == "CREATE" and is_conditional(self._sql)
        parameters: Sequence[Parameters] = context.compiled_parameters
        self._keys = self._named(parameters) if dml.is_whole else None
        self._before = self._read_before(parameters) if dml.is_whole else None

    def _named(self, parameters: Sequence[Parameters]) -> list[Key] | None:
        element, columns = self._dml.element, self._shape.keys
        if isinstance(element, sa.Insert):
            return inserted_keys(element, columns, parameters)
        if len(parameters) > 1:
            return named_keys(element.whereclause, columns, parameters)
        return None

    def _read_before(self, parameters: Sequence[Parameters]) -> Rows | None:
        if self._dml.operation == "CREATE":
            if self._keys is not None and self._is_conditional:
                return self._reader.of_keys(self._keys)
            return None
        if len(parameters) > 1:
            return None if self._keys is None else self._reader.of_keys(self._keys, lock=True)

        return self._reader.matching(self._dml.element, parameters[0])

    def outcome(self, result: Any) -> Iterator[Change | Summary]:
        """Yield what became of the rows: of each, or of all at once."""
        rows = self._rows(result)
        if rows == 0:
            return
        changes = None
        if self._dml.is_whole:
            tell = self._inserted if self._dml.operation == "CREATE" else self._changed
            changes = tell(result, rows)
        if changes is None:
            yield Summary(self._operation(), rows, self._keys or ())
        else:
            yield from changes

    def _rows(self, result: Any) -> int | None:
        """Return how many rows were written to; ``None`` where the database cannot say."""
        if not self._dml.is_whole:
            return None
        if self._dml.operation == "CREATE" and not self._is_conditional:
            # Of several some drivers count nothing, or only the last.
            made = inserted_rows(self._dml.element, self._context.compiled_parameters)
            if made is not None:
                return made
        if result.returns_rows and not result.dialect.supports_sane_rowcount_returning:
            # Counted only while the host fetches them.
            return None
        count: int = result.rowcount

        # Where SQLAlchemy is not interested, the driver's count is gone with its cursor.
        return next((each for each in (count, self.counted) if each >= 0), None)

    def _operation(self) -> Operation:
        if self._dml.operation == "CREATE" and overwrites(self._sql):
            return "UPDATE"
        return self._dml.operation

    def _changed(self, _: Any, rows: int | None) -> list[Change] | None:
        """Of rows that were read before: what they are now."""
        before = self._before
        if before is None or not before.complete:
            return None
        # As many as we hold locked were written to: it was these.
        if rows is not None and rows != len(before.by_key):
            return None
        if self._dml.operation == "DELETE":
            return [
                Change("DELETE", key, {name: (value, None) for name, value in row.items()})
                for key, row in before.by_key.items()
            ]
        after = self._reader.of_keys(list(before.by_key)).by_key

        return [self._update(key, row, after.get(key)) for key, row in before.by_key.items()]

    def _inserted(self, result: Any, rows: int | None) -> list[Change] | None:
        keys = self._keys or self._made(result)
        if keys is None:
            return None
        after = self._reader.of_keys(keys)
        if not after.complete:
            return None
        if self._is_conditional and self._before is None:
            return None
        if not self._is_conditional and rows not in (None, len(after.by_key)):
            return None
        before = self._before.by_key if self._before is not None else {}

        return [
            self._update(key, before[key], row)
            if key in before
            else Change("CREATE", key, {name: (None, value) for name, value in row.items()})
            for key, row in after.by_key.items()
        ]

    def _made(self, result: Any) -> list[Key] | None:
        """Return the keys that the database made, of new rows."""
        if self._is_conditional or self._dml.element.select is not None:
            return None
        try:
            key = result.inserted_primary_key
        except sa.exc.InvalidRequestError:
            # Of several rows, or where the host asks for them itself.
            return self._returned(result) if result.returns_rows else None

        return None if key is None or any(part is None for part in key) else [tuple(key)]

    def _returned(self, result: Any) -> list[Key] | None:
        """Return the keys that the host asked for by RETURNING, and leave it the rows."""
        if len(self._context.compiled_parameters) > self._reader.most:
            return None
        rows = result.all()
        # As SQLAlchemy does where it wants to see them before the caller.
        result._rewind(rows)  # noqa: SLF001
        try:
            return [tuple(row._mapping[key] for key in self._shape.keys) for row in rows]  # noqa: SLF001 (public)
        except sa.exc.NoSuchColumnError:
            return None

    def _update(self, key: Key, old: Mapping[str, Any], new: Mapping[str, Any] | None) -> Change:
        if new is None:
            # Its key was changed: it is another row now.
            return Change("UPDATE", key, None)
        pairs = {name: (old[name], new.get(name, UNKNOWN)) for name in old}

        return Change("UPDATE", key, pairs)
