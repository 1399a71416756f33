"""Events that come by the API: one a POST, and a thousand a POST."""

from __future__ import annotations

import itertools
import json
import statistics
import time
import uuid
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from functools import partial
from typing import Any

import psycopg

from flask_auditlog.event import encode
from flask_auditlog.store.append.rows import row_of
from flask_auditlog.store.tables import APPENDED

from . import apps
from .events import events
from .events import posts
from .figures import bounded
from .figures import compared
from .figures import Figure
from .figures import interleaved
from .figures import mebibytes
from .figures import median_call
from .figures import per_second
from .figures import told
from .load import throughput
from .load import Work
from .memory import added_peak
from .places import new_postgres
from .places import new_sqlite
from .places import plain
from .places import postgres
from .wsgi import Call
from .wsgi import caller

ROUNDS = 7
CALLS = 300
BATCH = 1000
LARGE = 10_000


def run() -> Iterator[Figure]:
    """PostgreSQL has targets; SQLite is told for comparison."""
    with postgres() as server:
        with new_postgres(server) as url:
            apps.prepare_raw(url)
            yield from _one_a_post("PostgreSQL", url, at_least=0.7)
        with new_postgres(server) as url:
            yield _batches(url)
            yield _large(url)
        with new_postgres(server) as url:
            yield from _indexes(url)
    with new_sqlite() as url:
        apps.prepare_raw(url)
        yield from _one_a_post("SQLite", url, at_least=None)
    with new_sqlite() as url:
        rate = BATCH / median_call(_post(url, BATCH), ROUNDS)
        yield told(f"ingest, batches of {BATCH:,}, SQLite, events", per_second(rate))


def _one_a_post(database: str, url: str, *, at_least: float | None) -> Iterator[Figure]:
    body = json.dumps(next(posts(1))).encode()
    headers = {**apps.token(url), "Content-Type": "application/json"}
    works = {
        app: Work(
            app=app, url=url, path=path, status=202, body=body, headers=tuple(headers.items())
        )
        for app, path in (("ours", apps.EVENTS), ("raw", "/events"))
    }
    calls = {app: work.call() for app, work in works.items()}
    for call in calls.values():
        median_call(call, CALLS)
    rounds = interleaved(
        {app: partial(_rate, call) for app, call in calls.items()},
        ROUNDS,
    )
    what = f"ingest, one event a POST, {database}"
    yield compared(
        f"{what}, one client", (rounds["ours"], rounds["raw"]), per_second, at_least=at_least
    )
    rounds = interleaved(
        {app: partial(throughput, work, processes=2, threads=8) for app, work in works.items()},
        3,
    )
    yield compared(
        f"{what}, 2 processes × 8 threads",
        (rounds["ours"], rounds["raw"]),
        per_second,
        at_least=at_least,
    )


def _rate(call: Call) -> float:
    return 1 / median_call(call, CALLS)


def _post(url: str, count: int) -> Callable[[], bytes]:
    """Return what sends *count* events as NDJSON; other uids each time, since we make them."""
    body = _ndjson(count)
    headers = {**apps.token(url), "Content-Type": "application/x-ndjson"}
    call = caller(
        apps.ours(url), apps.EVENTS, method="POST", body=body, headers=headers, status=202
    )
    call()

    return call


def _ndjson(count: int) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in posts(count))


def _batches(url: str) -> Figure:
    call = _post(url, BATCH)
    rows = _rows(BATCH)
    with psycopg.connect(plain(url), autocommit=True) as connection:
        _make_copied(connection)
        rounds = interleaved(
            {
                "ours": lambda: BATCH / median_call(call, 9),
                "copy": lambda: (
                    BATCH / statistics.median(_copy(connection, rows) for _ in range(9))
                ),
            },
            ROUNDS,
        )

    return compared(
        f"ingest, batches of {BATCH:,}, PostgreSQL, events",
        (rounds["ours"], rounds["copy"]),
        per_second,
        at_least=0.25,
    )


