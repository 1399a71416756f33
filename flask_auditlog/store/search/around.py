"""What stands beside a record, among those that have something in common with it."""

from __future__ import annotations

import sqlalchemy as sa

from ...event import Record
from ..query import Neighbours
from ..query import Query
from ..query import Scope
from ..tables import record as table
from .plan import plan
from .reader import PLACE
from .reader import place
from .reader import Reader
from .reader import RECORD
from .reader import records_of


class SqlAround:
    """See :class:`.looking.Around`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def find(
        self, record: Record, query: Query, scope: Scope, *, limit: int, seconds: float
    ) -> Neighbours:
        """See :meth:`.looking.Around.find`."""
        here = place(record.time, record.position)
        newer, older = (PLACE > here), (PLACE < here)  # noqa: SIM300 (see reader.find)
        with self._reader.connect(seconds=seconds) as connection:
            conditions = plan(connection, query, scope, taking=limit + 1)
            some = sa.select(*RECORD).where(*conditions).limit(limit + 1)
            after = records_of(
                connection.execute(some.where(newer).order_by(table.c.time, table.c.position))
            )
            before = records_of(
                connection.execute(
                    some.where(older).order_by(table.c.time.desc(), table.c.position.desc())
                )
            )

        return _nearest(after, before, limit)


def _nearest(newer: list[Record], older: list[Record], limit: int) -> Neighbours:
    """As many of both as there are, but no more together than *limit*. Pure."""
    half = limit // 2
    ahead = min(len(newer), max(half, limit - len(older)))
    behind = min(len(older), limit - ahead)

    return Neighbours(
        newer=tuple(reversed(newer[:ahead])),
        older=tuple(older[:behind]),
        more=ahead < len(newer) or behind < len(older),
    )
