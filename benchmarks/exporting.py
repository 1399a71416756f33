"""Exporting the newest events of a log, nearly a million, against PostgreSQL's COPY of the same rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import psycopg
import sqlalchemy as sa

from . import apps
from .figures import bounded
from .figures import compared
from .figures import Figure
from .figures import interleaved
from .figures import mebibytes
from .figures import per_second
from .figures import told
from .memory import added_peak
from .places import loaded_postgres
from .places import loaded_sqlite
from .places import open_store
from .places import plain
from .places import postgres
from .wsgi import drained

# Of the kept log of SQLite's, which has a million and a few reads of it, which no export has.
RECORDS = 900_000
ROUNDS = 3
FORMATS = ("ndjson", "csv")

# The same rows in the same order; as many columns as each format has.
_ROWS = (
    "FROM auditlog.audit_record WHERE realm = 'default' AND time >= {since} "
    "ORDER BY time DESC, position DESC"
)
_SINCE = "SELECT time FROM {table} WHERE realm = 'default' ORDER BY time DESC LIMIT 1 OFFSET {last}"
COPIES = {
    "ndjson": f"COPY (SELECT position, received_time, body {_ROWS}) TO STDOUT",
    "csv": (
        "COPY (SELECT position, received_time, time, type, realm, organization_id, user_id, "
        "username, client_id, ip, session_id, operation, resource_type, resource_path, error, "
        f"request_id, source, uid, body {_ROWS}) TO STDOUT (FORMAT csv)"
    ),
}


@dataclass(frozen=True, slots=True)
class Log:
    """Where it is, how it is asked, and the time of the oldest event that is taken."""

    url: str
    headers: dict[str, str]
    since: int


def run() -> Iterator[Figure]:
    """Through the API, as a client gets it, but for the socket."""
    with postgres() as server:
        log = _opened(loaded_postgres(server))
        for name in FORMATS:
            yield from _exported("PostgreSQL", log, name)
    log = _opened(loaded_sqlite())
    for name in FORMATS:
        yield told(f"export as {name}, SQLite", per_second(_rate(_export(log, name))))


def _opened(url: str) -> Log:
    with closing(open_store(url)) as store, store.engine.connect() as connection:
        table = "audit_record" if url.startswith("sqlite") else "auditlog.audit_record"
        # Some more, since reads of the log are among them, and in no export.
        last = RECORDS + RECORDS // 100
        since = connection.scalar(sa.text(_SINCE.format(table=table, last=last)))
    if since is None:
        raise RuntimeError(f"{url} has less than {RECORDS:,} records")

    return Log(url, apps.token(url), since)


def _exported(database: str, log: Log, name: str) -> Iterator[Figure]:
    ours, sql = _export(log, name), COPIES[name].format(since=log.since)
    rounds = interleaved(
        {"ours": lambda: _rate(ours), "copy": lambda: _rate(lambda: _copy(log.url, sql))}, ROUNDS
    )
    yield compared(
        f"export as {name}, {database}, events",
        (rounds["ours"], rounds["copy"]),
        per_second,
        at_least=0.5,
    )
    added = added_peak(_export, log, name)
    yield bounded(f"export as {name}, {database}: memory", added, 64 * 2**20, mebibytes)


def _rate(work: Callable[[], int]) -> float:
    """Return how many records a second. They may be a few more."""
    began = time.perf_counter()
    count = work()
    if count < RECORDS:
        raise RuntimeError(f"only {count:,} of {RECORDS:,} were exported")

    return count / (time.perf_counter() - began)


def _export(log: Log, name: str) -> Callable[[], int]:
    app = apps.ours(log.url)
    path = f"{apps.EVENTS}/export?format={name}&after={log.since}"
    # A small one first, which opens the store.
    drained(app, f"{path}&request=needle-request", log.headers)

    return lambda: drained(app, path, log.headers)[0]


def _copy(url: str, sql: str) -> int:
    lines = 0
    with (
        psycopg.connect(plain(url)) as connection,
        connection.cursor() as cursor,
        cursor.copy(sql.encode()) as copied,
    ):
        for block in copied:
            lines += bytes(block).count(b"\n")

    return lines
