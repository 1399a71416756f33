"""The log's one writer per process: callers share commits, nobody waits for a thread.

A caller that finds the writer free writes by itself, at once. Callers that come while it
writes queue up; when it is done, the first of them writes for all that have queued. So
there is no hand-over without need, and under load one commit serves many.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from ..errors import AuditLogError
from ..errors import StoreUnavailable
from ..event import Entry
from .appending import Appender
from .promises import Appended
from .promises import Key

logger = logging.getLogger("flask_auditlog")

# Most entries of several callers in one transaction. One caller's batch is never split
# (it is all or none), and never shares its transaction once it is this large.
SHARED = 500


class Ticket:
    """One caller's entries on their way, and what became of them."""

    __slots__ = ("done", "entries", "error", "gone", "key", "lock")

    def __init__(self, entries: Sequence[Entry], key: Key | None) -> None:
        self.entries = entries
        self.key = key
        self.done: Appended | None = None
        self.error: AuditLogError | None = None
        self.gone = False
        self.lock = threading.Lock()
        self.lock.acquire()

    @property
    def settled(self) -> bool:
        """Whether the outcome is known."""
        return self.done is not None or self.error is not None

    def wait(self) -> None:
        """Sleep until :meth:`wake`."""
        self.lock.acquire()

    def wake(self) -> None:
        """Wake whoever waits. Harmless when nobody does, or twice."""
        if self.lock.locked():
            self.lock.release()

    def result(self) -> Appended:
        """Return what was appended, or raise what went wrong."""
        if self.error is not None:
            raise self.error
        assert self.done is not None  # noqa: S101 (settled without an error)
        return self.done


