"""Exporting a log of a million events, against PostgreSQL's COPY of the same rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterator

import psycopg

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
from .places import plain
from .places import postgres
from .wsgi import drained

RECORDS = 1_000_000
ROUNDS = 3
FORMATS = ("ndjson", "csv")

# The same rows in the same order; as many columns as each format has.
_ROWS = "FROM auditlog.audit_record WHERE realm = 'default' ORDER BY time DESC, position DESC"
COPIES = {
    "ndjson": f"COPY (SELECT position, received_time, body {_ROWS}) TO STDOUT",
    "csv": (
        "COPY (SELECT position, received_time, time, type, realm, organization_id, user_id, "
        "username, client_id, ip, session_id, operation, resource_type, resource_path, error, "
        f"request_id, source, uid, body {_ROWS}) TO STDOUT (FORMAT csv)"
    ),
}


def run() -> Iterator[Figure]:
    """Through the API, as a client gets it, but for the socket."""
    with postgres() as server:
        url = loaded_postgres(server, RECORDS)
        headers = apps.token(url)
        for name in FORMATS:
            yield from _exported("PostgreSQL", url, headers, name)
    url = loaded_sqlite(RECORDS)
    headers = apps.token(url)
    for name in FORMATS:
        rate = _rate(_export(url, headers, name))
        yield told(f"export as {name}, SQLite", per_second(rate))


def _exported(database: str, url: str, headers: dict[str, str], name: str) -> Iterator[Figure]:
    rounds = interleaved(
        {
            "ours": lambda: _rate(_export(url, headers, name)),
            "copy": lambda: _rate(lambda: _copy(url, COPIES[name])),
        },
        ROUNDS,
    )
    yield compared(
        f"export as {name}, {database}, events",
        (rounds["ours"], rounds["copy"]),
        per_second,
        at_least=0.5,
    )
    added = added_peak(_export, url, headers, name)
    yield bounded(f"export as {name}, {database}: memory", added, 64 * 2**20, mebibytes)


def _rate(work: Callable[[], int]) -> float:
    """Return how many records a second. They may be a few more: exports are recorded too."""
    began = time.perf_counter()
    count = work()
    if count < RECORDS:
        raise RuntimeError(f"only {count:,} of {RECORDS:,} were exported")

    return count / (time.perf_counter() - began)


def _export(url: str, headers: dict[str, str], name: str) -> Callable[[], int]:
    app = apps.ours(url)
    # A small one first, which opens the store.
    drained(app, f"{apps.EVENTS}/export?format={name}&request=needle-request", headers)

    return lambda: drained(app, f"{apps.EVENTS}/export?format={name}", headers)[0]


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
