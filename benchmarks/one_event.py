"""One event recorded inside a request, against the same view with one INSERT by hand."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from . import apps
from .figures import compared
from .figures import Figure
from .figures import interleaved
from .figures import median_call
from .figures import microseconds
from .figures import per_second
from .load import throughput
from .load import Work
from .places import new_postgres
from .places import new_sqlite
from .places import postgres

ROUNDS = 7
CALLS = 400
# Processes, threads in each, and the least part of the raw view's rate.
CROWDS = ((2, 8, 1.1), (4, 4, 0.7))


def run() -> Iterator[Figure]:
    """PostgreSQL has targets; SQLite is told for comparison."""
    with postgres() as server, new_postgres(server) as url:
        apps.prepare_raw(url)
        yield _alone("PostgreSQL", url, at_most=1.5)
        yield from _crowded("PostgreSQL", url)
    with new_sqlite() as url:
        apps.prepare_raw(url)
        yield _alone("SQLite", url, at_most=None)
        yield from _crowded("SQLite", url)


def _work(app: str, url: str) -> Work:
    return Work(app=app, url=url, path=apps.PAY, status=204)


def _alone(database: str, url: str, *, at_most: float | None) -> Figure:
    calls = {app: _work(app, url).call() for app in ("ours", "raw")}
    for call in calls.values():
        median_call(call, CALLS)
    rounds = interleaved(
        {app: partial(median_call, call, CALLS) for app, call in calls.items()},
        ROUNDS,
    )
    what = f"one event in a request, {database}, p50"

    return compared(what, (rounds["ours"], rounds["raw"]), microseconds, at_most=at_most)


def _crowded(database: str, url: str) -> Iterator[Figure]:
    for processes, threads, least in CROWDS:
        rounds = interleaved(
            {
                app: partial(throughput, _work(app, url), processes=processes, threads=threads)
                for app in ("ours", "raw")
            },
            3,
        )
        yield compared(
            f"one event in a request, {database}, {processes} processes × {threads} threads",
            (rounds["ours"], rounds["raw"]),
            per_second,
            at_least=least if database == "PostgreSQL" else None,
        )
