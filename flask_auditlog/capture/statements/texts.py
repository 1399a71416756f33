"""SQL text that was executed -> an event for each tracked table it wrote to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from ...event import Draft
from ...state import State
from .. import harmless
from ..models.entries import showing_of
from ..models.seen import saw
from .known import known
from .putting import put
from .putting import whose
from .shape import Shape
from .telling import summary_draft
from .text import Text
from .text import writes
from .write import Summary

# Beyond this many characters a text is not kept for the next time it is seen.
_KEPT = 10_000

_MAY_WRITE = re.compile(r"insert|update|delete|replace|merge|truncate|copy|load", re.I)


def tell(connection: sa.Connection, rows: int, sql: str) -> None:
    """Tell what a text did, of which nobody else knows what it was.

    :param rows: how many the driver counted; negative if it did not.
    """
    if not _MAY_WRITE.search(sql):
        return
    read = writes if len(sql) <= _KEPT else writes.__wrapped__
    found = read(sql, connection.dialect.name)
    if not found:
        return
    text = _Executed(connection, rows, sql, found)
    state = whose(text.is_of)
    if state is not None:
        with harmless(state):
            put(state, connection, text.drafts(state))


@dataclass(frozen=True, slots=True)
class _Executed:
    connection: sa.Connection
    rows: int
    sql: str
    writes: tuple[Text, ...]

    def is_of(self, state: State) -> bool:
        """Whether one of the tables is tracked by the app of *state*."""
        return any(self._shapes(state, write) for write in self.writes)

    def drafts(self, state: State) -> Iterator[Draft]:
        """Yield the event of each write to a tracked table."""
        sql = (self.sql, self.connection.dialect.name)
        for write in self.writes:
            saw(state, write.fullname, "text")
            rows = self.rows if write.counted and self.rows >= 0 else None
            if rows != 0:
                for shape in self._shapes(state, write):
                    summary = Summary(write.operation, rows)
                    yield summary_draft(summary, shape, showing_of(state), sql)

    def _shapes(self, state: State, write: Text) -> tuple[Shape, ...]:
        dialect, database = self.connection.dialect, self.connection.engine.url.database

        return known(state).named(write, ("public", "main", dialect.default_schema_name, database))
