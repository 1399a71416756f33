"""The Search page of a large log: the server's time for all of it.

Rows, facets, histogram and number are in its first answer, which is what is painted first.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from .apps import reviewed
from .figures import bounded
from .figures import Figure
from .figures import milliseconds
from .figures import percentile
from .places import loaded_postgres
from .places import loaded_sqlite
from .places import postgres
from .wsgi import caller

ROUNDS = 30
MOST = 0.2
SEARCHES = {
    "as it opens": "",
    "of a day": "after=2025-06-01T00%3A00%3A00Z&before=2025-06-02T00%3A00%3A00Z",
    "of a type": "type=aws.iam.ListRoles",
    "of a wildcard": "type=aws.*",
    "of an actor": "actor=user-7",
    "of errors": "error=true",
    "of a network": "ip=10.77.0.0/16",
}


def run() -> Iterator[Figure]:
    """SQLite first, then PostgreSQL."""
    yield from _painted("SQLite", loaded_sqlite())
    with postgres() as server:
        yield from _painted("PostgreSQL", loaded_postgres(server))


def _painted(database: str, url: str) -> Iterator[Figure]:
    app = reviewed(url)
    for name, filters in SEARCHES.items():
        call = caller(app, f"/audit/?{filters}")
        call()
        taken = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            call()
            taken.append(time.perf_counter() - began)
        what = f"Search {name}, {database}: the whole page, p95"
        yield bounded(what, percentile(taken, 95), MOST, milliseconds)
