"""Hears every statement of the process, and has those told that write to a tracked table.

What it does with all the others is what everybody pays: so it looks at little of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ...event import Draft
from ...logs import logger
from ...state import State
from ...state import states
from .. import harmless
from ..models.entries import showing_of
from ..models.seen import saw
from .cascades import Fall
from .cascades import falls_of
from .elements import Dml
from .elements import dmls
from .known import Known
from .known import known
from .known import look_again
from .origin import origin
from .putting import put
from .putting import whose
from .rows import Reader
from .shape import Selection
from .shape import Shape
from .telling import drafts_of
from .texts import tell
from .write import Write

# What a statement of ours says of itself.
OURS = "auditlog"

# Where what was read before a statement waits for it to be executed.
_HEARD = "_auditlog_heard"


def init(state: State) -> None:  # noqa: ARG001 (each room is told of the app)
    """Begin to listen, once in a process."""
    if not sa.event.contains(sa.Engine, "after_execute", _after):
        sa.event.listen(orm.Mapper, "instrument_class", look_again)
        sa.event.listen(sa.Engine, "before_cursor_execute", _before)
        sa.event.listen(sa.Engine, "after_cursor_execute", _after_cursor)
        sa.event.listen(sa.Engine, "after_execute", _after)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What is to be told of a statement once it was executed."""

    state: State
    writes: list[tuple[Write, Shape]]
    falls: list[Fall]


def _before(
    connection: sa.Connection, _cursor: Any, _sql: str, _parameters: Any, context: Any, _many: Any
) -> None:
    """Read the rows that are about to be written to."""
    if context is None or not _is_dml(context) or OURS in context.execution_options:
        return
    # A batch of rows may come in several parts, each of which is heard.
    if _HEARD not in context.__dict__:
        try:
            _prepare(connection, context)
        except Exception as error:  # noqa: BLE001 (the host's statement is executed, whatever we do)
            _failed(error)


def _after_cursor(
    connection: sa.Connection, cursor: Any, sql: str, _parameters: Any, context: Any, _many: Any
) -> None:
    """Note how many rows there were, and tell what a text did."""
    if context is None:
        return
    heard: _Heard | None = context.__dict__.get(_HEARD)
    if heard is not None:
        for write, _ in heard.writes:
            write.counted = cursor.rowcount
    elif not _is_understood(context) and OURS not in context.execution_options:
        try:
            tell(connection, cursor.rowcount, sql)
        except Exception as error:  # noqa: BLE001 (as above)
            _failed(error)


def _after(
    connection: sa.Connection, _element: Any, _many: Any, _one: Any, _options: Any, result: Any
) -> None:
    """Tell what became of the rows."""
    heard: _Heard | None = result.context.__dict__.pop(_HEARD, None)
    if heard is not None:
        for drafts in (_fallen, _written):
            with harmless(heard.state):
                put(heard.state, connection, drafts(heard, connection, result))


def _is_dml(context: Any) -> bool:
    if context.isinsert or context.isupdate or context.isdelete:
        return True
    # Raw text has nothing compiled, and DDL no CTEs.
    return bool(getattr(context.compiled, "ctes", None))


def _is_understood(context: Any) -> bool:
    """Whether SQLAlchemy knows what it executes."""
    if context.isinsert or context.isupdate or context.isdelete:
        return True
    compiled = context.compiled
    # In a CTE there may be a text.
    return compiled is not None and type(compiled.statement) is sa.Select and not compiled.ctes


def _prepare(connection: sa.Connection, context: Any) -> None:
    found = dmls(context.invoked_statement, context.compiled)
    state = whose(lambda state: any(_concerns(known(state), each) for each in found))
    if state is None:
        return
    mine = known(state)
    tracked = [(each, shape) for each in found if (shape := mine.of(each.table)) is not None]
    falling = [each for each in found if each.operation == "DELETE" and mine.dependents(each.table)]
    if not tracked and not falling and all(mine.is_familiar(each.table) for each in found):
        return
    came = origin()
    for dml in found:
        saw(state, dml.table.fullname, came)
    # Of what a flush writes itself the models tell.
    told = tracked if came != "flush" else []
    if not told and not falling:
        return
    reader = partial(_reader, state, connection)
    heard = _Heard(state, [], [])
    with harmless(state):
        heard.writes.extend(
            (Write(dml, shape, reader(shape), context), shape) for dml, shape in told
        )
    with harmless(state):
        for dml in falling:
            heard.falls.extend(falls_of(dml, context, mine.dependents, reader))
    if heard.writes or heard.falls:
        setattr(context, _HEARD, heard)


def _concerns(mine: Known, dml: Dml) -> bool:
    return mine.of(dml.table) is not None or bool(mine.dependents(dml.table))


def _reader(state: State, connection: sa.Connection, selection: Selection) -> Reader:
    most = state.settings.limits.bulk_rows

    return Reader(connection, selection, most, guard=partial(harmless, state))


def _fallen(heard: _Heard, connection: sa.Connection, result: Any) -> Iterator[Draft]:
    for fall in heard.falls:
        yield from drafts_of(
            fall.outcome(), fall.shape, showing_of(heard.state), _sql(connection, result)
        )


def _written(heard: _Heard, connection: sa.Connection, result: Any) -> Iterator[Draft]:
    for write, shape in heard.writes:
        outcome = write.outcome(result)
        yield from drafts_of(outcome, shape, showing_of(heard.state), _sql(connection, result))


def _sql(connection: sa.Connection, result: Any) -> tuple[str, str]:
    return result.context.compiled.string, connection.dialect.name


def _failed(error: Exception) -> None:
    for state in states():
        state.recorder.count("capture_failed")
    logger.error("a statement could not be looked at", exc_info=error)
