"""How many records there are of each hour: so that a histogram of years reads thousands of rows,
and not millions.

A follower keeps the numbers: of all, of each type and of each organization. Not of each type in
each organization: a log of many organizations would have as many hours as records. Whoever
removes records takes them out here.
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
from .buckets import HOUR

FOLLOWER = "hours"


def _table(name: str, *more: str) -> sa.Table:
    """A table of numbers, for each hour and what else there is.

    ``hour`` counts from 1970. ``own`` is what people do to the log, and its news: hidden by default.
    """
    return sa.Table(
        name,
        metadata,
        sa.Column("realm", Text, primary_key=True),
        *(sa.Column(each, Text, primary_key=True) for each in more),
        sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("own", sa.Boolean, primary_key=True),
        sa.Column("records", sa.BigInteger, nullable=False),
        sa.Column("errors", sa.BigInteger, nullable=False),
    )


of_all = _table("audit_hour")
by_type = _table("audit_hour_type", "type")
by_organization = _table("audit_hour_organization", "organization_id")
TABLES = (of_all, by_type, by_organization)


class SqlHours:
    """See :class:`.looking.Hours`."""

    def __init__(self, followers: SqlFollowers) -> None:
        self._followers = followers

    def follow(self, *, limit: int) -> int | None:
        """See :meth:`.looking.Hours.follow`."""
        return self._followers.advance(FOLLOWER, _add, limit=limit)


def _add(connection: sa.Connection, after: int, upto: int) -> None:
    """Add the records behind *after*, up to *upto*, to their hours."""
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
            floored(record.c.time, HOUR).label("hour"),
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


def floored(time: sa.ColumnElement[int], unit: int) -> sa.ColumnElement[int]:
    """How many whole units there are up to a time: also before 1970, where both databases would
    round towards it.
    """
    within = (time % unit + unit) % unit

    return (time - within) // unit
