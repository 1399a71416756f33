"""What a search finds, in figures: facets and a histogram, of a bounded number of records.

No index counts everything in time. So the newest records are looked at, up to a bound, and what
is told says whether that was all. Where numbers of hours and days are kept, they tell of the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from ..address import unpack
from ..query import Query
from ..query import Scope
from ..search.plan import moment
from ..search.plan import plan
from ..search.reader import Reader
from ..search.settle import settled
from ..search.steering import NEWEST_FIRST
from ..search.where import check
from ..tables import record
from .buckets import SECOND
from .drawing import drawn
from .drawing import Point
from .drawing import refined
from .families import numbers
from .hourly import hourly
from .hours import floored
from .summary import Begun
from .summary import Facet
from .summary import FACETS
from .summary import Facets
from .summary import Histogram
from .summary import Scale
from .summary import Span
from .summary import Spans
from .summary import Value
from .totals import totals

_COLUMNS = {
    "type": record.c.type,
    "actor": sa.func.coalesce(record.c.username, record.c.user_id),
    "resource_type": record.c.resource_type,
    "client": record.c.client_id,
    "ip": record.c.ip,
    "org": record.c.organization_id,
    "error": record.c.error,
    "user": record.c.user_id,
    "username": record.c.username,
    "resource": record.c.resource_path,
    "session": record.c.session_id,
    "request": record.c.request_id,
}


class SqlFigures:
    """See :class:`.looking.Figures`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def facets(
        self,
        query: Query,
        scope: Scope,
        *,
        records: int,
        top: int,
        seconds: float,
        names: Sequence[str] = FACETS,
    ) -> Facets:
        """See :meth:`.looking.Figures.facets`."""
        # Of one organization all records have the same.
        names = [name for name in names if name != "org" or scope.organization_id is None]
        if not names:
            return Facets(fields={}, records=0, complete=True)
        query = settled(query, moment())
        columns = [_COLUMNS[name].label(name) for name in names]
        with self._reader.connect(seconds=seconds) as connection:
            conditions = plan(connection, query, scope, taking=records, behind=[])
            newest = _newest(columns, conditions, records).cte("newest")
            parts = [_frequent(newest, name, top) for name in names]
            total = sa.select(
                sa.literal(""), sa.null(), sa.null(), sa.func.count(), sa.literal(0)
            ).select_from(newest)
            rows: Sequence[Any] = connection.execute(sa.union_all(*parts, total)).all()
            looked_at = next(number for name, _, _, number, _ in rows if not name)
            is_all = looked_at < records
            told = {} if is_all else totals(connection, query, scope, names, top)
        fields = {
            name: _facet([row for row in rows if row[0] == name], complete=is_all) for name in names
        }

        return Facets(fields=fields | told, records=looked_at, complete=is_all)

    def spans(
        self,
        query: Query,
        scope: Scope,
        *,
        records: int,
        top: int,
        seconds: float,
        names: Sequence[str],
    ) -> Spans:
        """See :meth:`.looking.Figures.spans`."""
        names = [name for name in names if name != "org" or scope.organization_id is None]
        columns = [record.c.time, *(_COLUMNS[name].label(name) for name in names)]
        with self._reader.connect(seconds=seconds) as connection:
            conditions = plan(connection, query, scope, taking=records, behind=[])
            newest = _newest(columns, conditions, records).cte("newest")
            parts = [_begun(newest, name, top) for name in names]
            oldest, none = sa.func.min(newest.c.time), sa.literal(0)
            total = sa.select(
                sa.literal(""), sa.null(), sa.null(), sa.func.count(), oldest, none, none
            ).select_from(newest)
            rows: Sequence[Any] = connection.execute(sa.union_all(*parts, total)).all()
        looked_at, since = next((row[3], row[4]) for row in rows if not row[0])

        return Spans(
            fields={name: _spans([row for row in rows if row[0] == name]) for name in names},
            records=looked_at,
            since=since,
            complete=looked_at < records,
        )

    def histogram(
        self, query: Query, scope: Scope, scale: Scale, *, records: int, seconds: float
    ) -> Histogram:
        """See :meth:`.looking.Figures.histogram`."""
        # The bars are over the time that is asked for, also where that is counted from now.
        query = settled(query, scale.now)
        check(query)
        with self._reader.connect(seconds=seconds) as connection:
            hours = hourly(connection, query, scope, scale)
            if hours is not None and _is_told(hours, scale):
                return drawn(hours, query, scale)
            conditions = plan(connection, query, scope, taking=records, behind=[])
            points = _seconds(connection, conditions, scale, records)
        since = None
        if sum(point.records for point in points) >= records:
            # Of the oldest second some may not be among them.
            since, points = points[0].time + SECOND, points[1:]
        if hours is None:
            return drawn(points, query, scale, since=since)

        return refined(drawn(hours, query, scale), points, scale, since=since)


