"""Which types are in the log: how many records of each, and when they happened."""

from __future__ import annotations

import sqlalchemy as sa

from ..promises import TypeCount
from ..query import Query
from ..query import Scope
from ..tables import record
from .conditions import Condition
from .plan import plan
from .reader import Reader


class SqlTypes:
    """See :class:`.promises.Types`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def seen(self, scope: Scope, *, at_most: int) -> list[TypeCount]:
        """See :meth:`.promises.Types.seen`."""
        counted = (sa.func.count(), sa.func.min(record.c.time), sa.func.max(record.c.time))
        with self._reader.connect() as connection:
            statement = (
                sa.select(record.c.type, *counted)
                .where(*_within(connection, scope))
                .group_by(record.c.type)
                .order_by(record.c.type)
                .limit(at_most)
            )
            rows = connection.execute(statement).all()

        return [
            TypeCount(type=name, records=records, first_time=first, last_time=last)
            for name, records, first, last in rows
        ]


def _within(connection: sa.Connection, scope: Scope) -> list[Condition]:
    """The conditions of the scope: none, where it is all there is.

    All that is asked for then stands in the index of the types, and no record is read.
    """
    if scope.organization_id is None:
        ends = (sa.func.min(record.c.realm), sa.func.max(record.c.realm))
        first, last = (connection.scalar(sa.select(end)) for end in ends)
        if first == last == scope.realm:
            return []

    return plan(connection, Query(reads=True), scope)
