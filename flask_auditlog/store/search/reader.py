"""Reading the log: every question takes a query and a scope."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace
from itertools import chain
from itertools import starmap
from typing import Any
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa

from ...event import Copy
from ...event import Record
from ..query import Count
from ..query import Page
from ..query import Query
from ..query import Scope
from ..tables import record
from .conditions import Condition
from .cursor import Cursor
from .cursor import seal
from .cursor import unseal
from .explaining import explained
from .plan import in_sequence
from .plan import moment
from .plan import plan
from .settle import settled
from .steering import hidden
from .steering import NEWEST_FIRST
from .where import where

# Most records a stream reads at a time, and at first, when nobody knows how large they are;
# and how much text of bodies it aims at, in characters. That bounds its memory.
STREAMED = 2000
STREAMED_FIRST = 200
STREAMED_SIZE = 8 * 2**20
# Rows of the driver that are there at once.
FEW = 100

# What is read of a record, and of one that is taken away: their fields, in their order.
RECORD = tuple(record.c[name] for name in Record.__struct_fields__)
COPY = RECORD[: len(Copy.__struct_fields__)]
PLACE = sa.tuple_(record.c.time, record.c.position)

_Place = Cursor | Copy
_Made = TypeVar("_Made", Copy, Record)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for, page by page: in the log as it was at ``pin``, counted from ``now``."""

    query: Query
    scope: Scope
    pin: int
    now: int


class Reader:
    """Answers questions about the log through a pool of its own."""

    def __init__(
        self, engine: sa.Engine, *, cursor_keys: Sequence[bytes], query_seconds: float
    ) -> None:
        self.engine = engine
        # No transaction for what only reads: it would hold nothing that we need, and each takes
        # two ways to the server. SQLite's reads begin none.
        self._reading = (
            engine
            if engine.dialect.name == "sqlite"
            else engine.execution_options(isolation_level="AUTOCOMMIT")
        )
        self.cursor_keys = cursor_keys
        self.query_seconds = query_seconds

    def find(self, query: Query, scope: Scope, *, limit: int, cursor: str | None = None) -> Page:
        """See :meth:`.promises.Store.find`."""
        with self.connect() as connection:
            after = unseal(cursor, query, scope, *self.cursor_keys) if cursor else None
            pin = after.pin if after else head(connection)
            now = after.now if after else moment()
            # Planned after the pin: a type that comes later is not asked for.
            found = _found(connection, RECORD, _Asked(query, scope, pin, now), after, limit + 1)
            records = records_of(found)
        shown = tuple(records[:limit])
        if len(records) <= limit:
            return Page(records=shown, next=None)
        place = Cursor(time=shown[-1].time, position=shown[-1].position, pin=pin, now=now)

        return Page(records=shown, next=seal(place, query, scope, self.cursor_keys[0]))

    def get(self, uid: str, scope: Scope, query: Query | None = None) -> Record | None:
        """See :meth:`.promises.Store.get`."""
        try:
            name = str(UUID(uid))
        except ValueError:
            return None
        asked = replace(settled(query or Query(), moment()), reads=True)
        conditions = [*where(asked, scope), record.c.uid == name]
        with self.connect() as connection:
            row = connection.execute(sa.select(*RECORD).where(*conditions)).one_or_none()

        return Record(*row) if row is not None else None

    def count(self, query: Query, scope: Scope, *, at_most: int) -> Count:
        """See :meth:`.promises.Store.count`."""
        with self.connect() as connection:
            conditions = plan(connection, query, scope, taking=at_most + 1)
            some = sa.select(record.c.position).where(*conditions).limit(at_most + 1)
            value = connection.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0

        return Count(value=min(value, at_most), exact=value <= at_most)

    def stream(self, query: Query, scope: Scope) -> Iterator[Copy]:
        """See :meth:`.promises.Store.stream`."""
        return self.stream_behind(query, scope, None, pin=self.head(), now=moment())

    def stream_behind(
        self, query: Query, scope: Scope, after: Cursor | None, *, pin: int, now: int
    ) -> Iterator[Copy]:
        """All that match behind *after*, in the log as it was at *pin*.

        :param now: what ``-7d`` is counted from, in epoch milliseconds.
        """
        # Not in the generator: that would raise at its first record what is wrong with the query.
        with self.connect() as connection:
            planned = plan(connection, query, scope, now=now, taking=STREAMED)

        return self._pages(_Asked(query, scope, pin, now), planned, after)

    def _pages(
        self, asked: _Asked, planned: Sequence[Condition], last: _Place | None
    ) -> Iterator[Copy]:
        # Each page of an actor is the newest of two indexes.
        once = planned if asked.query.actor is None else None

        def read(last: _Place | None, limit: int) -> Sequence[Copy]:
            # A connection for each page: a slow reader holds neither it nor a snapshot.
            with self.connect() as connection:
                return _made(Copy, _found(connection, COPY, asked, last, limit, once))

        limit = min(STREAMED_FIRST, STREAMED)
        records = read(last, limit)
        # While a page is taken away the next one is read: the database has as much to do with it
        # as we have. Nothing is read ahead of a first page that is all there is, and who stops
        # in the middle waits for the page that is being read: no connection outlives its stream.
        with ThreadPoolExecutor(1, "auditlog-stream") as ahead:
            while len(records) == limit:
                limit = _fitting(records)
                coming = ahead.submit(read, records[-1], limit)
                yield from records
                records = coming.result()
        yield from records

    def after(self, position: int, query: Query, scope: Scope, *, limit: int) -> list[Record]:
        """See :meth:`.promises.Store.after`."""
        statement = (
            sa.select(*RECORD)
            .where(*in_sequence(query, scope), record.c.position > position)
            .order_by(record.c.position)
            .limit(limit)
        )
        with self.connect() as connection:
            return records_of(connection.execute(statement))

    def head(self) -> int:
        """The highest position, 0 while the log is empty."""
        with self.connect() as connection:
            return head(connection)

    @contextmanager
    def connect(self, *, seconds: float | None = None) -> Iterator[sa.Connection]:
        """Give a connection to read with, on which a statement may not run for too long.

        :param seconds: how long, if not as long as a search may.
        :raises QueryTimeout: when it did.
        :raises SchemaMissing: when there are no tables.
        :raises StoreUnavailable: when the database cannot be reached.
        """
        is_shorter = seconds is not None and seconds < self.query_seconds
        engine = self.engine if is_shorter else self._reading
        with (
            explained(),
            engine.connect() as connection,
            _interrupted(connection, seconds, self.query_seconds),
        ):
            yield connection

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """Give a connection in a transaction, committed at the end and rolled back by an error.

        Raises what :meth:`connect` does.
        """
        with (
            explained(),
            self.engine.begin() as connection,
            _interrupted(connection, None, self.query_seconds),
        ):
            yield connection


