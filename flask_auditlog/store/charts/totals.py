"""The frequent types and organizations of all that is found, however much that is.

Read from the numbers: whole days from those of the days, whole hours at both ends from those of
the hours, and what is in neither is counted among the records. Nobody counts an organization's by
type, or a type's by organization.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from functools import partial
from typing import Any

import sqlalchemy as sa

from ..query import Query
from ..query import Scope
from ..search.conditions import Condition
from ..search.steering import hidden
from ..tables import record
from .buckets import DAY
from .buckets import HOUR
from .hours import by_organization
from .hours import by_type
from .hours import DAYS
from .numbers import asked
from .numbers import is_plain
from .numbers import numbers_of
from .numbers import outside
from .numbers import rest
from .numbers import standing
from .numbers import steadily
from .numbers import whole
from .numbers import within
from .summary import Facet
from .summary import Value

# More rows of days than these take longer than the newest records do, and say no more to who waits.
MOST = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """Where the numbers of a facet are, and which filter they know nothing of."""

    column: str
    hours: sa.Table
    but: str

    @property
    def days(self) -> sa.Table:
        """The same, of days."""
        return DAYS[self.hours]


_KEPT = {
    "type": _Kept(column="type", hours=by_type, but="org"),
    "org": _Kept(column="organization_id", hours=by_organization, but="type"),
}


def totals(
    connection: sa.Connection, query: Query, scope: Scope, names: Collection[str], top: int
) -> dict[str, Facet]:
    """Return those of the facets *names* that the numbers can tell, each of all that is found."""
    hours, days = whole(query, HOUR), whole(query, DAY)
    if scope.organization_id is not None or hours is None or not is_plain(query):
        return {}
    found: dict[str, Facet] = {}
    for name, kept in _KEPT.items():
        if name not in names or getattr(query, kept.but) is not None:
            continue
        if days is not None and _is_long(connection, kept.days, days, scope):
            continue
        facet = _total(connection, kept, query, scope, top)
        if facet is not None:
            found[name] = facet

    return found


def _is_long(connection: sa.Connection, table: sa.Table, days: Query, scope: Scope) -> bool:
    here = [table.c.realm == scope.realm, *within(table, days)]
    some = sa.select(table.c.day).where(*here).limit(MOST + 1).subquery()

    return (connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0) > MOST


def _total(
    connection: sa.Connection, kept: _Kept, query: Query, scope: Scope, top: int
) -> Facet | None:
    rows = steadily(connection, partial(_ranked, connection, kept, query, scope, top))
    if rows is None:
        return None
    # Their order is made here: that of the parts of a union is not promised.
    ranked = sorted(rows, key=lambda row: (-row[1], row[2].encode()))
    values = tuple(Value(value=value, records=number) for _, number, value, _ in ranked)

    return Facet(values=values, distinct=rows[0][3] if rows else 0, complete=True)


def _ranked(
    connection: sa.Connection,
    kept: _Kept,
    query: Query,
    scope: Scope,
    top: int,
    position: int,
) -> sa.CompoundSelect[Any]:
    """Where the follower stands, and the most frequent values with their numbers."""
    parts = [*_of_numbers(kept, query, scope)]
    hours = whole(query, HOUR)
    if hours is not None:
        parts += [
            _of_records(kept, each) for each in rest(connection, query, hours, scope, position)
        ]
    counted = sa.union_all(*parts).subquery()
    # PostgreSQL adds up to something larger than it began with.
    number = sa.cast(sa.func.sum(counted.c.number), sa.BigInteger).label("number")
    ranked = (
        sa.select(number, counted.c.value, sa.func.count().over().label("distinct"))
        .group_by(counted.c.value)
        .having(number > 0)
        .order_by(number.desc(), counted.c.value)
        .limit(top)
        .subquery()
    )

    return sa.union_all(
        standing(sa.cast(sa.null(), sa.Text), sa.literal_column("0")),
        sa.select(sa.literal_column("1"), *ranked.c),
    )


def _of_numbers(kept: _Kept, query: Query, scope: Scope) -> Iterator[sa.Select[Any]]:
    """The numbers of the whole days of the range, and of the whole hours before and after them."""
    hours, days = whole(query, HOUR), whole(query, DAY)
    if hours is None:
        return
    if days is None:
        yield _of_hours(kept, hours, scope)
        return
    conditions = [*asked(kept.days, query, scope), *within(kept.days, days)]
    yield _values(kept.days, kept.column, query).where(*conditions)
    for each in outside(hours, days):
        yield _of_hours(kept, each, scope)


def _of_hours(kept: _Kept, hours: Query, scope: Scope) -> sa.Select[Any]:
    """The numbers of some hours, of the values that their days have: the hours of all others are
    not looked through.
    """
    table, days = kept.hours, kept.days
    around = replace(
        hours,
        after=None if hours.after is None else hours.after // DAY * DAY,
        before=None if hours.before is None else -(-hours.before // DAY) * DAY,
    )
    keys = [days.c.realm, days.c[kept.column], days.c.own]
    some = sa.select(*keys).where(*asked(days, hours, scope), *within(days, around)).distinct()
    there = some.subquery()
    same = sa.and_(*(table.c[key.name] == there.c[key.name] for key in keys))

    return (
        _values(table, kept.column, hours)
        .select_from(there.join(table, same))
        .where(*within(table, hours))
    )


def _values(table: sa.Table, column: str, query: Query) -> sa.Select[Any]:
    records, _ = numbers_of(table, query)

    return sa.select(table.c[column].label("value"), records.label("number"))


def _of_records(kept: _Kept, conditions: Sequence[Condition]) -> sa.Select[Any]:
    # Hidden, or SQLite would read an index of it from end to end, to have the groups in order.
    column = hidden(record.c[kept.column])

    return (
        sa.select(column.label("value"), sa.func.count().label("number"))
        .where(*conditions, column.is_not(None))
        .group_by(column)
    )
