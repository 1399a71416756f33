"""The sieve: what it costs whoever appends, and what it takes by itself."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from itertools import islice

import sqlalchemy as sa

from flask_auditlog.event import encode
from flask_auditlog.event import Entry
from flask_auditlog.store import SqlStore
from flask_auditlog.store.sieve.marks import LAYOUT
from flask_auditlog.work.sieve import AT_ONCE
from flask_auditlog.work.sieve import REST

from .events import events
from .figures import compared
from .figures import Figure
from .figures import microseconds
from .figures import milliseconds
from .figures import percentile
from .figures import told
from .places import new_postgres
from .places import new_sqlite
from .places import open_store
from .places import postgres

# An old log, of which the sieve knows nothing yet.
BEHIND = 40_000
BATCH = 100
ROUNDS = 12


def run() -> Iterator[Figure]:
    """On both databases."""
    with new_sqlite() as url:
        yield from _sifted("SQLite", url)
    with postgres() as server, new_postgres(server) as url:
        yield from _sifted("PostgreSQL", url)


def _sifted(database: str, url: str) -> Iterator[Figure]:
    made = (encode(each) for each in events(BEHIND * 10))
    with closing(open_store(url)) as store, closing(open_store(url)) as other:
        for _ in range(0, BEHIND, BATCH * 10):
            store.append([*islice(made, BATCH * 10)])
        batches = [[*islice(made, BATCH)] for _ in range(2 * 4 * ROUNDS)]
        yield _appending(database, store, other, batches)
        yield from _alone(database, store)
        yield told(f"the sieve, {database}: on disk, an event", f"{_size(store):,.0f} bytes")


def _appending(
    database: str, store: SqlStore, other: SqlStore, batches: list[list[Entry]]
) -> Figure:
    """Appending while it works in another thread, as in the app, and while it does not."""
    taken: dict[str, list[float]] = {"ours": [], "bare": []}
    for turn in range(ROUNDS):
        some = batches[turn * 8 : turn * 8 + 8]
        taken["bare"].append(_appended(store, some[:4]))
        with _at_work(other):
            taken["ours"].append(_appended(store, some[4:]))

    return compared(
        f"{BATCH} events appended while an old log is sifted, {database}",
        (taken["ours"], taken["bare"]),
        milliseconds,
    )


def _appended(store: SqlStore, batches: list[list[Entry]]) -> float:
    began = time.perf_counter()
    for batch in batches:
        store.append(batch)

    return (time.perf_counter() - began) / len(batches)


@contextmanager
def _at_work(store: SqlStore) -> Iterator[None]:
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            began = time.perf_counter()
            store.sieve.follow(blocks=AT_ONCE, every=0)
            done.wait(REST * (time.perf_counter() - began))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _alone(database: str, store: SqlStore) -> Iterator[Figure]:
    steps = []
    began = time.process_time()
    while True:
        since = time.perf_counter()
        if not store.sieve.follow(blocks=AT_ONCE, every=0):
            break
        steps.append(time.perf_counter() - since)
    each = (time.process_time() - began) / (len(steps) * AT_ONCE * LAYOUT.block)
    yield told(f"the sieve, {database}: processor's time, an event", microseconds(each))
    yield told(
        f"the sieve, {database}: a step, p50 and the longest",
        milliseconds(statistics.median(steps)),
        milliseconds(percentile(steps, 100)),
    )


def _size(store: SqlStore) -> float:
    """The bytes of its table and index, for each event that it knows."""
    sizes = {
        "sqlite": "SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%audit_sieve%'",
        "postgresql": "SELECT pg_total_relation_size('auditlog.audit_sieve')",
    }
    with store.engine.connect() as connection:
        size: int = connection.scalar(sa.text(sizes[store.engine.dialect.name])) or 0

    return size / store.followers.position("sieve")
