"""Webhooks: deliveries a second and how late they come, against a client that only posts, and
against a job of RQ for each. The receiver is a process on the same machine.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from flask import Flask
from redis import Redis
from rq import Queue

from flask_auditlog import AuditLog
from flask_auditlog import state
from flask_auditlog.delivery import deliverer_of
from flask_auditlog.delivery.sealing import Sealer
from flask_auditlog.recorder import Context
from flask_auditlog.recorder.given import draft_of
from flask_auditlog.store.webhooks import Endpoint
from tests.services import redis_server

from .figures import bounded
from .figures import Figure
from .figures import microseconds
from .figures import milliseconds
from .figures import per_second
from .figures import percentile
from .figures import told
from .places import new_postgres
from .places import new_sqlite
from .places import postgres
from .sink import sink

ROOT = Path(__file__).parents[1]
ENDPOINTS, EVENTS, ROUNDS = 10, 500, 3
# Threads of the client that only posts, and jobs of the queue with one for each delivery.
POSTERS, JOBS = 16, 100
RATE, SECONDS = 200, 10
MANY = 100
WARM, CALLS = 100, 3000
BODY: Mapping[str, object] = {"type": "invoice.paid", "details": {"amount": 12, "text": "x" * 300}}
_CONTEXT = Context(realm="default", source="system", trusted=True)


def run() -> Iterator[Figure]:
    """Yield the figures of both databases."""
    with new_sqlite() as url:
        yield from _of("SQLite", url)
    with new_sqlite() as url, new_sqlite() as other:
        yield _paid("SQLite", url, other)
    with new_sqlite() as url:
        yield from _late("SQLite", url)
    with postgres() as server:
        with new_postgres(server) as url:
            yield from _of("PostgreSQL", url)
        with new_postgres(server) as url, new_postgres(server) as other:
            yield _paid("PostgreSQL", url, other)
        with new_postgres(server) as url:
            yield from _late("PostgreSQL", url)


def _of(name: str, url: str) -> Iterator[Figure]:
    with app_at(url, worker="external") as app, sink() as receiver:
        add_endpoints(app, receiver.url, ENDPOINTS)
        ours = sorted(drained(app) for _ in range(ROUNDS))[ROUNDS // 2]
        posted = sorted(posts(receiver.url) for _ in range(ROUNDS))[ROUNDS // 2]
        yield told(
            f"webhooks, {name}: deliveries, against a client that only posts",
            per_second(ours),
            per_second(posted),
            f"{ours / posted:.2f}×",
        )
        jobs = jobs_a_second(receiver.url)
        yield at_least(f"webhooks, {name}: deliveries, a worker", ours, 1000)
        yield told(
            f"webhooks, {name}: against a job of RQ for each",
            per_second(ours),
            per_second(jobs),
            f"{ours / jobs:.1f}×",
        )


def _paid(name: str, url: str, other: str) -> Figure:
    """What endpoints add to a call: two logs are recorded into in turn, of which one has many."""
    with app_at(url, worker="external") as bare, app_at(other, worker="external") as hooked:
        add_endpoints(hooked, "http://127.0.0.1:9/", MANY)
        pairs = [(took(bare), took(hooked)) for _ in range(-WARM, CALLS)][WARM:]
    more = median(with_ for _, with_ in pairs) - median(without for without, _ in pairs)

    return bounded(
        f"webhooks, {name}: added to record() by {MANY} of them", more, 20e-6, microseconds
    )


def _late(name: str, url: str) -> Iterator[Figure]:
    with app_at(url, worker="embedded") as app, sink() as receiver:
        add_endpoints(app, receiver.url, 1)
        deliverer_of(state.of(app)).reside().begin()
        # The first second does not count: a process that begins compiles its statements, opens
        # its connections and starts its threads, and who came meanwhile waited for that.
        for number in range(-RATE, RATE * SECONDS):
            end = time.monotonic() + 1 / RATE
            timed = {"at": time.time_ns()} if number >= 0 else {}
            record(app, {"type": "invoice.paid", "details": timed | {"n": number}})
            time.sleep(max(0.0, end - time.monotonic()))
        time.sleep(1)
        deliverer_of(state.of(app)).close()
        late = receiver.late()
        yield told(
            f"webhooks, {name}: recorded to received, {RATE}/s, p50",
            milliseconds(percentile(late, 50)),
            f"{len(late):,} came",
            milliseconds(percentile(late, 50)),
        )
        for share, most in ((95, 0.05), (99, 0.1)):
            yield bounded(
                f"webhooks, {name}: recorded to received, {RATE}/s, p{share}",
                percentile(late, share),
                most,
                milliseconds,
                limit=f"{len(late):,} came",
            )


def at_least(what: str, rate: float, least: float) -> Figure:
    """Return the line for a rate that is at least *least*."""
    return Figure(
        what=what,
        ours=per_second(rate),
        limit="",
        result=per_second(rate),
        target=f"≥ {per_second(least)}",
        met=rate >= least,
    )


@contextmanager
def app_at(url: str, *, worker: str) -> Iterator[Flask]:
    """An app whose webhooks may go to this machine."""
    app = Flask("hooked")
    app.config.update(
        SECRET_KEY="bench",  # noqa: S106 (nobody's)
        AUDITLOG_DATABASE_URL=url,
        AUDITLOG_WORKER=worker,
        AUDITLOG_WEBHOOK_ALLOW=["127.0.0.0/8"],
    )
    AuditLog(app)
    yield app
    deliverer_of(state.of(app)).close()
    state.of(app).store.close()


def add_endpoints(app: Flask, url: str, count: int) -> None:
    """Add endpoints that want everything, with signatures of both kinds."""
    found = state.of(app)
    sealer = Sealer(found.keys("webhooks"))
    new = Endpoint(
        id="", realm="default", url=url, enabled=True, event_types=("*",), auth_type="hmac"
    )
    for _ in range(count):
        found.store.endpoints.create(new, sealed=sealer.seal("secret"), kind="hmac", at_most=1000)


def record(app: Flask, *given: Mapping[str, object]) -> None:
    """Record events in one batch."""
    with app.app_context():
        state.of(app).recorder.ingest([draft_of(dict(each)) for each in given], _CONTEXT)


def took(app: Flask) -> float:
    """Record an event and return how long that took, in seconds."""
    began = time.perf_counter()
    record(app, BODY)

    return time.perf_counter() - began


def drained(app: Flask) -> float:
    """Record some events and return how many deliveries a second are made of them."""
    deliver: Callable[[], int] = deliverer_of(state.of(app)).run
    while deliver():
        pass
    record(app, *[BODY] * EVENTS)
    began = time.perf_counter()
    made = deliver()

    return made / (time.perf_counter() - began)


def posts(url: str) -> float:
    """Return how many posts a second a plain client makes, over connections that are kept."""
    parts = urlsplit(url)
    body = b"x" * 500

    def post(count: int) -> None:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        for _ in range(count):
            connection.request("POST", parts.path, body)
            connection.getresponse().read()
        connection.close()

    each = EVENTS * ENDPOINTS // POSTERS
    began = time.perf_counter()
    with ThreadPoolExecutor(POSTERS) as pool:
        list(pool.map(post, [each] * POSTERS))

    return each * POSTERS / (time.perf_counter() - began)


def jobs_a_second(url: str) -> float:
    """Return how many deliveries a second a worker of RQ makes, with a job for each."""
    with redis_server() as redis_url, Redis.from_url(redis_url) as redis:
        queue = Queue("posts", connection=redis)
        for _ in range(JOBS):
            queue.enqueue("benchmarks.one_job.post", url)
        command = [str(Path(sys.executable).with_name("rq")), "worker", "posts", "--burst"]
        began = time.perf_counter()
        subprocess.run(  # noqa: S603 (our own words)
            [*command, "--quiet", "--url", redis_url],
            check=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
        )

        return JOBS / (time.perf_counter() - began)
