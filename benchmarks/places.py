"""Where is measured: databases to throw away, and large logs that are kept.

A kept log has a million events on SQLite and five million on PostgreSQL, or as many as
``BENCHMARK_EVENTS`` says on both.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from flask import Flask

from flask_auditlog.event import encode
from flask_auditlog.settings import Limits
from flask_auditlog.store import open_engine
from flask_auditlog.store import SqlStore
from flask_auditlog.store.sieve.marks import LAYOUT
from tests.apps import close
from tests.services import postgres_server
from tests.services import Server

from . import events

# Kept between runs: making the large logs takes up to an hour.
HOME = Path(tempfile.gettempdir()) / "auditlog-benchmarks"
_WANTED = os.environ.get("BENCHMARK_EVENTS")
SQLITE_EVENTS = int(_WANTED or 1_000_000)
POSTGRES_EVENTS = int(_WANTED or 5_000_000)
_LOADED_AT_ONCE = 5000


_living: list[Flask] = []


def living(app: Flask) -> Flask:
    """Return *app*, which is ended before its log is thrown away or its server stops.

    Else it would look for it in the background, beside all that is measured after that.
    """
    _living.append(app)

    return app


def _end_apps() -> None:
    while _living:
        close(_living.pop())


@contextmanager
def postgres() -> Iterator[Server]:
    """Run a PostgreSQL of our own, or use the one of ``AUDITLOG_TEST_POSTGRES``."""
    home = HOME / "postgres"
    home.mkdir(parents=True, exist_ok=True)
    with postgres_server(home, fsync=True) as server:
        try:
            yield server
        finally:
            _end_apps()


@contextmanager
def new_postgres(server: Server) -> Iterator[str]:
    """Give the URL of a new database with an empty log."""
    url = server.create()
    try:
        open_store(url).close()
        yield url
    finally:
        _end_apps()
        server.drop(url)


@contextmanager
def new_sqlite() -> Iterator[str]:
    """Give the URL of a new file with an empty log."""
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        url = f"sqlite:///{folder}/log.db"
        open_store(url).close()
        try:
            yield url
        finally:
            _end_apps()


def open_store(url: str) -> SqlStore:
    """Open the log of *url*, with its tables and the realm ``default``."""
    limits = Limits()
    engine = open_engine(url, query_seconds=limits.query_seconds)
    store = SqlStore(engine, cursor_keys=[b"k" * 32], limits=limits)
    store.upgrade()
    store.realms.add("default")

    return store


def plain(url: str) -> str:
    """Return a PostgreSQL URL as psycopg wants it."""
    return url.replace("+psycopg", "")


def loaded_sqlite() -> str:
    """Return the URL of a file with ``SQLITE_EVENTS``, made now if it is not there."""
    HOME.mkdir(parents=True, exist_ok=True)
    path = HOME / f"log_{_version()}_{SQLITE_EVENTS}.db"
    if not path.exists():
        for old in HOME.glob("log_*"):
            old.unlink()
        unfinished = path.with_suffix(".part")
        _load(f"sqlite:///{unfinished}", SQLITE_EVENTS)
        unfinished.rename(path)

    return f"sqlite:///{path}"


def loaded_postgres(server: Server) -> str:
    """Return the URL of a database with ``POSTGRES_EVENTS``, made now if it is not there."""
    name = f"log_{_version()}_{POSTGRES_EVENTS}"
    url = f"{server.url.rpartition('/')[0]}/{name}"
    with psycopg.connect(plain(server.url), autocommit=True) as admin:
        there = [row[0] for row in admin.execute("SELECT datname FROM pg_database").fetchall()]
        if name in there:
            return url
        for old in there:
            if old.startswith("log_"):
                admin.execute(f'DROP DATABASE "{old}" WITH (FORCE)'.encode())
        part = f"{url}_part"
        admin.execute(f'CREATE DATABASE "{name}_part"'.encode())
        _load(part, POSTGRES_EVENTS)
        with psycopg.connect(plain(part), autocommit=True) as fresh:
            # Autovacuum does this by itself once so many rows have come.
            fresh.execute("VACUUM ANALYZE")
        admin.execute("CHECKPOINT")
        admin.execute(f'ALTER DATABASE "{name}_part" RENAME TO "{name}"'.encode())

    return url


def _load(url: str, count: int) -> None:
    print(f"Making a log of {count:,} events: {sa.make_url(url).database}", file=sys.stderr)
    made = events.events(count)
    with closing(open_store(url)) as store:
        if store.engine.dialect.name == "sqlite":
            sa.event.listen(store.engine, "connect", _hurry)
            store.engine.dispose()
        while batch := [encode(each) for each in islice(made, _LOADED_AT_ONCE)]:
            store.append(batch)
        # As the app does in the background.
        while store.sieve.follow(blocks=LAYOUT.blocks, every=0):
            pass
        while store.hours.follow(limit=_LOADED_AT_ONCE):
            pass


def _hurry(connection: Any, _: Any) -> None:
    """Nothing is lost if this log is: it is made again."""
    for pragma in ("synchronous=OFF", "cache_size=-1000000", "wal_autocheckpoint=100000"):
        connection.execute(f"PRAGMA {pragma}")


def _version() -> str:
    """What a kept log is made from: another schema or another event is another log."""
    migrations = Path(sys.modules[SqlStore.__module__].__file__ or "").parent / "migrations"
    sources = [Path(events.__file__), *sorted((migrations / "versions").glob("0*.*"))]

    return sha256(b"".join(each.read_bytes() for each in sources)).hexdigest()[:12]
