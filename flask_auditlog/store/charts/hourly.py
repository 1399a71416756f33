"""The points of a histogram, from the numbers of the hours where these can answer.

They are exact: whole hours are read from the numbers, and what is not in them is counted among
the records: the beginning and the end of a range that are no whole hours, and the newest, which
the follower has not come to.

Of which family they are is in the numbers of the types: of those of ours alone, since the rest
are the host's own. Nobody counts an organization's by type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from ...event import RESERVED
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
from .families import is_ours
from .families import numbers
from .families import our_types
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
_ZERO: sa.ColumnElement[int] = sa.literal_column("0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Which rows have the numbers: of this table, with these conditions.

    ``typed`` are the conditions for those of the types, if they shall tell the families.
    """

    table: sa.Table
    conditions: Sequence[Condition]
    typed: Sequence[Condition] | None


def hourly(
    connection: sa.Connection, query: Query, scope: Scope, scale: Scale
) -> list[Point] | None:
    """Return the points in order of time; ``None`` where the hours cannot say what is asked.

    They know no families of what is of one organization.
    """
    hours = _hours(query, scope, by_family=scale.by_family)
    whole = _whole(query)
    if hours is None or whole is None:
        return None
    if query.after is not None and not _fits([], query, scale):
        return None
    for _ in range(_TRIES):
        position = position_of(connection, FOLLOWER)
        if head(connection) - position > BEHIND:
            return None
        parts = _records(connection, query, whole, scope, position)
        rows = connection.execute(_all_of(hours, whole, scope, parts)).all()
        # All in one statement: so the numbers and the records are of one moment.
        if all(row.number == position for row in rows if row.unit == 0):
            points = [
                Point(time=at * unit, records=n, errors=bad, ours=ours or None)
                for unit, at, n, bad, *ours in rows
                if unit
            ]
            points.sort(key=lambda point: point.time)
            return points if _fits(points, query, scale) else None

    return None


def _all_of(
    hours: Hours, whole: Query, scope: Scope, parts: Sequence[Sequence[Condition]]
) -> sa.CompoundSelect[Any]:
    """Where the follower stands, what is in its numbers, and what is in *parts* of the log."""
    by_family = hours.typed is not None
    selected: list[sa.Select[*tuple[Any, ...]]] = [
        _standing(_none(hours)),
        _of_hours(hours, whole),
    ]
    if hours.typed is not None:
        selected.append(_of_families(hours.typed, whole, scope))

    return sa.union_all(*selected, *(_of_seconds(each, by_family=by_family) for each in parts))


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


def _hours(query: Query, scope: Scope, *, by_family: bool) -> Hours | None:
    """Which rows answer *query*, if any do: of the type, or of the organization; not of both."""
    said = {name: getattr(query, name) for name in ("type", "org", "error", "after", "before")}
    if query != Query(**said, reads=query.reads, zone=query.zone):
        return None
    organizations = {scope.organization_id, query.org} - {None}
    if organizations and query.type is not None:
        return None
    table = by_organization if organizations else of_all if query.type is None else by_type
    conditions = _asked(table, query, scope)
    conditions += [table.c.organization_id == each for each in organizations]
    typed = _asked(by_type, query, scope) if by_family and not organizations else None

    return Hours(table=table, conditions=conditions, typed=typed)


def _asked(table: sa.Table, query: Query, scope: Scope) -> list[Condition]:
    """What is asked of the numbers of this table, but for the time and the organization."""
    conditions: list[Condition] = [table.c.realm == scope.realm]
    if query.type is not None:
        conditions.append(matches(table.c.type, query.type))
    if not query.reads and not query.names_own:
        conditions.append(sa.not_(table.c.own))

    return conditions


def _standing(more: Sequence[sa.ColumnElement[int]]) -> sa.Select[*tuple[Any, ...]]:
    """Where the follower stands: a row of no unit."""
    here = sa.select(follower.c.position).where(follower.c.name == FOLLOWER)
    position = sa.func.coalesce(here.scalar_subquery(), 0).label("number")
    none = [_ZERO.label(name) for name in ("records", "errors")]

    return sa.select(_ZERO.label("unit"), position).add_columns(*none, *more)


def _of_hours(hours: Hours, whole: Query) -> sa.Select[Any]:
    table = hours.table
    records, errors = _numbers(table, whole)
    # PostgreSQL adds up to something larger than it began with.
    sums = (sa.cast(sa.func.sum(each), sa.BigInteger) for each in (records, errors))

    return (
        sa.select(sa.literal_column(str(HOUR)), table.c.hour, *sums, *_none(hours))
        .where(*hours.conditions, *_within(table, whole), records > 0)
        .group_by(table.c.hour)
    )


def _of_families(typed: Sequence[Condition], whole: Query, scope: Scope) -> sa.Select[Any]:
    """The numbers of the families that are ours. Their records are among those of all hours."""
    records, _ = _numbers(by_type, whole)
    types = our_types(scope)

    return (
        sa.select(
            sa.literal_column(str(HOUR)),
            by_type.c.hour,
            _ZERO,
            _ZERO,
            *numbers(types.c.type, records),
        )
        .select_from(types.join(by_type, by_type.c.type == types.c.type))
        .where(is_ours(types.c.type), *typed, *_within(by_type, whole), records > 0)
        .group_by(by_type.c.hour)
    )


def _numbers(table: sa.Table, whole: Query) -> tuple[sa.ColumnElement[int], sa.ColumnElement[int]]:
    """The records of an hour that are asked for, and those of them that failed."""
    records: sa.ColumnElement[int] = table.c.records
    errors: sa.ColumnElement[int] = table.c.errors
    if whole.error is None:
        return records, errors

    return (errors, errors) if whole.error else (records - errors, errors * 0)


def _within(table: sa.Table, whole: Query) -> list[Condition]:
    conditions: list[Condition] = []
    if whole.after is not None:
        conditions.append(table.c.hour >= whole.after // HOUR)
    if whole.before is not None:
        conditions.append(table.c.hour < whole.before // HOUR)

    return conditions


def _none(hours: Hours) -> Sequence[sa.ColumnElement[int]]:
    """No number of a family; no column at all where they are not asked for."""
    return [] if hours.typed is None else [_ZERO] * len(RESERVED)


def _records(
    connection: sa.Connection, query: Query, whole: Query, scope: Scope, position: int
) -> list[list[Condition]]:
    """What is not in the numbers: the newest, and the parts of hours at both ends."""
    parts = [[*in_sequence(whole, scope), record.c.position > position]]
    if whole.after != query.after:
        parts.append(plan(connection, replace(query, before=whole.after), scope))
    if whole.before != query.before:
        parts.append(plan(connection, replace(query, after=whole.before), scope))

    return parts


def _of_seconds(conditions: Sequence[Condition], *, by_family: bool) -> sa.Select[Any]:
    second = floored(record.c.time, SECOND).label("second")
    found = sa.select(second, record.c.error, record.c.type).where(*conditions).subquery()

    return sa.select(
        sa.literal_column(str(SECOND)),
        found.c.second,
        sa.func.count(),
        sa.func.count(found.c.error),
        *(numbers(found.c.type) if by_family else []),
    ).group_by(found.c.second)
