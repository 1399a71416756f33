"""Redis forgets, restarts, or wakes too often, and RQ's workers are killed: nothing is lost by it."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable

import pytest
from redis import Redis
from rq import Queue

from flask_auditlog.work.waking import drain
from tests.delivery.hooked import Hooked
from tests.delivery.hooked import until
from tests.delivery.processes import kill
from tests.delivery.processes import pay
from tests.delivery.processes import run
from tests.delivery.processes import running
from tests.delivery.processes import Start
from tests.delivery.processes import start as start
from tests.delivery.processes import started
from tests.delivery.processes import supervised
from tests.delivery.sinks import answering
from tests.delivery.sinks import OK
from tests.delivery.sinks import read
from tests.delivery.sinks import Request
from tests.delivery.sinks import Sink
from tests.delivery.sinks import sink

from .nursery import Nursery
from .restarting import RestartingRedis

pytestmark = pytest.mark.faults

FAILS = b"HTTP/1.1 500 Nothing\r\ncontent-length: 0\r\n\r\n"
INVOICES = {"event_types": ("invoice.*",)}
DRAIN = f"{drain.__module__}.{drain.__name__}"


def are_ended(hooked: Hooked, count: int) -> bool:
    return Counter(each.state for each in hooked.deliveries()) == {"succeeded": count}


def times(requests: list[Request]) -> Counter[int]:
    """How many deliveries came how often."""
    return Counter(Counter(each.headers["x-auditlog-delivery"] for each in requests).values())


def at(number: int, act: Callable[[], object]) -> Callable[[Sink, socket.socket], None]:
    """Do something once when so many requests have come, and answer all of them."""
    once = threading.Lock()

    def serve(server: Sink, sock: socket.socket) -> None:
        while (request := read(sock)) is not None:
            server.requests.append(request)
            if len(server.requests) >= number and once.acquire(blocking=False):
                act()
            sock.sendall(OK)

    return serve


def test_a_redis_that_forgets_everything_delays_nothing_and_hurries_nothing(
    start: Start, redis_url: str
) -> None:
    hooked = start(redis=redis_url, schedule=[0, 5])
    answers = {"to be tried again": FAILS}

    def serve(server: Sink, sock: socket.socket) -> None:
        while (request := read(sock)) is not None:
            server.requests.append(request)
            sock.sendall(answers.get("to be tried again", OK))

    def forget() -> None:
        with Redis.from_url(redis_url) as redis:
            redis.flushall()

    with sink(serve) as failing, sink(at(10, forget)) as server:
        # None of them fails so often in a row that it is left alone.
        for _ in range(25):
            hooked.endpoint(failing.url, event_types=("refund.*",))
        hooked.record(*["refund.paid"] * 8)
        hooked.deliverer.run()
        answers.clear()
        due = {each.id: each.due_time for each in hooked.deliveries()}
        assert len(due) == len(failing.requests) == 200
        hooked.endpoint(server.url, **INVOICES)
        hooked.record(*["invoice.paid"] * 1000)
        with running("flask", "auditlog", "worker"):
            until(lambda: are_ended(hooked, 1200))
    assert (times(server.requests), times(failing.requests)) == ({1: 1000}, {2: 200})
    again = {each: hooked.attempts(each)[1].started_time for each in due}
    assert [each for each in due if again[each] < due[each]] == []
    hooked.check([*server.requests, *failing.requests])


def test_a_redis_that_restarts_while_a_worker_of_rq_delivers_doubles_nothing(
    start: Start, restarting_redis: RestartingRedis
) -> None:
    hooked = start(redis=restarting_redis.url)

    def restart() -> None:
        restarting_redis.stop()
        restarting_redis.start()

    with sink(at(20, restart)) as server:
        hooked.endpoint(server.url, **INVOICES)
        with supervised("rq", "worker", "auditlog", "--url", restarting_redis.url):
            hooked.record(*["invoice.paid"] * 300)
            until(lambda: are_ended(hooked, 300))
            # Neither the worker nor who wakes it is at a loss after that.
            pay(hooked)
            until(lambda: are_ended(hooked, 301))
    assert times(server.requests) == {1: 301}
    hooked.check(server.requests)


def test_a_wake_up_that_comes_fifty_times_sends_each_delivery_once(
    start: Start, redis_url: str, nursery: Nursery, postgres_url: str
) -> None:
    hooked = start()
    with sink(answering(OK)) as server, Redis.from_url(redis_url) as redis:
        for _ in range(2):
            hooked.endpoint(server.url, **INVOICES)
        hooked.record(*["invoice.paid"] * 200)
        queue = Queue("auditlog", connection=redis)
        for _ in range(50):
            queue.enqueue(DRAIN)
        workers = [nursery.start("work_rq", postgres_url, redis_url) for _ in range(2)]
        for worker in workers:
            worker.hears("done", seconds=60)
        assert queue.count == queue.failed_job_registry.count == 0
    assert times(server.requests) == {1: 400}
    hooked.check(server.requests)


def test_what_a_worker_of_rq_had_that_was_killed_is_sent_by_the_next_one(
    start: Start, redis_url: str
) -> None:
    hooked = start(redis=redis_url, worker="embedded", lease=1, timeout=5)

    def serve(server: Sink, sock: socket.socket) -> None:
        while (request := read(sock)) is not None:
            server.requests.append(request)
            if len(server.requests) == 1:
                server.over.wait(30)
            sock.sendall(OK)

    with sink(serve) as server:
        hooked.endpoint(server.url, **INVOICES)
        pay(hooked)
        with started("rq", "worker", "auditlog", "--url", redis_url) as worker:
            until(lambda: len(server.requests) == 1)
            # With the process of its job, in the middle of it.
            kill(worker)
        # The app sees that it is due again, and says so; nothing of RQ's own is needed.
        until(lambda: hooked.deliveries()[0].state == "pending")
        run("rq", "worker", "auditlog", "--burst", "--url", redis_url)
        until(lambda: are_ended(hooked, 1))
    (delivery,) = hooked.deliveries()
    assert [each.error for each in hooked.attempts(delivery.id)] == ["lost", None]
    assert times(server.requests) == {2: 1}
    hooked.check(server.requests)