class Writer:
    """Appends through one connection of its own.

    A caller may be interrupted at any instruction (the alarm of an RQ job, gevent's
    Timeout). So who leads is one reference, what it has taken stands in ``_taken`` before
    it leaves the queue, and every step of handing over may be done twice.
    """

    def __init__(self, engine: sa.Engine, appender: Appender) -> None:
        self.engine = engine
        self.appender = appender
        self._connection: sa.Connection | None = None
        self._abandoned: list[Any] = []
        self._start()
        _writers.add(self)

    def _start(self) -> None:
        self._mutex = threading.Lock()
        self._leader: Ticket | None = None
        self._queue: deque[Ticket] = deque()
        self._taken: list[Ticket] = []

    def append(self, entries: Sequence[Entry], key: Key | None = None) -> Appended:
        """Add all or none of *entries*. See :meth:`.promises.Store.append`."""
        ticket = Ticket(entries, key)
        try:
            with self._mutex:
                self._queue.append(ticket)
                if self._leader is None:
                    self._leader = ticket
            while not ticket.settled and self._leader is not ticket:
                ticket.wait()
            while not ticket.settled:
                self._write(self._take())
                self._settle()
            if self._leader is ticket:
                self._hand_over(ticket)
        except BaseException:
            self._leave(ticket)
            raise

        return ticket.result()

    def _take(self) -> list[Ticket]:
        """Take tickets off the queue for one transaction; at least one."""
        with self._mutex:
            size = 0
            while self._queue:
                ticket = self._queue[0]
                size += len(ticket.entries)
                alone = not (self._taken and _shares(self._taken[0]) and _shares(ticket))
                if self._taken and (alone or size > SHARED):
                    break
                self._taken.append(ticket)
                self._queue.popleft()

        return self._taken

    def _settle(self) -> None:
        """Wake those whose outcome is known; the rest of what was taken queues again."""
        with self._mutex:
            for ticket in reversed(self._taken):
                if ticket.settled:
                    ticket.wake()
                elif not ticket.gone and ticket not in self._queue:
                    self._queue.appendleft(ticket)
            self._taken = []

    def _hand_over(self, ticket: Ticket) -> None:
        """Let the next one lead, or nobody."""
        with self._mutex:
            if self._leader is ticket:
                self._leader = self._queue[0] if self._queue else None
            if self._leader is not None:
                self._leader.wake()

    def _leave(self, ticket: Ticket) -> None:
        """Take an interrupted caller out. What it was writing for others is written again:
        nobody knows whether it was committed, but uids that are there are not doubled.
        """
        with self._mutex:
            ticket.gone = True
            if ticket in self._queue:
                self._queue.remove(ticket)
        if self._leader is ticket:
            self._disconnect()
            self._settle()
        self._hand_over(ticket)

    def _write(self, batch: list[Ticket]) -> None:
        """Write *batch* in one transaction; if that fails, find out whose fault it is."""
        if len(batch) == 1:
            self._write_one(batch[0])
            return
        entries = [entry for ticket in batch for entry in ticket.entries]
        try:
            records = self._append(entries, None).records
        except StoreUnavailable as error:
            for ticket in batch:
                ticket.error = StoreUnavailable(str(error))
        except AuditLogError:
            middle = len(batch) // 2
            self._write(batch[:middle])
            self._write(batch[middle:])
        else:
            for ticket in batch:
                count = len(ticket.entries)
                ticket.done = Appended(records=records[:count])
                records = records[count:]

    def _write_one(self, ticket: Ticket) -> None:
        try:
            ticket.done = self._append(ticket.entries, ticket.key)
        except AuditLogError as error:
            ticket.error = error

    def _append(self, entries: Sequence[Entry], key: Key | None) -> Appended:
        """Append in one transaction, once more if the connection was lost on the way.

        The second try is safe: what the first one may have committed is known by its uids,
        and by the key.
        """
        try:
            return self._try(entries, key)
        except _Disconnected:
            logger.info("the connection to the audit log was lost; connecting again")
        try:
            return self._try(entries, key)
        except _Disconnected as error:
            raise StoreUnavailable from error

    def _try(self, entries: Sequence[Entry], key: Key | None) -> Appended:
        connection = self._connect()
        try:
            return self.appender.append(_raw(connection), entries, key)
        except self.engine.dialect.loaded_dbapi.Error as error:
            if self._is_disconnect(connection, error):
                self._disconnect()
                raise _Disconnected from error
            raise self.appender.explain(error) from error

    def _is_disconnect(self, connection: sa.Connection, error: Exception) -> bool:
        raw: Any = _raw(connection)
        known = self.engine.dialect.is_disconnect(error, raw, None)  # type: ignore[arg-type]

        return known or bool(getattr(raw, "closed", False))

    def _connect(self) -> sa.Connection:
        if self._connection is None:
            try:
                connection = self.engine.connect()
                connection.detach()
                # Not as an option of the connection: undoing that would be left, as a debt, to
                # the next connection that gets this one's place in the pool.
                self.engine.dialect.set_isolation_level(_raw(connection), "AUTOCOMMIT")
                self.appender.prepare(_raw(connection))
            except (sa.exc.SQLAlchemyError, self.engine.dialect.loaded_dbapi.Error) as error:
                # Also where readers hold all connections there may be.
                raise StoreUnavailable from error
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            _raw(connection).close()
        except Exception:
            logger.debug("closing a broken connection failed", exc_info=True)

    def close(self, timeout: float = 5.0) -> None:
        """Wait for whoever is writing, at most *timeout* seconds, then close the connection."""
        deadline = time.monotonic() + timeout
        while self._leader is not None:
            if time.monotonic() > deadline:
                logger.error("the audit log's writer did not finish within %s seconds", timeout)
                return
            time.sleep(0.005)
        self._disconnect()

    def after_fork(self) -> None:
        """Begin anew in a child process: neither the parent's connection nor its locks."""
        # Kept, not closed: closing would speak on the parent's socket, or drop its locks.
        self._abandoned.append(self._connection)
        self._connection = None
        self.engine.dispose(close=False)
        self._start()


class _Disconnected(Exception):
    """The connection is gone, and with it the answer."""


def _raw(connection: sa.Connection) -> Any:
    """Return the driver's own connection: what is between costs more than the append."""
    return connection.connection.dbapi_connection


def _shares(ticket: Ticket) -> bool:
    """Whether a ticket may stand in one transaction with others."""
    return ticket.key is None and len(ticket.entries) < SHARED


_writers: weakref.WeakSet[Writer] = weakref.WeakSet()


def _after_fork() -> None:
    for writer in list(_writers):
        writer.after_fork()


def _at_exit() -> None:
    for writer in list(_writers):
        writer.close()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)
