"""Searching a large log, against SQL by hand on the best index.

The text of the SQL is the same on both databases, but for the name of the index, which
only SQLite is told; PostgreSQL chooses by its statistics, as autovacuum keeps them.
"""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC
from functools import partial

import psycopg

from flask_auditlog.errors import QueryTimeout
from flask_auditlog.store import Query
from flask_auditlog.store import Scale
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore

from .events import DAY
from .figures import bounded
from .figures import compared
from .figures import Figure
from .figures import interleaved
from .figures import milliseconds
from .figures import percentile
from .figures import told
from .places import loaded_postgres
from .places import loaded_sqlite
from .places import open_store
from .places import plain
from .places import postgres
from .questions import JUNE
from .questions import Question
from .questions import QUESTIONS

PAGE = 50
ROUNDS = 9
DEEP = 1000
# What takes longer by hand, in seconds, is asked that way once, and ended when it takes much longer:
# without an index for texts five million bodies are read for minutes.
PATIENCE, ENDED = 1.0, 20.0
SCOPE = Scope(realm="default", organization_id=None)

Ask = Callable[[Question], int]


def run() -> Iterator[Figure]:
    """SQLite first, then PostgreSQL."""
    url = loaded_sqlite()
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        yield from _asked("SQLite", url, lambda question: _sqlite(connection, question))
    with postgres() as server:
        url = loaded_postgres(server)
        limit = f"-c statement_timeout={int(ENDED * 1000)}"
        with psycopg.connect(plain(url), autocommit=True, options=limit) as link:
            yield from _asked("PostgreSQL", url, lambda question: _postgres(link, question))


def _asked(database: str, url: str, by_hand: Ask) -> Iterator[Figure]:
    with closing(open_store(url)) as store:
        taken = {}
        for question in QUESTIONS:
            ours, limit = taken[question.name] = _timed(store, question, by_hand)
            yield _line(f"{database}: {question.name} (`{question.asked}`)", ours, limit)
        indexed = [q.name for q in QUESTIONS if not q.scans]
        scanning = [q.name for q in QUESTIONS if q.scans]
        yield from _summary(f"search, {database}", [taken[n] for n in indexed], 0.1)
        yield from _summary(f"search in bodies, {database}", [taken[n] for n in scanning], 0.3)
        for name, query in (("everything", Query()), ("a wildcard", Query(type="aws.*"))):
            yield _deep(f"{name}, {database}", store, query)
        yield from _counts(database, store)
        yield from _figures(database, store)


def _timed(
    store: SqlStore, question: Question, by_hand: Ask
) -> tuple[Sequence[float], Sequence[float]]:
    """Ask both, in turn. The first time, which reads from disk, does not count for ours."""
    ours: list[float] = []
    limit: list[float] = []
    for _ in range(ROUNDS + 1):
        ours.append(_clocked(lambda: _find(store, question)))
        if not limit or max(limit) <= PATIENCE:
            limit.append(_clocked(lambda: by_hand(question)))

    return ours[1:], limit[1:] or limit


def _clocked(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()

    return time.perf_counter() - began


def _find(store: SqlStore, question: Question) -> int:
    try:
        return len(store.find(question.query, SCOPE, limit=PAGE).records)
    except QueryTimeout:
        return -1


_SQL = (
    "SELECT position, received_time, body FROM {table} "
    "WHERE realm = 'default' AND {condition} ORDER BY time DESC, position DESC LIMIT {limit}"
)


def _sqlite(connection: sqlite3.Connection, question: Question) -> int:
    table = f"audit_record INDEXED BY ix_audit_record_{question.index}"
    sql = _SQL.format(table=table, condition=question.sql, limit=PAGE)

    deadline = time.monotonic() + ENDED
    connection.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)
    try:
        return len(connection.execute(sql, question.values).fetchall())
    except sqlite3.OperationalError:
        return -1


def _postgres(connection: psycopg.Connection, question: Question) -> int:
    condition = question.sql.replace("LIKE", "ILIKE").replace("%", "%%").replace("?", "%s")
    sql = _SQL.format(table="auditlog.audit_record", condition=condition, limit=PAGE)

    try:
        return len(connection.execute(sql.encode(), question.values).fetchall())
    except psycopg.errors.QueryCanceled:
        return -1


def _line(what: str, ours: Sequence[float], limit: Sequence[float]) -> Figure:
    middle, by_hand = statistics.median(ours), statistics.median(limit)
    return told(what, milliseconds(middle), milliseconds(by_hand), f"{middle / by_hand:.2f}×")


def _summary(
    what: str, taken: Sequence[tuple[Sequence[float], Sequence[float]]], most: float
) -> Iterator[Figure]:
    """Percentiles over all questions, each with the same weight."""
    ours = [percentile(each[0], p) for each in taken for p in range(0, 100, 10)]
    limit = [percentile(each[1], p) for each in taken for p in range(0, 100, 10)]
    what = f"{what}, {len(taken)} questions"
    yield told(
        f"{what}, p50", milliseconds(percentile(ours, 50)), milliseconds(percentile(limit, 50))
    )
    yield bounded(
        f"{what}, p95",
        percentile(ours, 95),
        most,
        milliseconds,
        limit=milliseconds(percentile(limit, 95)),
    )


def _deep(what: str, store: SqlStore, query: Query) -> Figure:
    """Turn a thousand pages; then ask for the second and the last of them, in turn."""
    cursors: list[str | None] = [None]
    for _ in range(DEEP - 1):
        cursors.append(store.find(query, SCOPE, limit=PAGE, cursor=cursors[-1]).next)
        if cursors[-1] is None:
            raise RuntimeError(f"{what} has less than {DEEP} pages")
    pages = {
        name: partial(_clocked, partial(store.find, query, SCOPE, limit=PAGE, cursor=cursor))
        for name, cursor in (("first", cursors[1]), ("last", cursors[-1]))
    }
    rounds = interleaved(pages, 50)
    what = f"page {DEEP} of {what}, against page 2"

    return compared(what, (rounds["last"], rounds["first"]), milliseconds, at_most=1.5)


def _counts(database: str, store: SqlStore) -> Iterator[Figure]:
    """Counting to 10,000, as the pages do for their heading."""
    queries = {
        "everything": Query(),
        "a wildcard": Query(type="aws.s3.*"),
        "errors": Query(error=True),
        "a rare actor": Query(actor="needle@acme.test"),
    }
    for name, query in queries.items():
        taken = [_clocked(partial(store.count, query, SCOPE, at_most=10_000)) for _ in range(5)]
        yield told(f"counting {name} to 10,000, {database}", milliseconds(statistics.median(taken)))


def _figures(database: str, store: SqlStore) -> Iterator[Figure]:
    """Facets and histograms, as beside the results: of a day, and of all that there is."""
    day = Query(after=JUNE, before=JUNE + DAY)
    scale = Scale(zone=UTC, now=JUNE, bars=60)
    for what, query, most in (("a day", day, 0.3), ("everything", Query(), 1.5)):
        calls: dict[str, Callable[[], object]] = {
            "facets": partial(
                store.figures.facets, query, SCOPE, records=10_000, top=10, seconds=30
            ),
            "histogram": partial(
                store.figures.histogram, query, SCOPE, scale, records=10_000, seconds=30
            ),
        }
        for name, call in calls.items():
            taken = percentile([_clocked(call) for _ in range(ROUNDS + 1)][1:], 95)
            yield bounded(f"{name} of {what}, {database}, p95", taken, most, milliseconds)
