"""Reading on from a position: for those who follow the log, and come back for what is new."""

from __future__ import annotations

import sqlalchemy as sa

from ..query import Query
from ..query import Scope
from ..query import Stretch
from ..tables import record
from .cursor import seal_position
from .cursor import unseal_position
from .plan import in_sequence
from .reader import Reader
from .reader import RECORD
from .reader import records_of

# So many records are looked at for one answer, whatever the filters leave of them: a rare
# event of a large log is not searched for in one statement.
WALKED = 20_000


class SqlFeed:
    """See :class:`.looking.Feed`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def read(self, position: int, query: Query, scope: Scope, *, limit: int) -> Stretch:
        """See :meth:`.looking.Feed.read`."""
        conditions = in_sequence(query, scope)
        with self._reader.connect() as connection:
            # First: what commits later may be before the records that are found, never before it.
            pin = _end(connection, scope)
            upto = _walked(connection, position, pin, scope)
            statement = (
                sa.select(*RECORD)
                .where(*conditions, record.c.position > position, record.c.position <= upto)
                .order_by(record.c.position)
                .limit(limit)
            )
            records = tuple(records_of(connection.execute(statement)))
        reached = records[-1].position if len(records) == limit else max(position, upto)

        return Stretch(records=records, position=reached, more=reached < pin)

    def end(self, scope: Scope) -> int:
        """See :meth:`.looking.Feed.end`."""
        with self._reader.connect() as connection:
            return _end(connection, scope)

    def seal(self, position: int, scope: Scope) -> str:
        """See :meth:`.looking.Feed.seal`."""
        return seal_position(position, scope, self._reader.cursor_keys[0])

    def unseal(self, cursor: str, scope: Scope) -> int:
        """See :meth:`.looking.Feed.unseal`."""
        return unseal_position(cursor, scope, *self._reader.cursor_keys)


def _end(connection: sa.Connection, scope: Scope) -> int:
    """The last position; of one organization, that of its own last record.

    Its cursors would else change with what others do, and tell how much that is.
    """
    last = sa.select(sa.func.max(record.c.position))
    if scope.organization_id is not None:
        last = last.where(*in_sequence(Query(reads=True), scope))

    return connection.scalar(last) or 0


def _walked(connection: sa.Connection, position: int, pin: int, scope: Scope) -> int:
    """The position :data:`WALKED` records further, at most *pin*."""
    if scope.organization_id is None:
        return min(pin, position + WALKED)
    following = (
        sa.select(record.c.position)
        .where(*in_sequence(Query(reads=True), scope), record.c.position > position)
        .order_by(record.c.position)
    )
    found: int | None = connection.scalar(following.offset(WALKED - 1).limit(1))

    return pin if found is None else min(pin, found)
