"""The inbox: a table in the host's own database, for events of the host's transactions.

They are written there in the transaction they tell of, so that they commit and roll back
with it. Afterwards they are moved to the log: appended, and then deleted here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import TypeVar

import sqlalchemy as sa

from ...errors import SchemaMissing
from ...errors import StoreError
from ...errors import StoreUnavailable
from ...event import Finished
from ..tables import LOCK
from ..tables import SCHEMA
from . import table as inboxtable
from .aftercommit import after_commit
from .aftercommit import forbid_commit
from .beside import begin_patiently
from .beside import Beside
from .insert import put_one
from .table import Row
from .table import Waiting

Result = TypeVar("Result")

# How long a missing table is taken for missing before it is looked for again, in seconds.
RETRY = 5.0

# What a statement of ours says of itself, so that capture lets it pass.
_OURS: Mapping[str, Any] = {"auditlog": True}


# Told of what is put, in its transaction and before its commit: the tests of a host.
hearing: list[Callable[[sa.Connection, Sequence[Finished]], None]] = []


class HostInbox:
    """The inbox of one database of the host.

    :param engine: an engine of the host. Only its address is used, but for a database in
        memory.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.beside = Beside(engine)
        self.kind = engine.dialect.name
        self._url = engine.url
        self.place = engine.url.render_as_string(hide_password=True)
        # On PostgreSQL the table has a schema to itself; elsewhere there are none.
        self._options: dict[str, Any] = dict(_OURS)
        if self.kind != "postgresql":
            self._options["schema_translate_map"] = {SCHEMA: None}
        # Whether it was seen that one may put, and that the table is there.
        self._is_there = False
        self._exists_already = False
        self._missing_until = 0.0

    def is_of(self, engine: sa.Engine) -> bool:
        """Whether it is in the database of *engine*. Each one in memory is another."""
        return not self.beside.in_memory and engine.url == self._url

    def begin_anew(self) -> None:
        """Leave the parent's connections to the parent, after a fork."""
        self.beside.begin_anew()

    def put(self, connection: sa.Connection, events: Sequence[Finished]) -> None:
        """Write *events* in the transaction of *connection*.

        :raises SchemaMissing: when there is no table and none can be made. Nothing was done
            in the transaction then, and it may go on.
        """
        self._prepare(connection)
        now = time.time_ns() // 1_000_000
        try:
            if len(events) > 1 or not put_one(connection, events[0], now):
                rows = [{"uid": each.event.uid, "time": now, "body": each.body} for each in events]
                connection.execute(inboxtable.INSERT, rows, execution_options=self._options)
        except sa.exc.DBAPIError:
            self._broke(connection)
            raise
        for hear in hearing:
            hear(connection, events)

    def _prepare(self, connection: sa.Connection) -> None:
        """See that the table is there, without a statement that might fail in the transaction."""
        if self._is_there:
            return
        if self.kind == "sqlite":
            self._prepare_sqlite(connection)
            return
        if time.monotonic() < self._missing_until:
            raise SchemaMissing(_MISSING.format(place=self.place))
        if not self._may_put(connection):
            self._create_beside()
            if not self._may_put(connection):
                self._missing_until = time.monotonic() + RETRY
                raise SchemaMissing(_MISSING.format(place=self.place))
        self._is_there = True

    def _prepare_sqlite(self, connection: sa.Connection) -> None:
        # In the host's transaction: it holds the file, and may roll this back too. So what
        # is noted is noted after the commit, and with the connection: in memory each has its own.
        info = connection.info
        if _THERE not in info:
            self._create(connection)
            after_commit(connection, lambda: info.update({_THERE: True}))

    def _may_put(self, connection: sa.Connection) -> bool:
        if self.kind != "postgresql":
            return inboxtable.has_table(connection)
        return bool(
            connection.execute(inboxtable.MAY_PUT, execution_options={"auditlog": True}).scalar()
        )

    def _create_beside(self) -> None:
        """Make the table. Not in the host's transaction: on MySQL that would be committed by
        it, and on PostgreSQL ended if the role may not.
        """
        try:
            self.create()
        except StoreError as error:
            self._missing_until = time.monotonic() + RETRY
            raise SchemaMissing(_MISSING.format(place=self.place)) from error

    def create(self) -> None:
        """Make the table if it is not there.

        :raises StoreError: when it cannot be made.
        """
        self._run(_create_postgres if self.kind == "postgresql" else self._create)

    def _create(self, connection: sa.Connection) -> None:
        connection.execute(inboxtable.create(self.kind), execution_options=self._options)

    def move(self, take: Callable[[Sequence[Row]], Mapping[int, str]]) -> int:
        """Hand the oldest events to *take*, then delete them; return how many there were.

        :param take: puts them into the log, and returns why it refused which (by their
            ``id``): those are set aside. When it raises, all stay as they are.
        """

        def work(connection: sa.Connection) -> int:
            if not self._exists(connection):
                return 0
            self._wait_for_turn(connection)
            rows = [
                Row(*row)
                for row in connection.execute(inboxtable.OLDEST, execution_options=options)
            ]
            refused = take(rows) if rows else {}
            if rows:
                self._settle(connection, rows, refused)
            self._end_turn(connection)
            return len(rows)

        options = self._options
        return self._run(work) if self.beside.is_there else 0

    def _settle(
        self, connection: sa.Connection, rows: Sequence[Row], refused: Mapping[int, str]
    ) -> None:
        """Delete what was moved, and set aside what was refused."""
        options = self._options
        if self.kind == "sqlite" and not self.beside.in_memory:
            begin_patiently(connection)
        for number, error in refused.items():
            said = {"row": number, "error": error[:1000]}
            connection.execute(inboxtable.REFUSE, said, execution_options=options)
        done = [{"row": row.id, "its_uid": row.uid} for row in rows if row.id not in refused]
        if done:
            connection.execute(inboxtable.DELETE, done, execution_options=options)

    def waiting(self) -> Waiting:
        """Return how many events wait. :raises StoreError: when it cannot be known."""
        return self._run(self._waiting) if self.beside.is_there else Waiting()

    def _waiting(self, connection: sa.Connection) -> Waiting:
        if not self._exists(connection):
            return Waiting()
        row = connection.execute(inboxtable.WAITING, execution_options=self._options).one()

        return Waiting(count=row.waiting, oldest=row.oldest, aside=row.aside)

    def again(self) -> int:
        """Let what was set aside be tried again; return how many there are."""

        def work(connection: sa.Connection) -> int:
            if not self._exists(connection):
                return 0
            return connection.execute(inboxtable.AGAIN, execution_options=self._options).rowcount

        return self._run(work)

    def _run(self, work: Callable[[sa.Connection], Result]) -> Result:
        """Do *work* with a connection of our own. :raises StoreUnavailable: for the driver's errors."""
        try:
            return self.beside.run(work)
        except BaseException as error:
            # With the connection goes the turn that it may hold.
            self._exists_already = False
            self.beside.close()
            # An asynchronous driver's own, of a server that is away, comes as it is.
            if not isinstance(error, (sa.exc.SQLAlchemyError, OSError)):
                raise
            raise StoreUnavailable(_AWAY.format(place=self.place)) from error

    def _exists(self, connection: sa.Connection) -> bool:
        if not self._exists_already:
            self._exists_already = (
                bool(connection.execute(inboxtable.FOUND).scalar())
                if self.kind == "postgresql"
                else inboxtable.has_table(connection)
            )
        return self._exists_already

    def _wait_for_turn(self, connection: sa.Connection) -> None:
        for statement in inboxtable.TURNS.get(self.kind, ()):
            connection.execute(statement)

    def _end_turn(self, connection: sa.Connection) -> None:
        if self.kind in inboxtable.ENDS:
            connection.execute(inboxtable.ENDS[self.kind])

    def _broke(self, connection: sa.Connection) -> None:
        """After a failed statement PostgreSQL answers COMMIT by rolling back, and nobody is
        told. Whoever commits shall be.
        """
        self._is_there = False
        can_commit = not (connection.in_nested_transaction() or connection.invalidated)
        if self.kind == "postgresql" and can_commit:
            forbid_commit(connection, StoreError(_BROKEN.format(place=self.place)))