def _large(url: str) -> Figure:
    size = len(_ndjson(LARGE))
    added = added_peak(_large_post, url)

    return bounded(
        f"ingest, {LARGE:,} events in a POST: memory",
        added,
        3 * size,
        mebibytes,
        limit=f"body {mebibytes(size)}",
    )


def _large_post(url: str) -> Callable[[], object]:
    _post(url, 10)()
    headers = {**apps.token(url), "Content-Type": "application/x-ndjson"}
    body = _ndjson(LARGE)
    app = apps.ours(url)
    small = b"".join(body.splitlines(keepends=True)[:10])
    caller(app, apps.EVENTS, method="POST", body=small, headers=headers, status=202)()

    return caller(app, apps.EVENTS, method="POST", body=body, headers=headers, status=202)


# COPY, and what each index of ours adds to it.

INDEXED_ROWS = 100_000
_COLUMNS = ", ".join(("position", "received_time", *APPENDED))


def _make_copied(connection: psycopg.Connection) -> None:
    """The same columns, with primary key and the index of uids only."""
    connection.execute(
        "DROP TABLE IF EXISTS copied; CREATE TABLE copied (LIKE auditlog.audit_record);"
        "ALTER TABLE copied ADD PRIMARY KEY (position), ADD UNIQUE (uid)"
    )


def _rows(count: int) -> list[bytes]:
    """What COPY is sent for each row, behind position, received_time and uid."""
    return [b"\t".join(map(_text, row_of(encode(each))[1:])) for each in events(count, seed=3)]


def _text(value: Any) -> bytes:
    """Return a value as COPY reads it (https://www.postgresql.org/docs/current/sql-copy.html)."""
    if value is None:
        return b"\\N"
    if isinstance(value, bytes):
        return b"\\\\x" + value.hex().encode()
    return str(value).replace("\\", "\\\\").encode()


_position = itertools.count(1)


def _copy(connection: psycopg.Connection, rows: Sequence[bytes]) -> float:
    """COPY *rows* in one transaction; return the seconds, without those of making them."""
    block = b"".join(
        b"%d\t0\t%s\t%s\n" % (next(_position), str(uuid.uuid4()).encode(), row) for row in rows
    )
    began = time.perf_counter()
    into = f"COPY copied ({_COLUMNS}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(into.encode()) as copy:
        copy.write(block)

    return time.perf_counter() - began


def _indexes(url: str) -> Iterator[Figure]:
    """What each index adds to a row that is copied: time, and bytes on disk."""
    rows = _rows(INDEXED_ROWS)
    with psycopg.connect(plain(url), autocommit=True) as connection:
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'auditlog' "
            "AND tablename = 'audit_record' AND indexname LIKE 'ix_%' ORDER BY 1"
        ).fetchall()
        makes = {name: _elsewhere(definition) for name, definition in indexes}
        contestants = {"none": partial(_copied_with, connection, rows, "SELECT 1")}
        contestants |= {
            name: partial(_copied_with, connection, rows, make) for name, make in makes.items()
        }
        contestants["all"] = partial(_copied_with, connection, rows, "; ".join(makes.values()))
        taken = interleaved(contestants, 3)
        none = statistics.median(taken["none"])
        yield told("COPY without further indexes, rows", per_second(INDEXED_ROWS / none))
        for name in (*makes, "all"):
            with_it = statistics.median(taken[name])
            added = (with_it - none) / INDEXED_ROWS
            yield told(
                f"COPY with {name.removeprefix('ix_audit_record_')}",
                per_second(INDEXED_ROWS / with_it),
                per_second(INDEXED_ROWS / none),
                f"{added * 1e6:+.1f} µs a row",
            )


def _elsewhere(definition: str) -> str:
    return definition.replace("INDEX ix_", "INDEX copied_").replace(
        "auditlog.audit_record", "copied"
    )


def _copied_with(connection: psycopg.Connection, rows: Sequence[bytes], make: str) -> float:
    _make_copied(connection)
    connection.execute(make.encode())

    return sum(
        _copy(connection, rows[start : start + BATCH]) for start in range(0, len(rows), BATCH)
    )
