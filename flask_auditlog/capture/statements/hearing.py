"""Hears every statement of the process, and has those told that write to a tracked table."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from functools import wraps
from typing import Any

import sqlalchemy as sa

from ...event import Draft
from ...logs import logger
from ...state import State
from ...state import states
from .. import harmless
from ..models.entries import showing_of
from ..models.seen import saw
from .elements import Dml
from .elements import dmls
from .known import known
from .origin import origin
from .putting import put
from .putting import whose
from .rows import Reader
from .shape import Shape
from .telling import drafts_of
from .telling import summary_draft
from .text import Text
from .text import writes
from .write import Summary
from .write import Write

# What a statement of ours says of itself.
OURS = "auditlog"

# Where what was read before a statement waits for it to be executed.
_HEARD = "_auditlog_heard"

# Beyond this many characters a text is not kept for the next time it is seen.
_KEPT = 10_000

_MAY_WRITE = re.compile(r"insert|update|delete|replace|merge|truncate|copy|load", re.I)


def init(state: State) -> None:  # noqa: ARG001 (each room is told of the app)
    """Begin to listen, once in a process."""
    if not sa.event.contains(sa.Engine, "before_cursor_execute", _before):
        sa.event.listen(sa.Engine, "before_cursor_execute", _before)
        sa.event.listen(sa.Engine, "after_cursor_execute", _after_text)
        sa.event.listen(sa.Engine, "after_execute", _after)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What is to be told of a statement once it was executed."""

    state: State
    writes: Sequence[tuple[Write, Shape]]


def _contained(listener: Callable[..., None]) -> Callable[..., None]:
    """Return *listener* so that whatever it does, the host's statement is executed."""

    @wraps(listener)
    def heard(connection: sa.Connection, *told: Any) -> None:
        try:
            listener(connection, *told)
        except Exception:
            for state in states():
                state.recorder.count("capture_failed")
            logger.exception("a statement could not be looked at")

    return heard


@_contained
def _before(
    connection: sa.Connection, _cursor: Any, _sql: str, _parameters: Any, context: Any, _many: Any
) -> None:
    """Read the rows that are about to be written to."""
    if context is None or context.compiled is None or not _is_dml(context):
        return
    # A batch of rows may come in several parts, each of which is heard.
    if OURS in context.execution_options or _HEARD in vars(context):
        return
    found = dmls(context.invoked_statement, context.compiled)
    state = whose(lambda state: any(known(state).of(each.table) for each in found))
    if state is None:
        return
    with harmless(state):
        heard = [
            (_write(state, connection, dml, shape, context), shape)
            for dml, shape in _tracked(state, found)
        ]
        if heard:
            setattr(context, _HEARD, _Heard(state, heard))


def _is_dml(context: Any) -> bool:
    return (
        context.isinsert
        or context.isupdate
        or context.isdelete
        or bool(getattr(context.compiled, "ctes", None))
    )


def _tracked(state: State, found: Sequence[Dml]) -> Iterator[tuple[Dml, Shape]]:
    """Yield what a statement of the host's own writes to tracked tables."""
    came = origin()
    for dml in found:
        saw(state, dml.table.fullname, came)
        # Of a flush the models tell.
        if came != "flush" and (shape := known(state).of(dml.table)) is not None:
            yield dml, shape


def _write(state: State, connection: sa.Connection, dml: Dml, shape: Shape, context: Any) -> Write:
    reader = Reader(
        connection, shape, state.settings.limits.bulk_rows, guard=partial(harmless, state)
    )
    return Write(dml, shape, reader, context)


@_contained
def _after(
    connection: sa.Connection, _element: Any, _many: Any, _one: Any, _options: Any, result: Any
) -> None:
    """Tell what became of the rows."""
    heard: _Heard | None = vars(result.context).pop(_HEARD, None)
    if heard is None:
        return
    with harmless(heard.state):
        put(heard.state, connection, _drafts(heard, connection, result))


def _drafts(heard: _Heard, connection: sa.Connection, result: Any) -> Iterator[Draft]:
    sql = (result.context.compiled.string, connection.dialect.name)
    for write, shape in heard.writes:
        yield from drafts_of(write.outcome(result), shape, showing_of(heard.state), sql)


@dataclass(frozen=True, slots=True)
class _Text:
    """SQL text that was executed."""

    connection: sa.Connection
    cursor: Any
    sql: str
    writes: Sequence[Text]

    def shapes(self, state: State, write: Text) -> Iterator[Shape]:
        """Yield the tracked tables that a write may be to."""
        dialect, database = self.connection.dialect, self.connection.engine.url.database
        home = ("public", "main", dialect.default_schema_name, database)

        return known(state).named(write, home)

    def is_of(self, state: State) -> bool:
        """Whether one of the tables is tracked by the app of *state*."""
        return any(True for write in self.writes for _ in self.shapes(state, write))

    def drafts(self, state: State) -> Iterator[Draft]:
        """Yield the event of each write to a tracked table."""
        for write in self.writes:
            saw(state, write.fullname, "text")
            rows = self.cursor.rowcount if write.counted else -1
            if rows == 0:
                continue
            for shape in self.shapes(state, write):
                summary = Summary(write.operation, rows if rows > 0 else None)
                sql = (self.sql, self.connection.dialect.name)
                yield summary_draft(summary, shape, showing_of(state), sql)


@_contained
def _after_text(
    connection: sa.Connection, cursor: Any, sql: str, _parameters: Any, context: Any, _many: Any
) -> None:
    """Tell what a text did, of which nobody else knows what it was."""
    heard: _Heard | None = None if context is None else vars(context).get(_HEARD)
    if heard is not None:
        for write, _ in heard.writes:
            write.counted = cursor.rowcount
        return
    if context is None or _is_understood(context) or not _MAY_WRITE.search(sql):
        return
    if OURS in context.execution_options:
        return
    read = writes if len(sql) <= _KEPT else writes.__wrapped__
    found = read(sql, connection.dialect.name)
    if not found:
        return
    text = _Text(connection, cursor, sql, found)
    state = whose(text.is_of)
    if state is not None:
        with harmless(state):
            put(state, connection, [*text.drafts(state)])


def _is_understood(context: Any) -> bool:
    """Whether SQLAlchemy knows what it executes."""
    compiled = context.compiled
    if compiled is None:
        return False
    if context.isinsert or context.isupdate or context.isdelete:
        return True

    return isinstance(compiled.statement, sa.SelectBase) and not (
        isinstance(compiled.statement, sa.TextualSelect) or compiled.ctes
    )
