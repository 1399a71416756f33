"""Who delivers: the app, a worker of ours, or any worker of RQ; with Redis and without."""

from __future__ import annotations

import logging
import os
import pickle
import signal
from collections.abc import Callable
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq import Queue
from rq import SimpleWorker
from rq.job import Job

from flask_auditlog import state
from flask_auditlog.logs import logger
from flask_auditlog.store.outbox import tables as outbox
from flask_auditlog.work.background import Background
from flask_auditlog.work.resident import Resident
from flask_auditlog.work.waking import KEY
from flask_auditlog.work.waking import Waker
from tests.apps import MakeApp

from .hooked import until
from .processes import pay
from .processes import run
from .processes import running
from .processes import Start
from .processes import start as start
from .sinks import answering
from .sinks import OK
from .sinks import Sink
from .sinks import sink

FAILS = b"HTTP/1.1 500 Nothing\r\ncontent-length: 0\r\n\r\n"
NOWHERE = "redis://127.0.0.1:9/0"


@pytest.fixture
def server() -> Iterator[Sink]:
    with sink(answering(OK)) as server:
        yield server


def test_any_worker_of_rq_delivers(start: Start, redis_url: str, server: Sink) -> None:
    hooked = start(redis=redis_url)
    hooked.endpoint(server.url)
    pay(hooked)
    run("rq", "worker", "auditlog", "--burst", "--url", redis_url)
    hooked.check(server.requests)
    assert len(server.requests) == 1


def test_workers_of_rq_alone_try_again_when_it_is_time(
    start: Start, redis_url: str, server: Sink
) -> None:
    hooked = start(redis=redis_url, schedule=[0, 1])
    with sink(answering(FAILS)) as bad:
        endpoint = hooked.endpoint(bad.url)
        pay(hooked)
        with running("rq", "worker", "auditlog", "--with-scheduler", "--url", redis_url):
            until(lambda: bool(bad.requests))
            hooked.change(outbox.endpoint, outbox.endpoint.c.id == endpoint.id, url=server.url)
            # Nobody records anything, and nobody else looks.
            until(lambda: hooked.deliveries()[0].state == "succeeded")
    assert len(server.requests) == 1
    hooked.check([*bad.requests, *server.requests])


