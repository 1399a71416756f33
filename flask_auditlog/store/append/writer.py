"""The log's one writer per process: callers share commits, nobody waits for a thread.

A caller that finds the writer free writes by itself, at once. Callers that come while it
writes queue up; when it is done, the first of them writes for all that have queued. So
there is no hand-over without need, and under load one commit serves many.
"""

from __future__ import annotations

import atexit
import os
import weakref
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from ...errors import AuditLogError
from ...errors import StoreError
from ...errors import StoreUnavailable
from ...event import Entry
from ...logs import logger
from ..promises import Appended
from ..promises import Key
from .appending import Appender
from .turns import Ticket
from .turns import Turns

# How long a fork, or the end of the process, waits for whoever is writing, in seconds.
PATIENCE = 5.0


class Writer:
    """Appends through one connection of its own. See :mod:`.turns` for who does it when.

    :param patience: how many seconds a caller may wait for the log.
    """

    def __init__(self, engine: sa.Engine, appender: Appender, *, patience: float) -> None:
        self.engine = engine
        self.appender = appender
        self._turns = Turns(patience)
        self._connection: sa.Connection | None = None
        self._abandoned: list[Any] = []
        self._held: Ticket | None = None
        _writers.add(self)

    def append(self, entries: Sequence[Entry], key: Key | None = None) -> Appended:
        """Add all or none of *entries*. See :meth:`.promises.Store.append`."""
        ticket = Ticket(entries, key)
        try:
            self._turns.come(ticket)
            while not ticket.settled:
                self._write(self._turns.take())
                self._turns.settle()
            if self._turns.leads(ticket):
                self._turns.pass_on(ticket)
        except BaseException:
            self._turns.leave(ticket, self._disconnect)
            raise

        return ticket.result()

    def _write(self, batch: list[Ticket]) -> None:
        """Write *batch* in one transaction; if that fails, find out whose fault it is."""
        if len(batch) < 2:
            for ticket in batch:
                self._write_one(ticket)
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
        except (OverflowError, UnicodeError) as error:
            # What the driver cannot even send. Nothing more is caught: it may be meant for
            # the caller, and not for the event (an alarm, a timeout).
            raise StoreError(f"The log's database cannot hold the events: {error}.") from error

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

    def close(self) -> None:
        """Wait for whoever is writing, then close the connection."""
        held = self._turns.hold(PATIENCE)
        if held is None:
            logger.error("the audit log's writer did not finish within %s seconds", PATIENCE)
            return
        self._disconnect()
        self._turns.pass_on(held)

    def before_fork(self) -> None:
        """Wait for whoever is writing: the child would inherit a lock that nobody opens."""
        self._held = self._turns.hold(PATIENCE)

    def after_fork(self) -> None:
        """Go on in the parent."""
        held, self._held = self._held, None
        if held is not None:
            self._turns.pass_on(held)

    def begin_anew(self) -> None:
        """Begin in the child: neither with the parent's connection nor with its locks."""
        # Kept, not closed: closing would speak on the parent's socket, or drop its locks.
        self._abandoned.append(self._connection)
        self._connection = self._held = None
        self.engine.dispose(close=False)
        self._turns = Turns(self._turns.patience)


class _Disconnected(Exception):
    """The connection is gone, and with it the answer."""


def _raw(connection: sa.Connection) -> Any:
    """Return the driver's own connection: what is between costs more than the append."""
    return connection.connection.dbapi_connection


_writers: weakref.WeakSet[Writer] = weakref.WeakSet()


def _before_fork() -> None:
    for writer in list(_writers):
        writer.before_fork()


def _after_fork() -> None:
    for writer in list(_writers):
        writer.after_fork()


def _begin_anew() -> None:
    for writer in list(_writers):
        writer.begin_anew()


def _at_exit() -> None:
    for writer in list(_writers):
        writer.close()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_begin_anew)
atexit.register(_at_exit)
