"""The log's own engine: never the host's pool, which a writer could deadlock."""

from __future__ import annotations

import importlib
import sqlite3
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from ..errors import ConfigError
from .search.lists import teach
from .tables import SCHEMA

SUPPORTED = ("postgresql", "sqlite")


# How long a transaction may wait for its own process, where it is not said otherwise.
IDLE_MILLISECONDS = 10_000


def open_engine(where: str | sa.Engine, *, query_seconds: float) -> sa.Engine:
    """Return an engine of our own for a URL, or beside the engine of the host.

    :param query_seconds: longest a read may run on PostgreSQL. SQLite has no such setting:
        the reader interrupts it by itself.
    :raises ConfigError: for a database that cannot be the log's store.
    """
    try:
        _check_kind(where)
        engine = _create(where)
    except sa.exc.ArgumentError as error:
        raise ConfigError("AUDITLOG_DATABASE_URL is not a database URL.") from error
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"The driver of AUDITLOG_DATABASE_URL is not installed: no module {error.name!r}. "
            "For PostgreSQL install flask-auditlog with the extra `postgres`."
        ) from error
    # What the log does itself is nothing to be recorded.
    engine.update_execution_options(auditlog=True)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _tune_sqlite)
        return engine.execution_options(schema_translate_map={SCHEMA: None})

    sa.event.listen(engine, "connect", _limit_postgres(query_seconds))
    return engine


def _check_kind(where: str | sa.Engine) -> None:
    """Before the driver is looked for: of a database that is refused, none need be there."""
    kind = _url(where).get_backend_name()
    if kind not in SUPPORTED:
        raise ConfigError(
            f"The log cannot be stored in {kind}, only in PostgreSQL or SQLite. "
            "Set AUDITLOG_DATABASE_URL to one of these; the app may keep its own database."
        )


def _url(where: str | sa.Engine) -> sa.URL:
    return where.url if isinstance(where, sa.Engine) else sa.make_url(where)


def is_in_memory(where: str | sa.Engine) -> bool:
    """Whether this is SQLite's memory: of one connection, or shared within this process.

    :raises ConfigError: when it is not a database URL.
    """
    try:
        url = _url(where)
    except sa.exc.ArgumentError as error:
        raise ConfigError("AUDITLOG_DATABASE_URL is not a database URL.") from error

    is_shared = url.query.get("mode") == "memory" or url.query.get("vfs") == "memdb"

    return url.get_backend_name() == "sqlite" and (
        is_shared or url.database in (None, "", ":memory:")
    )


def memory_url(name: str) -> str:
    """The URL of a database in memory that the threads of this process share.

    Its readers and its writer wait for each other. With SQLite's shared cache (``cache=shared``)
    they would be refused at once: its locks know of no ``busy_timeout``.
    https://www.sqlite.org/sharedcache.html#table_level_locking

    :raises ConfigError: when SQLite is older than such a database.
    """
    if sqlite3.sqlite_version_info < (3, 36):
        raise ConfigError(
            f"A log in memory needs SQLite 3.36, and Python has {sqlite3.sqlite_version} here. "
            "Set AUDITLOG_DATABASE_URL to a file: sqlite:////tmp/log.db."
        )

    return f"sqlite:///file:/{name}?vfs=memdb&uri=true"


def _create(where: str | sa.Engine) -> sa.Engine:
    if isinstance(where, sa.Engine) and not where.dialect.is_async:
        return sibling(where)
    url = _synchronous(_url(where))
    if url.get_backend_name() == "sqlite":
        # The writer's connection is used by one thread at a time, but not always the same;
        # SQLAlchemy allows that by itself only for files.
        return sa.create_engine(
            url, poolclass=sa.QueuePool, connect_args={"check_same_thread": False}
        )

    if url.drivername.startswith("postgresql+psycopg"):
        # A database that does not answer at all must not hold a request for minutes.
        url = url.set(query={**_PATIENCE, **url.query})

    return sa.create_engine(url, pool_pre_ping=True)


# The log's connections wait in a thread: its driver is none that needs an event loop.
_DRIVERS: Mapping[str, str] = {
    "postgresql": "postgresql+psycopg",
    "postgresql+asyncpg": "postgresql+psycopg",
    "postgresql+psycopg_async": "postgresql+psycopg",
    "sqlite+aiosqlite": "sqlite",
}


def _synchronous(url: sa.URL) -> sa.URL:
    """Return *url* with a driver for the same database that we can wait for."""
    query = dict(url.query)
    if url.drivername == "postgresql+asyncpg":
        # What libpq has another word for, and what only SQLAlchemy knows of asyncpg.
        query.pop("prepared_statement_cache_size", None)
        if "ssl" in query:
            query["sslmode"] = query.pop("ssl")

    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername), query=query)


def is_begun(engine: sa.Engine) -> bool:
    """Whether *engine* has had a connection, and knows what it speaks with."""
    return "default_schema_name" in vars(engine.dialect)


def sibling(engine: sa.Engine) -> sa.Engine:
    """Return an engine with the same driver, arguments and hooks as the host's, and other
    connections.

    The hooks are shared, and one of SQLAlchemy's own is called once: at the first connection
    it finds out for *engine* what it speaks with. Were that one of ours, in a thread of ours,
    the host's first statements would be made by an engine that does not know yet. So it gets
    its first connection before; but on SQLite, where that would make a file, and there is
    nothing to find out.
    """
    if engine.dialect.is_async:
        # Imported by those alone who need it: asyncio takes as long as all the rest.
        own: sa.Engine = importlib.import_module(f"{__package__}.loop").sibling(engine)
        return own
    if not (is_begun(engine) or engine.dialect.name == "sqlite"):
        with suppress(sa.exc.SQLAlchemyError), engine.connect():
            pass

    return sa.create_engine(engine.url, pool=engine.pool.recreate())


# libpq's, in seconds and in milliseconds; what stands in the URL wins.
_PATIENCE = {"connect_timeout": "5", "tcp_user_timeout": "10000"}


def _tune_sqlite(connection: Any, _: Any) -> None:
    teach(connection)
    cursor = connection.cursor()
    _write_ahead(cursor)
    # A commit is on disk before it is acknowledged, also when the power fails.
    for pragma in ("synchronous=FULL", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    """Let readers and the writer not wait for each other, from the file's first moment on.

    Two processes may both open a new file, and SQLite's own wait does not cover this switch.
    """
    deadline = time.monotonic() + 5
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return


def _limit_postgres(query_seconds: float) -> Any:
    def limit(connection: Any, _: Any) -> None:
        autocommit, connection.autocommit = connection.autocommit, True
        for setting in (
            f"statement_timeout = {max(1, int(query_seconds * 1000))}",
            # A process that was stopped in a transaction keeps nobody from its rows for longer.
            f"idle_in_transaction_session_timeout = {IDLE_MILLISECONDS}",
            # A page of a search is short work: compiling it takes longer than doing it.
            "jit = off",
            # What is rare and what is frequent needs another plan: none for both.
            "plan_cache_mode = force_custom_plan",
        ):
            connection.cursor().execute(f"SET {setting}")
        connection.autocommit = autocommit

    return limit