def test_where_no_scheduler_is_its_jobs_do_not_pile_up_and_somebody_is_told(
    redis_url: str, logged: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    waker = Waker(redis_url)
    with Redis.from_url(redis_url) as redis:
        scheduled = Queue("auditlog", connection=redis).scheduled_job_registry
        for hour in range(3):
            monkeypatch.setattr("time.time", lambda hour=hour: 1e9 + hour * 3600)
            for seconds in (1, 1, 30, 1000, 1000):
                waker.wake_in(seconds)
            assert scheduled.count == 2
            assert (hour > 0) is ("--with-scheduler" in logged.getvalue())
        assert len(redis.keys("rq:job:*")) == 2


def test_while_no_worker_is_there_one_job_waits_however_long(redis_url: str) -> None:
    waker = Waker(redis_url)
    with Redis.from_url(redis_url) as redis:
        for _ in range(3):
            assert waker.wake()
            # As it does by itself after a second.
            redis.delete(KEY)
        queue = Queue("auditlog", connection=redis)
        assert queue.count == 1
        assert redis.ttl(Job.key_for(queue.job_ids[0])) == -1


def test_many_events_are_one_job(start: Start, redis_url: str, server: Sink) -> None:
    hooked = start(redis=redis_url)
    hooked.endpoint(server.url)
    for _ in range(10):
        pay(hooked)
    with Redis.from_url(redis_url) as redis:
        assert Queue("auditlog", connection=redis).count == 1
        assert 0 < redis.pttl(KEY) <= 1000
        # The one who takes it says so first: who comes later wakes another.
        run("rq", "worker", "auditlog", "--burst", "--url", redis_url)
        assert not redis.exists(KEY)
        # It has nothing to do any more, but another looks within a minute: it might have died.
        assert (
            len(redis.keys("rq:job:*"))
            == Queue("auditlog", connection=redis).scheduled_job_registry.count
            == 1
        )
    hooked.check(server.requests)


def test_a_worker_of_ours_delivers_without_redis(start: Start, server: Sink) -> None:
    hooked = start()
    hooked.endpoint(server.url)
    pay(hooked)
    with running("flask", "auditlog", "worker"):
        until(lambda: len(server.requests) == 1)
        pay(hooked)
        until(lambda: len(server.requests) == 2)
    hooked.check(server.requests)


def test_a_worker_of_ours_is_one_of_rq_and_outlives_redis(
    start: Start, redis_url: str, server: Sink
) -> None:
    hooked = start(redis=redis_url)
    hooked.endpoint(server.url)
    with running("flask", "auditlog", "worker"), Redis.from_url(redis_url) as redis:
        until(lambda: len(redis.smembers("rq:workers")) == 1)
        pay(hooked)
        until(lambda: len(server.requests) == 1)
        # All that Redis had is gone, and its connections with it.
        pay(hooked)
        redis.flushall()
        redis.client_kill_filter(_type="normal", skipme=True)
        pay(hooked)
        until(lambda: len(server.requests) == 3)
    hooked.check(server.requests)


@pytest.fixture
def signals() -> Iterator[None]:
    """What is done at a signal is afterwards what it was."""
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def tell_to_end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.usefixtures("signals")
def test_who_is_told_to_end_while_redis_goes_ends_in_order(
    make_app: MakeApp, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = state.of(make_app(AUDITLOG_REDIS_URL=redis_url))

    def work(self: Any, **_: object) -> None:
        signal.signal(signal.SIGTERM, self.request_stop)
        raise ConnectionError

    class Ends(logging.Handler):
        def emit(self, _: logging.LogRecord) -> None:
            tell_to_end()

    monkeypatch.setattr(SimpleWorker, "work", work)
    background = Background(lambda: True)
    ends = Ends()
    logger.addHandler(ends)
    try:
        Resident(found, [background], lambda: None).run()
    finally:
        logger.removeHandler(ends)
    assert background.is_ending


@pytest.mark.usefixtures("signals")
def test_who_is_told_to_end_in_the_middle_of_a_job_takes_no_other(
    make_app: MakeApp, redis_url: str
) -> None:
    found = state.of(make_app(AUDITLOG_REDIS_URL=redis_url))
    taken: list[str] = []

    def woken() -> None:
        taken.append("a job")
        tell_to_end()

    with Redis.from_url(redis_url) as redis:
        for _ in range(2):
            Queue("auditlog", connection=redis).enqueue("os.getpid")
        Resident(found, [], woken).run()
    assert taken == ["a job"]


def test_what_stands_in_the_queue_is_never_unpacked(
    start: Start, redis_url: str, server: Sink, tmp_path: Path
) -> None:
    hooked = start(redis=redis_url)
    hooked.endpoint(server.url)
    trace = tmp_path / "trace"
    with Redis.from_url(redis_url) as redis:
        queue = Queue("auditlog", connection=redis)
        job = queue.enqueue("os.system", f"touch {trace}")
        redis.hset(Job.key_for(job.id), "data", pickle.dumps(Evil(str(trace))))
        with running("flask", "auditlog", "worker"):
            until(lambda: queue.count == 0)
            pay(hooked)
            until(lambda: len(server.requests) == 1)
    assert not trace.exists()


class Evil:
    """Does something when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return Path.touch, (Path(self.path),)  # type: ignore[return-value]


def test_without_redis_the_app_delivers_by_itself(start: Start, server: Sink) -> None:
    hooked = start(redis=NOWHERE, worker="embedded")
    hooked.endpoint(server.url)
    pay(hooked)
    until(lambda: len(server.requests) == 1)
    hooked.deliverer.close()
    hooked.check(server.requests)


def test_with_redis_the_app_leaves_it_to_workers(
    start: Start, redis_url: str, server: Sink
) -> None:
    hooked = start(redis=redis_url, worker="embedded")
    hooked.endpoint(server.url)
    pay(hooked)
    with Redis.from_url(redis_url) as redis:
        until(lambda: Queue("auditlog", connection=redis).count >= 1)
    assert server.requests == []
    run("rq", "worker", "auditlog", "--burst", "--url", redis_url)
    hooked.check(server.requests)


def test_a_request_does_not_wait_for_a_redis_that_is_away(start: Start, server: Sink) -> None:
    hooked = start(redis=NOWHERE)
    hooked.endpoint(server.url)
    pay(hooked)
    assert hooked.types()["invoice.paid"] == 1
    assert not Waker(NOWHERE).wake()
    assert "1 attempts" in run("flask", "auditlog", "worker", "--burst")
    hooked.check(server.requests)
