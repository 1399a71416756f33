"""Reading the numbers of hours and days: of which range they are, and what is not in them.

They are exact: whole hours are read from the numbers, and what is not in them is counted among
the records: the beginning and the end of a range that are no whole hours, and the newest, which
the follower has not come to.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from ..followers import position_of
from ..outbox.tables import follower
from ..query import Query
from ..query import Scope
from ..search.conditions import Condition
from ..search.conditions import matches
from ..search.plan import in_sequence
from ..search.plan import plan
from ..search.reader import head
from ..tables import record
from .hours import FOLLOWER
from .hours import unit_of

# If the follower is further behind than so many records, it does not run: they are not counted.
BEHIND = 20_000
# How often the follower may move while we ask.
_TRIES = 3


def is_plain(query: Query) -> bool:
    """Whether *query* asks for nothing but what numbers are kept of."""
    said = {name: getattr(query, name) for name in ("type", "org", "error", "after", "before")}

    return query == Query(**said, reads=query.reads, zone=query.zone)


def whole(query: Query, unit: int) -> Query | None:
    """Return *query* with the whole units of its range alone; ``None`` if there are none."""
    after, before = query.after, query.before
    if after is not None:
        after = -(-after // unit) * unit
    if before is not None:
        before = before // unit * unit
    if after is not None and before is not None and after >= before:
        return None

    return replace(query, after=after, before=before)


def outside(hours: Query, units: Query) -> Iterator[Query]:
    """The whole *hours* of a range before and after its whole *units*."""
    if hours.after != units.after:
        yield replace(hours, before=units.after)
    if hours.before != units.before:
        yield replace(hours, after=units.before)


def asked(table: sa.Table, query: Query, scope: Scope) -> list[Condition]:
    """What is asked of the numbers of this table, but for the time. The scope comes first."""
    conditions: list[Condition] = [table.c.realm == scope.realm]
    if "organization_id" in table.c:
        organizations = {scope.organization_id, query.org} - {None}
        conditions += [table.c.organization_id == each for each in organizations]
    if query.type is not None:
        conditions.append(matches(table.c.type, query.type))
    if not query.reads and not query.names_own:
        conditions.append(sa.not_(table.c.own))

    return conditions


def within(table: sa.Table, range_: Query) -> list[Condition]:
    """The rows of the range, which begins and ends with whole units of this table."""
    column, unit = unit_of(table)
    conditions: list[Condition] = []
    if range_.after is not None:
        conditions.append(column >= range_.after // unit)
    if range_.before is not None:
        conditions.append(column < range_.before // unit)

    return conditions


def numbers_of(
    table: sa.Table, query: Query
) -> tuple[sa.ColumnElement[int], sa.ColumnElement[int]]:
    """The records of a row that are asked for, and those of them that failed."""
    records: sa.ColumnElement[int] = table.c.records
    errors: sa.ColumnElement[int] = table.c.errors
    if query.error is None:
        return records, errors

    return (errors, errors) if query.error else (records - errors, errors * 0)


def rest(
    connection: sa.Connection, query: Query, hours: Query, scope: Scope, position: int
) -> list[list[Condition]]:
    """What is not in the numbers: the newest, and the parts of hours at both ends.

    :param hours: the whole hours of *query*.
    :param position: where the follower stands.
    """
    parts = [[*in_sequence(hours, scope), record.c.position > position]]
    if hours.after != query.after:
        parts.append(plan(connection, replace(query, before=hours.after), scope))
    if hours.before != query.before:
        parts.append(plan(connection, replace(query, after=hours.before), scope))

    return parts


def steadily(
    connection: sa.Connection, ask: Callable[[int], sa.CompoundSelect[Any]]
) -> Sequence[Any] | None:
    """Return what is found where the follower stands, by one statement that asks for that too:
    so the numbers and the records are of one moment. ``None`` where it is too far behind.

    :param ask: given the position; its statement has :func:`standing` among its parts.
    """
    for _ in range(_TRIES):
        position = position_of(connection, FOLLOWER)
        if head(connection) - position > BEHIND:
            return None
        rows = connection.execute(ask(position)).all()
        if any(row[0] == 0 and row[1] == position for row in rows):
            return [row for row in rows if row[0] != 0]

    return None


def standing(*more: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Where the follower stands: 0 and the position, and as many columns more as all parts have."""
    here = sa.select(follower.c.position).where(follower.c.name == FOLLOWER)
    position = sa.func.coalesce(here.scalar_subquery(), 0)

    return sa.select(sa.literal_column("0"), position).add_columns(*more)
