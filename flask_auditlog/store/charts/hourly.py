"""The points of a histogram, from the numbers of the days or hours where these can answer.

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
from .buckets import DAY
from .buckets import HOUR
from .buckets import offset_at
from .buckets import SECOND
from .drawing import ends_of
from .drawing import fits
from .drawing import Point
from .families import is_ours
from .families import numbers
from .families import our_types
from .hours import by_organization
from .hours import by_type
from .hours import DAYS
from .hours import floored
from .hours import of_all
from .hours import unit_of
from .numbers import asked
from .numbers import is_plain
from .numbers import numbers_of
from .numbers import outside
from .numbers import rest
from .numbers import standing
from .numbers import steadily
from .numbers import whole
from .numbers import within
from .summary import Scale

_ZERO: sa.ColumnElement[int] = sa.literal_column("0")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Which rows have the numbers: those of this table.

    ``typed`` is the table of the types, if its rows shall tell the families.
    """

    table: sa.Table
    typed: sa.Table | None

    def of_days(self) -> _Rows:
        """The same, of days."""
        typed = None if self.typed is None else DAYS[self.typed]

        return _Rows(table=DAYS[self.table], typed=typed)


def hourly(
    connection: sa.Connection, query: Query, scope: Scope, scale: Scale
) -> list[Point] | None:
    """Return the points in order of time; ``None`` where the numbers cannot say what is asked.

    They know no families of what is of one organization.
    """
    rows = _rows(query, scope, by_family=scale.by_family)
    if rows is None:
        return None
    for unit in _units(scale):
        if whole(query, unit) is None:
            continue
        if query.after is not None and not _fits([], query, scale, unit):
            continue
        points = _points(connection, query, scope, rows, unit)
        if points is None or _fits(points, query, scale, unit):
            return points

    return None


def _units(scale: Scale) -> Sequence[int]:
    """Days first, of which there are few. Where it is another day than in UTC no bar is made of them."""
    return [HOUR] if offset_at(scale.now, scale.zone) else [DAY, HOUR]


def _points(
    connection: sa.Connection, query: Query, scope: Scope, rows: _Rows, unit: int
) -> list[Point] | None:
    hours, units = whole(query, HOUR), whole(query, unit)
    if hours is None or units is None:
        return None

    def ask(position: int) -> sa.CompoundSelect[Any]:
        parts = rest(connection, query, hours, scope, position)
        ranges = [(rows if unit == HOUR else rows.of_days(), units)]
        ranges += [(rows, each) for each in outside(hours, units)]
        return _all_of(ranges, scope, parts)

    found = steadily(connection, ask)
    if found is None:
        return None
    points = [
        Point(time=at * width, records=n, errors=bad, ours=ours or None)
        for width, at, n, bad, *ours in found
    ]

    return sorted(points, key=lambda point: point.time)


def _all_of(
    ranges: Sequence[tuple[_Rows, Query]], scope: Scope, parts: Sequence[Sequence[Condition]]
) -> sa.CompoundSelect[Any]:
    """Where the follower stands, what is in the numbers, and what is in *parts* of the log."""
    by_family = ranges[0][0].typed is not None
    more = [_ZERO] * len(RESERVED) if by_family else []
    selected: list[sa.Select[*tuple[Any, ...]]] = [standing(_ZERO, _ZERO, *more)]
    for rows, range_ in ranges:
        selected.append(_of_all(rows.table, range_, scope, more))
        if rows.typed is not None:
            selected.append(_of_families(rows.typed, range_, scope))

    return sa.union_all(*selected, *(_of_seconds(each, by_family=by_family) for each in parts))


def _fits(points: Sequence[Point], query: Query, scale: Scale, unit: int) -> bool:
    """Whether no bar begins or ends within an hour, or a day."""
    ends = ends_of(points, query, scale.now)
    if ends is None:
        return True

    return fits(cut(*ends, scale.zone, most=scale.bars), unit)


def _rows(query: Query, scope: Scope, *, by_family: bool) -> _Rows | None:
    """Which rows answer *query*, if any do: of the type, or of the organization; not of both."""
    if not is_plain(query):
        return None
    is_one = query.org is not None or scope.organization_id is not None
    if is_one and query.type is not None:
        return None
    table = by_organization if is_one else of_all if query.type is None else by_type

    return _Rows(table=table, typed=by_type if by_family and not is_one else None)


def _of_all(
    table: sa.Table, range_: Query, scope: Scope, more: Sequence[sa.ColumnElement[int]]
) -> sa.Select[Any]:
    column, unit = unit_of(table)
    records, errors = numbers_of(table, range_)
    # PostgreSQL adds up to something larger than it began with.
    sums = (sa.cast(sa.func.sum(each), sa.BigInteger) for each in (records, errors))
    columns: list[sa.ColumnElement[Any]] = [sa.literal_column(str(unit)), column, *sums, *more]

    return (
        sa.select(*columns)
        .where(*asked(table, range_, scope), *within(table, range_), records > 0)
        .group_by(column)
    )


def _of_families(table: sa.Table, range_: Query, scope: Scope) -> sa.Select[Any]:
    """The numbers of the families that are ours. Their records are among those of all."""
    column, unit = unit_of(table)
    records, _ = numbers_of(table, range_)
    conditions = [*asked(table, range_, scope), *within(table, range_), records > 0]
    numbers_ = numbers(table.c.type, records)
    columns: list[sa.ColumnElement[Any]] = [sa.literal_column(str(unit)), column, _ZERO, _ZERO]
    selected = sa.select(*columns, *numbers_)
    if table is by_type:
        # Of each type those of the range are read, without those of all the years before.
        types = our_types(scope)
        selected = selected.select_from(types.join(table, table.c.type == types.c.type))

    return selected.where(is_ours(table.c.type), *conditions).group_by(column)


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
