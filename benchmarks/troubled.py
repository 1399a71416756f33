"""Webhooks in trouble: half of them hang, and a long backlog is drained.

``BENCHMARK_BACKLOG`` says how long: 100,000 deliveries by default. A million takes a quarter of an
hour on each database.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import closing
from contextlib import contextmanager
from contextlib import ExitStack

from flask_auditlog import state
from flask_auditlog.delivery import deliverer_of

from .figures import bounded
from .figures import compared
from .figures import Figure
from .figures import mebibytes
from .figures import milliseconds
from .figures import per_second
from .figures import percentile
from .figures import told
from .memory import peak_and_seconds
from .places import new_postgres
from .places import new_sqlite
from .places import postgres
from .sink import sink
from .webhooks import add_endpoints
from .webhooks import app_at
from .webhooks import BODY
from .webhooks import record

# So many hang, and as many do not; events a second, each for all of them; for so long; so often.
EACH, RATE, SECONDS, ROUNDS = 10, 20, 20, 3
BACKLOG = int(os.environ.get("BENCHMARK_BACKLOG", "100000"))
AT_ONCE, WARM = 1000, 2000
# More than that is no longer flat, however long the backlog is.
FLAT = 64 * 2**20


def run() -> Iterator[Figure]:
    """Yield the figures of both databases."""
    yield from _of("SQLite", new_sqlite)
    with postgres() as server:
        yield from _of("PostgreSQL", lambda: new_postgres(server))


def _of(name: str, new: Callable[[], AbstractContextManager[str]]) -> Iterator[Figure]:
    late: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(ROUNDS):
        for hangs, found in late.items():
            with new() as url:
                found.append(_late(url, hangs=hangs))
    yield compared(
        f"webhooks, {name}: p99 of the others while half of all hang",
        (late[True], late[False]),
        milliseconds,
        at_most=2,
    )
    with new() as url, sink() as receiver:
        peak, seconds = peak_and_seconds(drain_all, url, receiver.url, patience=7200)
        yield told(
            f"webhooks, {name}: a backlog of {BACKLOG:,} drained",
            per_second(BACKLOG / seconds),
            "",
            f"{seconds:,.0f} s",
        )
        yield bounded(f"webhooks, {name}: memory that takes", peak, FLAT, mebibytes)


def _late(url: str, *, hangs: bool) -> float:
    """Return by when 99 of 100 events had come to those that answer, in seconds."""
    with ExitStack() as stack:
        app = stack.enter_context(app_at(url, worker="embedded"))
        receiver = stack.enter_context(sink())
        add_endpoints(app, receiver.url, EACH)
        if hangs:
            add_endpoints(app, stack.enter_context(_hanging()), EACH)
        deliverer_of(state.of(app)).reside().begin()
        for number in range(RATE * SECONDS):
            end = time.monotonic() + 1 / RATE
            record(app, {"type": "invoice.paid", "details": {"at": time.time_ns(), "n": number}})
            time.sleep(max(0.0, end - time.monotonic()))
        time.sleep(2)
        found = receiver.late()
        if len(found) < RATE * SECONDS * EACH:
            raise RuntimeError(f"Only {len(found)} deliveries came.")

        return percentile(found, 99)


@contextmanager
def _hanging() -> Iterator[str]:
    """Give the URL of one who takes what comes, and never answers."""
    # The system takes connections, and nobody reads of them.
    with closing(socket.create_server(("127.0.0.1", 0), backlog=4096)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"


def drain_all(url: str, receiver: str) -> Callable[[], object]:
    """Record the backlog; return the work of delivering it. Some is delivered before."""
    app = app_at(url, worker="external").__enter__()
    add_endpoints(app, receiver, 1)
    deliver = deliverer_of(state.of(app)).run
    for count in (WARM, BACKLOG):
        for _ in range(count // AT_ONCE):
            record(app, *[BODY] * AT_ONCE)
        if count == WARM:
            deliver()

    def work() -> None:
        while deliver():
            pass

    return work