_THERE = "flask_auditlog.inbox"

_AWAY = "The inbox in {place} cannot be reached, or not be used by this role."

_BROKEN = "The inbox in {place} failed, and so this transaction: it can only be rolled back."

_MISSING = (
    "The table audit_inbox is missing in {place}, or the app's role may not write to it. "
    "Run `flask auditlog upgrade` as a role that may create tables, and grant this one "
    "SELECT, INSERT, UPDATE and DELETE on it."
)


def _create_postgres(connection: sa.Connection) -> None:
    # Several processes may come at once, and IF NOT EXISTS does not see what another is making.
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    found = connection.execute(inboxtable.FOUND).scalar()
    if found is None:
        connection.execute(sa.schema.CreateSchema(SCHEMA))
    if not found:
        connection.execute(inboxtable.create("postgresql"))


def connection_of(session: Any) -> sa.Connection:
    """Return the connection of a session's transaction, which is begun if there is none.

    :param session: a Session, a scoped_session, or a Connection.
    :raises TypeError: when it is something else.
    """
    if isinstance(session, sa.Connection):
        return session
    # Known by what it does: importing sqlalchemy.orm takes as long as importing all of this
    # package. An asynchronous one has a core, which is meant.
    if not hasattr(session, "sync_session") and hasattr(session, "connection"):
        # Where reads go to a replica, what looks like a write goes where the changes go.
        # Of the statements, DELETE is one that every such recipe knows.
        found = session.connection(bind_arguments={"clause": _WRITE})
        if isinstance(found, sa.Connection):
            return found
    raise TypeError(
        f"session must be a SQLAlchemy Session or Connection, not {type(session).__name__}. "
        "Of an AsyncSession, call this inside of `await session.run_sync(...)`."
    )


_WRITE = inboxtable.inbox.delete()
