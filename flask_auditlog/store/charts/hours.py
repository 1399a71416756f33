"""How many records there are of each hour and each day: so that a histogram of years, or its
frequent types, are read from thousands of rows, and not from millions.

A follower keeps the numbers: of all, of each type and of each organization. Not of each type in
each organization: a log of many organizations would have as many hours as records. Days are those
of UTC. Whoever removes records takes them out here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from ...event import OWN_TYPES
from ..followers import SqlFollowers
from ..tables import metadata
from ..tables import record
from ..tables import Text
from ..writing import inserting
from .buckets import DAY
from .buckets import HOUR

# Which column says how often how much time has passed since 1970.
_UNITS = {"hour": HOUR, "day": DAY}
FOLLOWER = "hours"


def _table(name: str, *key: str) -> sa.Table:
    """A table of numbers for each *key*: in the order in which it is read.

    ``own`` is what people do to the log, and its news: hidden by default.
    """
    types = {"own": sa.Boolean, **dict.fromkeys(_UNITS, sa.BigInteger)}

    return sa.Table(
        name,
        metadata,
        *(
            sa.Column(each, types.get(each, Text), primary_key=True, autoincrement=False)
            for each in key
        ),
        sa.Column("records", sa.BigInteger, nullable=False),
        sa.Column("errors", sa.BigInteger, nullable=False),
    )


of_all = _table("audit_hour", "realm", "hour", "own")
by_type = _table("audit_hour_type", "realm", "type", "hour", "own")
by_organization = _table("audit_hour_organization", "realm", "organization_id", "hour", "own")
# All values of a range are read of these: so the day comes first.
DAYS = {
    of_all: _table("audit_day", "realm", "day", "own"),
    by_type: _table("audit_day_type", "realm", "day", "type", "own"),
    by_organization: _table("audit_day_organization", "realm", "day", "organization_id", "own"),
}
TABLES = (*DAYS, *DAYS.values())


def unit_of(table: sa.Table) -> tuple[sa.Column[int], int]:
    """Return the column of time of a table of numbers, and how many milliseconds one of it has."""
    return next((table.c[name], unit) for name, unit in _UNITS.items() if name in table.c)


class SqlHours:
    """See :class:`.looking.Hours`."""

    def __init__(self, followers: SqlFollowers) -> None:
        self._followers = followers

    def follow(self, *, limit: int) -> int | None:
        """See :meth:`.looking.Hours.follow`."""
        return self._followers.advance(FOLLOWER, _add, limit=limit)


def _add(connection: sa.Connection, after: int, upto: int) -> None:
    """Add the records behind *after*, up to *upto*, to their hours and days."""
    for table in TABLES:
        names = [column.name for column in table.primary_key.columns]
        counted = _counted(names, after, upto)
        insert = inserting(connection.dialect.name, table).from_select(
            [*names, "records", "errors"], counted
        )
        sums = {name: table.c[name] + insert.excluded[name] for name in ("records", "errors")}
        connection.execute(insert.on_conflict_do_update(index_elements=names, set_=sums))


def _counted(names: Sequence[str], after: int, upto: int) -> sa.Select[Any]:
    some = (
        sa.select(
            record.c.realm,
            record.c.organization_id,
            record.c.type,
            record.c.error,
            *(floored(record.c.time, unit).label(name) for name, unit in _UNITS.items()),
            sa.and_(record.c.type.in_(OWN_TYPES), record.c.source == "system").label("own"),
        )
        .where(record.c.position > after, record.c.position <= upto)
        .subquery()
    )
    keys = [some.c[name] for name in names]

    # The condition is also what SQLite needs to tell ON CONFLICT from a join's ON.
    return (
        sa.select(*keys, sa.func.count(), sa.func.count(some.c.error))
        .where(*(key.is_not(None) for key in keys))
        .group_by(*keys)
    )


def floored(
    time: sa.ColumnElement[int], unit: int | sa.ColumnElement[int]
) -> sa.ColumnElement[int]:
    """How many whole units there are up to a time: also before 1970, where both databases would
    round towards it.
    """
    within = (time % unit + unit) % unit

    return (time - within) // unit
