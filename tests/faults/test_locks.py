"""A process that stops while it holds the log's lock stops the others only for a while."""

from __future__ import annotations

import itertools
import re
import signal
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import closing
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.event import Entry
from flask_auditlog.store.append.appending import PostgresAppender
from tests.checks import check_log
from tests.store.samples import entries
from tests.store.samples import entry
from tests.store.samples import opened

from .nursery import Nursery

pytestmark = pytest.mark.faults

SECONDS = 1.0


def test_a_stopped_writer_loses_postgresqls_lock(nursery: Nursery, postgres_url: str) -> None:
    with opened(postgres_url, write_seconds=SECONDS) as store:
        store.append([entry()])
        holder = nursery.start("hold_postgres", postgres_url, SECONDS)
        holder.hears("locked")
        holder.send(signal.SIGSTOP)
        begun = time.monotonic()
        store.append([entry()])
        waited = time.monotonic() - begun
        holder.kill()
        assert SECONDS / 4 < waited < SECONDS
        assert check_log(store) == 2


@pytest.mark.parametrize("in_pieces", [False, True])
def test_a_client_that_stops_reading_does_not_keep_postgresqls_lock(
    postgres_url: str, in_pieces: bool
) -> None:
    given = entries(5000, details={"long": "x" * 300})
    with opened(postgres_url, write_seconds=SECONDS) as store, deaf(postgres_url) as near:
        *before, (question, parameters) = asked(given, in_pieces=in_pieces)
        assert bool(before) == in_pieces
        for each in before:
            near.execute(*each)
        send(near.pgconn, question, parameters)
        until(lambda: store.head() == 5000)
        begun = time.monotonic()
        store.append([entry()])
        assert time.monotonic() - begun < SECONDS / 2
        assert check_log(store) == 5001


def send(pg: Any, question: str, parameters: Sequence[object]) -> None:
    """Send a question, and read nothing of the answer."""
    pg.nonblocking = 1
    numbers = itertools.count(1)
    numbered = re.sub("%s", lambda _: f"${next(numbers)}", question).encode()
    if parameters:
        pg.send_query_params(numbered, [None if p is None else str(p).encode() for p in parameters])
    else:
        pg.send_query(numbered)
    while pg.flush():
        time.sleep(0.001)


class Overheard(Exception):
    """All was said that an appender has to ask the database."""


def asked(given: Sequence[Entry], *, in_pieces: bool) -> list[tuple[str, Sequence[object]]]:
    """Return the statements that append, each with its parameters."""
    ear = Ear()
    with pytest.raises(Overheard):
        PostgresAppender(SECONDS, in_pieces=in_pieces).append(ear, given, None)

    return ear.heard


class Ear:
    """A connection and its cursor, which only listen."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Sequence[object]]] = []

    def cursor(self) -> Ear:
        return self

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> None:
        self.heard.append((statement, parameters))

    def fetchone(self) -> None:
        raise Overheard


@contextmanager
def deaf(url: str) -> Iterator[Any]:
    """Connect by a Unix socket, of which the buffers are small; read nothing from it."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        (folder,) = connection.execute("SHOW unix_socket_directories").fetchone() or ("",)
        info = connection.info
        near = psycopg.connect(dbname=info.dbname, user=info.user, port=info.port, host=folder)
    with closing(near):
        near.autocommit = True
        yield near


def until(true: Callable[[], bool]) -> None:
    """Wait until it is."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_stopped_process_holds_a_file_no_longer_than_the_timeout(
    nursery: Nursery, sqlite_url: str
) -> None:
    with opened(sqlite_url, write_seconds=0.5) as store:
        store.append([entry()])
        holder = nursery.start("hold_sqlite", sqlite_url, 0.3)
        holder.hears("locked")
        holder.send(signal.SIGSTOP)
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable, match="busy"):
            store.append([entry()])
        assert 0.4 < time.monotonic() - begun < 1.5
        assert store.head() == 1
        holder.send(signal.SIGCONT)
        holder.hears("done")
        store.append([entry()])
        assert check_log(store) == 2


def test_a_file_is_free_once_its_holder_is_killed(nursery: Nursery, sqlite_url: str) -> None:
    with opened(sqlite_url, write_seconds=0.3) as store:
        holder = nursery.start("hold_sqlite", sqlite_url, 60)
        holder.hears("locked")
        holder.send(signal.SIGSTOP)
        with pytest.raises(StoreUnavailable):
            store.append([entry()])
        holder.kill()
        store.append([entry()])
        assert check_log(store) == 1
