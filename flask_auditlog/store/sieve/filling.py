"""Filling the sieve, segment by segment: a segment when all its records are there."""

from __future__ import annotations

import threading
import time

import sqlalchemy as sa

from ..followers import position_of
from ..followers import SqlFollowers
from ..search.reader import head
from ..search.reader import Reader
from ..tables import record
from .marks import LAYOUT
from .marks import Segment
from .table import FOLLOWER
from .table import line

# How long a turn lasts, in seconds, after each segment anew: until it ends, no other process begins.
TURN = 30.0


class SqlSieve:
    """See :class:`.looking.Sieve`."""

    def __init__(self, reader: Reader, followers: SqlFollowers) -> None:
        self._reader = reader
        self._followers = followers
        self._mutex = threading.Lock()
        # The segment in the making, and the position behind which it begins.
        self._segment: Segment | None = None
        self._after = 0
        # Until when nobody else begins.
        self._turn_ends = 0.0

    def follow(self, *, blocks: int, every: float = TURN) -> int | None:
        """See :meth:`.looking.Sieve.follow`."""
        if not self._mutex.acquire(blocking=False):
            return None
        try:
            if self._segment is None and not self._is_due():
                return 0
            if self._segment is None and not self._begin(every):
                return None
            return self._add(blocks, every)
        finally:
            self._mutex.release()

    def position(self) -> int:
        """See :meth:`.looking.Sieve.position`."""
        return self._followers.position(FOLLOWER)

    def _is_due(self) -> bool:
        """Whether all records of the next segment are there."""
        with self._reader.connect() as connection:
            self._after = position_of(connection, FOLLOWER)
            return head(connection) - self._after >= LAYOUT.segment

    def _begin(self, every: float) -> bool:
        if time.monotonic() >= self._turn_ends:
            if not self._followers.turn(FOLLOWER, every=every):
                return False
            self._turn_ends = time.monotonic() + every
        self._segment = Segment(LAYOUT)

        return True

    def _add(self, most: int, every: float) -> int:
        """Sift the next blocks, in no transaction: on SQLite nobody could write meanwhile."""
        segment = self._segment or Segment(LAYOUT)
        added = min(most, LAYOUT.blocks - segment.blocks)
        for _ in range(added):
            segment.add(self._bodies(self._after + segment.blocks * LAYOUT.block))
        if segment.is_full:
            self._segment = None
            self._turn_ends = time.monotonic() + every if self._write(segment) else 0.0

        return added

    def _bodies(self, after: int) -> list[str]:
        """Those of one block, which may be large."""
        bodies = sa.select(record.c.body).where(
            record.c.position > after, record.c.position <= after + LAYOUT.block
        )
        with self._reader.connect() as connection:
            return list(connection.scalars(bodies))

    def _write(self, segment: Segment) -> bool:
        """Keep a segment; false if another process did so meanwhile."""
        number = self._after // LAYOUT.segment
        rows = [
            {"line": n, "segment": number, "bits": bits} for n, bits in enumerate(segment.lines())
        ]

        def write(connection: sa.Connection, *_: int) -> None:
            connection.execute(sa.insert(line), rows)

        upto = (number + 1) * LAYOUT.segment

        return self._followers.leap(FOLLOWER, write, after=self._after, upto=upto)