@contextmanager
def _interrupted(
    connection: sa.Connection, seconds: float | None, at_most: float
) -> Iterator[None]:
    """Stop what runs for longer. PostgreSQL does so by itself, after *at_most* seconds."""
    patience = at_most if seconds is None else min(seconds, at_most)
    if connection.dialect.name != "sqlite":
        if patience < at_most:
            milliseconds = max(1, int(patience * 1000))
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")
        yield
        return
    raw: Any = connection.connection.driver_connection
    deadline = time.monotonic() + patience
    raw.set_progress_handler(lambda: time.monotonic() > deadline, 1_000)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


def head(connection: sa.Connection) -> int:
    """Return the highest position, 0 while the log is empty."""
    return connection.scalar(sa.select(sa.func.max(record.c.position))) or 0


def _found(
    connection: sa.Connection,
    columns: Sequence[sa.Column[Any]],
    asked: _Asked,
    after: _Place | None,
    limit: int,
    planned: Sequence[Condition] | None = None,
) -> sa.CursorResult[Any]:
    # Hidden, or SQLite would go by the index of an organization's positions, and sort all of them.
    behind = [hidden(record.c.position) <= asked.pin]
    if after is not None:
        # The columns stand on the left: so both planners know it for a range of the index.
        behind.append(PLACE < place(after.time, after.position))  # noqa: SIM300
    if planned is None:
        query, scope, now = asked.query, asked.scope, asked.now
        planned = plan(connection, query, scope, now=now, taking=limit, behind=behind)
    statement = sa.select(*columns).where(*planned, *behind)

    return connection.execute(statement.order_by(*NEWEST_FIRST).limit(limit))


def _fitting(records: Sequence[Copy]) -> int:
    """How many records to read next, when these are as large as the next will be."""
    size = sum(len(record.body) for record in records)

    return min(max(1, STREAMED_SIZE * len(records) // size), STREAMED)


def place(time: int, position: int) -> sa.Tuple:
    """Return a place in the order of pages, to compare with :data:`PLACE`."""
    return sa.tuple_(*(sa.literal(number, sa.BigInteger) for number in (time, position)))


def records_of(found: sa.CursorResult[Any]) -> list[Record]:
    """Return the records of the rows of :data:`RECORD`."""
    return _made(Record, found)


def _made(kind: Callable[..., _Made], found: sa.CursorResult[Any]) -> list[_Made]:
    """Make something of each row, of a few at a time.

    Python's collector looks at rows, and not at records. Of thousands of rows it makes as much
    work as all the rest of reading.
    """
    return list(starmap(kind, chain.from_iterable(found.partitions(FEW))))
