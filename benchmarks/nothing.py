"""A request with nothing to record, against the bare app."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from functools import partial

from . import apps
from .figures import bounded
from .figures import Figure
from .figures import interleaved
from .figures import median_call
from .figures import microseconds
from .places import new_sqlite
from .wsgi import caller

ROUNDS = 15
CALLS = 3000
MOST = 15e-6


def run() -> Iterator[Figure]:
    """GET of a page, answered 200."""
    with new_sqlite() as url:
        calls = {"ours": caller(apps.ours(url), "/"), "bare": caller(apps.bare(), "/")}
        rounds = interleaved(
            {name: partial(median_call, call, CALLS) for name, call in calls.items()},
            ROUNDS,
        )
    added = statistics.median(a - b for a, b in zip(rounds["ours"], rounds["bare"], strict=True))
    bare = microseconds(statistics.median(rounds["bare"]))
    yield bounded("a request with nothing to record: added", added, MOST, microseconds, limit=bare)
