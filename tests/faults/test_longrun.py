"""Deliveries with the times that they have in production, while workers are killed and Redis
restarts: ``-m longrun``, ten minutes. ``AUDITLOG_TEST_LONGRUN=short`` makes it one minute.
"""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from flask_auditlog.delivery.health import OPEN_FIRST
from flask_auditlog.delivery.schedule import JITTER
from flask_auditlog.delivery.schedule import SCHEDULE
from flask_auditlog.store.webhooks import Delivery
from tests.delivery.hooked import Hooked
from tests.delivery.hooked import until
from tests.delivery.processes import pay
from tests.delivery.processes import Start
from tests.delivery.processes import start as start
from tests.delivery.processes import supervised
from tests.delivery.processes import Supervisor
from tests.delivery.sinks import answering
from tests.delivery.sinks import OK
from tests.delivery.sinks import read
from tests.delivery.sinks import Sink
from tests.delivery.sinks import sink

from .restarting import RestartingRedis

pytestmark = [pytest.mark.longrun, pytest.mark.timeout(2400)]

FAILS = b"HTTP/1.1 500 Nothing\r\ncontent-length: 0\r\n\r\n"
IS_SHORT = os.environ.get("AUDITLOG_TEST_LONGRUN") == "short"
# Otherwise nothing is configured: 0, 5 seconds, 5 minutes; a lease of 60 seconds.
CONFIGURED: dict[str, Any] = {"schedule": [0, 2, 8, 60], "lease": 4} if IS_SHORT else {}
STEPS = [0, 2000, 8000] if IS_SHORT else SCHEDULE[:3]
# So often is a worker killed, and something recorded in between.
KILLS, RECORDED = (4, 20) if IS_SHORT else (12, 50)
Serve = Callable[[Sink, socket.socket], None]


def failing_first(times: int) -> Serve:
    """Refuse the first attempts of each delivery."""

    def serve(server: Sink, sock: socket.socket) -> None:
        while (request := read(sock)) is not None:
            server.requests.append(request)
            mine = request.headers["x-auditlog-delivery"]
            came = sum(e.headers["x-auditlog-delivery"] == mine for e in server.requests)
            sock.sendall(FAILS if came <= times else OK)

    return serve


def failing_until(over: Callable[[], bool]) -> Serve:
    """Refuse everything, until it is over."""

    def serve(server: Sink, sock: socket.socket) -> None:
        while (request := read(sock)) is not None:
            server.requests.append(request)
            sock.sendall(OK if over() else FAILS)

    return serve


def slowly(server: Sink, sock: socket.socket) -> None:
    """Take two seconds for each."""
    while (request := read(sock)) is not None:
        server.requests.append(request)
        server.over.wait(2)
        sock.sendall(OK)


def test_whatever_happens_everything_reaches_its_end_at_its_time(
    start: Start, restarting_redis: RestartingRedis
) -> None:
    hooked = start(redis=restarting_redis.url, **CONFIGURED)
    is_over = [False]
    with (
        sink(answering(OK)) as steady,
        sink(slowly) as slow,
        sink(failing_first(2)) as refusing,
        sink(failing_until(lambda: is_over[0])) as down,
    ):
        hooked.endpoint(steady.url, event_types=("invoice.*",))
        hooked.endpoint(slow.url, event_types=("slow.*",))
        tried_thrice = hooked.endpoint(refusing.url, event_types=("refund.*",)).id
        was_down = hooked.endpoint(down.url, event_types=("down.*",)).id
        # Not so many that it is left alone: each fails twice.
        hooked.record(*["refund.paid"] * 4, *["down.x"] * 20, *["slow.x"] * 8)
        with (
            supervised("flask", "auditlog", "worker") as one,
            supervised("flask", "auditlog", "worker") as other,
        ):
            pay(hooked)
            until(lambda: bool(steady.requests))
            make_trouble(hooked, [one, other], restarting_redis)
            is_over[0] = True
            until(lambda: are_ended(hooked), seconds=1800)
    assert set(Counter(each.state for each in hooked.deliveries())) == {"succeeded"}
    for each in hooked.deliveries():
        if each.endpoint_id == tried_thrice and not each.lost:
            check_times(hooked, each)
    check_pause(hooked, was_down)
    requests = [*steady.requests, *slow.requests, *refusing.requests, *down.requests]
    came = Counter(each.headers["x-auditlog-delivery"] for each in requests)
    # One that a worker died of may have come, or not.
    for each in hooked.deliveries():
        assert each.attempts - each.lost <= came[each.id] <= each.attempts
    hooked.check(requests)


def make_trouble(hooked: Hooked, workers: list[Supervisor], redis: RestartingRedis) -> None:
    """Record something all the time; kill the workers by turns, and restart Redis once."""
    for number in range(KILLS):
        for _ in range(RECORDED):
            pay(hooked)
            time.sleep(0.1)
        workers[number % 2].kill()
        if number == KILLS // 2:
            redis.stop()
            pay(hooked)
            redis.start()


def are_ended(hooked: Hooked) -> bool:
    return not {each.state for each in hooked.deliveries()} & {"pending", "inflight"}


def check_times(hooked: Hooked, delivery: Delivery) -> None:
    """Each attempt came when the schedule says, and not before."""
    tried = hooked.attempts(delivery.id)
    assert [each.status for each in tried] == [500, 500, 204]
    for step, (before, after) in zip(STEPS[1:], pairwise(tried), strict=True):
        assert after.started_time - before.started_time >= step * (1 - JITTER)


def check_pause(hooked: Hooked, endpoint_id: str) -> None:
    """Once its breaker had opened, nothing went to it for as long as that says."""
    began = sorted(
        tried.started_time
        for each in hooked.deliveries()
        if each.endpoint_id == endpoint_id
        for tried in hooked.attempts(each.id)
        if tried.error != "lost"
    )
    longest = max(after - before for before, after in pairwise(began))
    # What was in flight as it opened had begun before.
    assert longest >= OPEN_FIRST - 1000
