"""The points of a histogram, from the numbers of the hours where these can answer.

Of which family they are is in the numbers of the types: of those of ours alone, since the rest
are the host's own. Nobody counts an organization's by type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ...event import RESERVED
from ..query import Query
from ..query import Scope
from ..search.conditions import Condition
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
from .hours import of_all
from .numbers import asked
from .numbers import is_plain
from .numbers import numbers_of
from .numbers import rest
from .numbers import standing
from .numbers import steadily
from .numbers import whole
from .numbers import within
from .summary import Scale

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
    range_ = whole(query, HOUR)
    if hours is None or range_ is None:
        return None
    if query.after is not None and not _fits([], query, scale):
        return None

    def ask(position: int) -> sa.CompoundSelect[Any]:
        parts = rest(connection, query, range_, scope, position)
        return _all_of(hours, range_, scope, parts)

    rows = steadily(connection, ask)
    if rows is None:
        return None
    points = [
        Point(time=at * unit, records=n, errors=bad, ours=ours or None)
        for unit, at, n, bad, *ours in rows
    ]
    points.sort(key=lambda point: point.time)

    return points if _fits(points, query, scale) else None


def _all_of(
    hours: Hours, range_: Query, scope: Scope, parts: Sequence[Sequence[Condition]]
) -> sa.CompoundSelect[Any]:
    """Where the follower stands, what is in its numbers, and what is in *parts* of the log."""
    by_family = hours.typed is not None
    selected: list[sa.Select[*tuple[Any, ...]]] = [
        standing(_ZERO, _ZERO, *_none(hours)),
        _of_hours(hours, range_),
    ]
    if hours.typed is not None:
        selected.append(_of_families(hours.typed, range_, scope))

    return sa.union_all(*selected, *(_of_seconds(each, by_family=by_family) for each in parts))


def _fits(points: Sequence[Point], query: Query, scale: Scale) -> bool:
    """Whether no bar begins or ends within an hour."""
    ends = ends_of(points, query, scale.now)
    if ends is None:
        return True
    parts = cut(*ends, scale.zone, most=scale.bars)

    return parts.width.about >= HOUR and all(edge % HOUR == 0 for edge in parts.edges)


def _hours(query: Query, scope: Scope, *, by_family: bool) -> Hours | None:
    """Which rows answer *query*, if any do: of the type, or of the organization; not of both."""
    if not is_plain(query):
        return None
    organizations = {scope.organization_id, query.org} - {None}
    if organizations and query.type is not None:
        return None
    table = by_organization if organizations else of_all if query.type is None else by_type
    conditions = asked(table, query, scope)
    typed = asked(by_type, query, scope) if by_family and not organizations else None

    return Hours(table=table, conditions=conditions, typed=typed)


def _of_hours(hours: Hours, range_: Query) -> sa.Select[Any]:
    table = hours.table
    records, errors = numbers_of(table, range_)
    # PostgreSQL adds up to something larger than it began with.
    sums = (sa.cast(sa.func.sum(each), sa.BigInteger) for each in (records, errors))

    return (
        sa.select(sa.literal_column(str(HOUR)), table.c.hour, *sums, *_none(hours))
        .where(*hours.conditions, *within(table, range_), records > 0)
        .group_by(table.c.hour)
    )


def _of_families(typed: Sequence[Condition], range_: Query, scope: Scope) -> sa.Select[Any]:
    """The numbers of the families that are ours. Their records are among those of all hours."""
    records, _ = numbers_of(by_type, range_)
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
        .where(is_ours(types.c.type), *typed, *within(by_type, range_), records > 0)
        .group_by(by_type.c.hour)
    )


def _none(hours: Hours) -> Sequence[sa.ColumnElement[int]]:
    """No number of a family; no column at all where they are not asked for."""
    return [] if hours.typed is None else [_ZERO] * len(RESERVED)


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
