"""The points of a histogram, from the numbers of the hours where these can answer.

They are exact: whole hours are read from the numbers, and what is not in them is counted among
the records: the beginning and the end of a range that are no whole hours, and the newest, which
the follower has not come to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from .buckets import cut
from .buckets import HOUR
from .buckets import SECOND
from .drawing import ends_of
from .drawing import Point
from .hours import by_organization
from .hours import by_type
from .hours import floored
from .hours import FOLLOWER
from .hours import of_all
from .summary import Scale

# If the follower is further behind than so many records, it does not run: they are not counted.
BEHIND = 20_000
# How often the follower may move while we ask.
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Which rows have the numbers: of this table, with these conditions."""

    table: sa.Table
    conditions: Sequence[Condition]


def hourly(
    connection: sa.Connection, query: Query, scope: Scope, scale: Scale
) -> list[Point] | None:
    """Return the points in order of time; ``None`` where the hours cannot say what is asked."""
    hours = _hours(query, scope)
    whole = _whole(query)
    if hours is None or whole is None:
        return None
    if query.after is not None and not _fits([], query, scale):
        return None
    for _ in range(_TRIES):
        position = position_of(connection, FOLLOWER)
        if head(connection) - position > BEHIND:
            return None
        records = _records(connection, query, whole, scope, position)
        statement: sa.CompoundSelect[Any, Any, Any, Any] = sa.union_all(
            _standing(), _of_hours(hours, whole), *records
        )
        rows = connection.execute(statement).all()
        # All in one statement: so the numbers and the records are of one moment.
        if all(row.number == position for row in rows if row.unit == 0):
            points = [
                Point(time=at * unit, records=n, errors=bad) for unit, at, n, bad in rows if unit
            ]
            points.sort(key=lambda point: point.time)
            return points if _fits(points, query, scale) else None

    return None


def _fits(points: Sequence[Point], query: Query, scale: Scale) -> bool:
    """Whether no bar begins or ends within an hour."""
    ends = ends_of(points, query, scale.now)
    if ends is None:
        return True
    parts = cut(*ends, scale.zone, most=scale.bars)

    return parts.width.about >= HOUR and all(edge % HOUR == 0 for edge in parts.edges)


def _whole(query: Query) -> Query | None:
    """The whole hours of the range that is asked for; ``None`` if there are none."""
    after, before = query.after, query.before
    if after is not None:
        after = -(-after // HOUR) * HOUR
    if before is not None:
        before = before // HOUR * HOUR
    if after is not None and before is not None and after >= before:
        return None

    return replace(query, after=after, before=before)


def _hours(query: Query, scope: Scope) -> Hours | None:
    """Which rows answer *query*, if any do: of the type, or of the organization; not of both."""
    said = {name: getattr(query, name) for name in ("type", "org", "error", "after", "before")}
    if query != Query(**said, reads=query.reads, zone=query.zone):
        return None
    organizations = {scope.organization_id, query.org} - {None}
    if organizations and query.type is not None:
        return None
    table = by_organization if organizations else of_all if query.type is None else by_type
    conditions = [table.c.realm == scope.realm]
    conditions += [table.c.organization_id == each for each in organizations]
    if query.type is not None:
        conditions.append(matches(table.c.type, query.type))
    if not query.reads and not query.names_own:
        conditions.append(sa.not_(table.c.own))

    return Hours(table=table, conditions=conditions)


def _standing() -> sa.Select[Any, Any, Any, Any]:
    """Where the follower stands: a row of no unit."""
    here = sa.select(follower.c.position).where(follower.c.name == FOLLOWER)

    return sa.select(
        sa.literal_column("0").label("unit"),
        sa.func.coalesce(here.scalar_subquery(), 0).label("number"),
        sa.literal_column("0").label("records"),
        sa.literal_column("0").label("errors"),
    )


def _of_hours(hours: Hours, whole: Query) -> sa.Select[Any]:
    table = hours.table
    records: sa.ColumnElement[int] = table.c.records
    errors: sa.ColumnElement[int] = table.c.errors
    if whole.error is not None:
        records, errors = (errors, errors) if whole.error else (records - errors, errors * 0)
    conditions = [*hours.conditions, records > 0]
    if whole.after is not None:
        conditions.append(table.c.hour >= whole.after // HOUR)
    if whole.before is not None:
        conditions.append(table.c.hour < whole.before // HOUR)
    # PostgreSQL adds up to something larger than it began with.
    sums = (sa.cast(sa.func.sum(each), sa.BigInteger) for each in (records, errors))

    return (
        sa.select(sa.literal_column(str(HOUR)), table.c.hour, *sums)
        .where(*conditions)
        .group_by(table.c.hour)
    )


def _records(
    connection: sa.Connection, query: Query, whole: Query, scope: Scope, position: int
) -> list[sa.Select[Any]]:
    """What is not in the numbers: the newest, and the parts of hours at both ends."""
    parts = [[*in_sequence(whole, scope), record.c.position > position]]
    if whole.after != query.after:
        parts.append(plan(connection, replace(query, before=whole.after), scope))
    if whole.before != query.before:
        parts.append(plan(connection, replace(query, after=whole.before), scope))

    return [_of_seconds(conditions) for conditions in parts]


def _of_seconds(conditions: Sequence[Condition]) -> sa.Select[Any]:
    found = (
        sa.select(floored(record.c.time, SECOND).label("second"), record.c.error)
        .where(*conditions)
        .subquery()
    )

    return sa.select(
        sa.literal_column(str(SECOND)),
        found.c.second,
        sa.func.count(),
        sa.func.count(found.c.error),
    ).group_by(found.c.second)