def _is_told(hours: Sequence[Point], scale: Scale) -> bool:
    """Whether the hours say all that is asked. Nobody counts an organization's by family."""
    return not scale.by_family or all(point.ours is not None for point in hours)


def _seconds(
    connection: sa.Connection, conditions: Sequence[Any], scale: Scale, records: int
) -> list[Point]:
    """The newest of what is found, at most so many *records*, counted by second."""
    columns = [record.c.time, record.c.error, *([record.c.type] if scale.by_family else [])]
    newest = _newest(columns, conditions, records).subquery()
    second = floored(newest.c.time, SECOND).label("second")
    ours = numbers(newest.c.type) if scale.by_family else []
    counted = sa.select(second, sa.func.count(), sa.func.count(newest.c.error), *ours)
    rows = connection.execute(counted.group_by(second).order_by(second)).all()

    return [
        Point(time=at * SECOND, records=n, errors=bad, ours=more if scale.by_family else None)
        for at, n, bad, *more in rows
    ]


def _newest(
    columns: Sequence[sa.ColumnElement[Any]], conditions: Sequence[Any], records: int
) -> sa.Select[Any]:
    return sa.select(*columns).where(*conditions).order_by(*NEWEST_FIRST).limit(records)


def _frequent(newest: sa.CTE, name: str, top: int) -> sa.Select[Any]:
    """The most frequent values of a column, with their numbers and that of different ones."""
    column = newest.c[name]
    number = sa.func.count().label("number")
    distinct = sa.func.count().over().label("distinct")
    frequent = (
        sa.select(column, number, distinct)
        .where(column.is_not(None))
        .group_by(column)
        .order_by(number.desc(), column)
        .limit(top)
        .subquery()
    )

    return sa.select(*_named(name, frequent.c[name]), frequent.c.number, frequent.c.distinct)


def _begun(newest: sa.CTE, name: str, top: int) -> sa.Select[Any]:
    """The values of a column that began last, with their numbers, times and that of different ones."""
    column = newest.c[name]
    first = sa.func.min(newest.c.time).label("first")
    begun = (
        sa.select(
            column,
            sa.func.count().label("number"),
            first,
            sa.func.max(newest.c.time).label("last"),
            sa.func.count().over().label("distinct"),
        )
        .where(column.is_not(None))
        .group_by(column)
        .order_by(first.desc(), column)
        .limit(top)
        .subquery()
    )
    rest = (begun.c[each] for each in ("number", "first", "last", "distinct"))

    return sa.select(*_named(name, begun.c[name]), *rest)


def _named(name: str, value: sa.ColumnElement[Any]) -> tuple[sa.ColumnElement[Any], ...]:
    """A value, in one column if it is text, and in the other if it is bytes: so all parts of a
    union are alike.
    """
    text, raw = (sa.null(), value) if name == "ip" else (value, sa.null())

    return sa.literal(name), sa.cast(text, sa.Text), sa.cast(raw, sa.LargeBinary)


def _facet(rows: Sequence[Any], *, complete: bool) -> Facet:
    """Their order is made here: that of the parts of a union is not promised."""
    values = [
        Value(value=text if raw is None else unpack(raw), records=number)
        for _, text, raw, number, _ in sorted(rows, key=lambda row: (-row[3], row[2] or row[1]))
    ]

    return Facet(values=tuple(values), distinct=rows[0][4] if rows else 0, complete=complete)


def _spans(rows: Sequence[Any]) -> Begun:
    """Their order is made here, as in :func:`_facet`."""
    values = [
        Span(value=text if raw is None else unpack(raw), records=number, first=first, last=last)
        for _, text, raw, number, first, last, _ in sorted(
            rows, key=lambda row: (-row[4], row[2] or row[1])
        )
    ]

    return Begun(values=tuple(values), distinct=rows[0][6] if rows else 0)
