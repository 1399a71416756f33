"""Followers of the log: each reads it in order, and keeps one position.

What a follower makes of the records is committed with its position, in one transaction. So
each record has its effect exactly once, also if the process dies at any moment.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence

import sqlalchemy as sa

from ..event import Record
from .outbox.tables import follower
from .search.reader import head
from .search.reader import Reader
from .search.reader import RECORD
from .search.reader import records_of
from .tables import record
from .writing import insert_unless_there
from .writing import now_ms
from .writing import read_now
from .writing import writing

# Given the connection of the transaction, and the next records. What it raises rolls all back.
Effect = Callable[[sa.Connection, Sequence[Record]], None]

# The same, and the positions behind which they begin and up to which they go.
Span = Callable[[sa.Connection, int, int], None]

# Whether anybody wants the records at all.
Wanted = Callable[[sa.Connection], bool]


# Built once: they are asked with each turn of each follower.
_POSITION = sa.select(follower.c.position).where(follower.c.name == sa.bindparam("which"))
_TAKE = _POSITION.with_for_update(skip_locked=True)
_MOVE = (
    sa.update(follower)
    .where(follower.c.name == sa.bindparam("which"))
    .where(follower.c.position != sa.bindparam("there"))
    .values(position=sa.bindparam("there"), moved_time=now_ms())
)
_BEHIND = (
    sa.select(*RECORD)
    .where(record.c.position > sa.bindparam("after"))
    .order_by(record.c.position)
    .limit(sa.bindparam("count"))
)
_AT = sa.select(*RECORD).where(record.c.position.in_(sa.bindparam("positions")))


def _always(_: sa.Connection) -> bool:
    return True


class SqlFollowers:
    """See :class:`.outward.Followers`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def step(
        self, name: str, effect: Effect, *, limit: int, wanted: Wanted = _always
    ) -> int | None:
        """See :meth:`.outward.Followers.step`."""
        with writing(self._reader) as connection:
            return step(connection, name, effect, limit=limit, wanted=wanted)

    def advance(self, name: str, effect: Span, *, limit: int) -> int | None:
        """As :meth:`step`, for an effect that reads the records where they are.

        Return how many positions there were; ``None`` while another process has the turn.
        """
        with self._reader.connect() as connection:
            # Read first: nothing is locked to learn that there is nothing to do.
            if position_of(connection, name) >= head(connection):
                return 0
        with writing(self._reader) as connection:
            position = _taken(connection, name)
            if position is None:
                return None
            upto = min(head(connection), position + limit)
            if upto > position:
                effect(connection, position, upto)
                _move(connection, name, upto)

        return max(0, upto - position)

    def leap(self, name: str, effect: Span, *, after: int, upto: int) -> bool:
        """As :meth:`advance`, from one position to another; false if it is not at the first."""
        with writing(self._reader) as connection:
            if _taken(connection, name) != after:
                return False
            effect(connection, after, upto)
            _move(connection, name, upto)

        return True

    def position(self, name: str) -> int:
        """See :meth:`.outward.Followers.position`."""
        with self._reader.connect() as connection:
            return position_of(connection, name)

    def at(self, positions: Collection[int]) -> list[Record]:
        """See :meth:`.outward.Followers.at`."""
        with self._reader.connect() as connection:
            found = connection.execute(_AT, {"positions": list(positions)})
            return records_of(found)

    def named(self, uids: Collection[str]) -> dict[str, Record]:
        """See :meth:`.outward.Followers.named`."""
        statement = sa.select(*RECORD).where(record.c.uid.in_(uids))
        with self._reader.connect() as connection:
            found = records_of(connection.execute(statement))

        return {each.event.uid: each for each in found}

    def turn(self, name: str, *, every: float) -> bool:
        """See :meth:`.outward.Followers.turn`."""
        with self._reader.connect() as connection:
            last = connection.scalar(
                sa.select(follower.c.moved_time).where(follower.c.name == name)
            )
            # Read first: nobody waits for a lock to learn that it is not their turn.
            if last is not None and last > read_now(connection) - int(every * 1000):
                return False
        with writing(self._reader) as connection:
            if last is None:
                return _begun(connection, name, 0)
            taken = sa.update(follower).where(
                follower.c.name == name, follower.c.moved_time == last
            )

            return connection.execute(taken.values(moved_time=now_ms())).rowcount == 1

    def begin(self, name: str, position: int) -> bool:
        """See :meth:`.outward.Followers.begin`."""
        with writing(self._reader) as connection:
            return _begun(connection, name, position)


def step(
    connection: sa.Connection, name: str, effect: Effect, *, limit: int, wanted: Wanted
) -> int | None:
    """As :meth:`.outward.Followers.step`, in a transaction of which it is only a part."""
    position = _taken(connection, name)
    if position is None:
        return None
    if not wanted(connection):
        _move(connection, name, max(position, head(connection)))
        return 0
    found = connection.execute(_BEHIND, {"after": position, "count": limit})
    records = records_of(found)
    if records:
        effect(connection, records)
        _move(connection, name, records[-1].position)

    return len(records)


def position_of(connection: sa.Connection, name: str) -> int:
    """Return how far a follower has come; 0 if it is not known."""
    return connection.scalar(_POSITION, {"which": name}) or 0


def _taken(connection: sa.Connection, name: str) -> int | None:
    """Take the follower's row, and with it the turn; ``None`` while another has it."""
    which = {"which": name}
    position: int | None = connection.scalar(_TAKE, which)
    if position is None and connection.scalar(_POSITION, which) is None:
        _begun(connection, name, 0)
        position = connection.scalar(_TAKE, which)

    return position


def _begun(connection: sa.Connection, name: str, position: int) -> bool:
    values = {"name": name, "position": position, "moved_time": now_ms()}
    insert = insert_unless_there(connection, follower).values(values)

    return connection.scalar(insert.returning(follower.c.name)) is not None


def _move(connection: sa.Connection, name: str, position: int) -> None:
    connection.execute(_MOVE, {"which": name, "there": position})


def hold(connection: sa.Connection, name: str) -> None:
    """Let the follower stand where it is until the end of the transaction.

    One that has not begun begins here: there would be no row to hold.
    """
    _begun(connection, name, 0)
    connection.execute(_POSITION.with_for_update(), {"which": name})
