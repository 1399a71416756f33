"""The thread in which an app does what nobody waits for."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog import state
from flask_auditlog.errors import ConfigError
from flask_auditlog.work.background import Background
from flask_auditlog.work.background import pause_after
from flask_auditlog.work.embedded import background_of
from tests.apps import MakeApp
from tests.inbox.waiting import until


@pytest.fixture
def background() -> Iterator[Background]:
    background = Background(lambda: True)
    yield background
    background.close()


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 0.25), (2, 0.5), (3, 1.0), (9, 60.0), (1000, 60.0)]
)
def test_each_pause_is_twice_the_one_before_up_to_a_minute(failures: int, seconds: float) -> None:
    assert pause_after(failures) == seconds


def test_what_is_registered_is_run_when_it_begins_and_when_it_is_woken(
    background: Background,
) -> None:
    runs: list[int] = []
    background.register("job", lambda: runs.append(threading.get_ident()), every=3600)
    assert runs == []
    background.start()
    until(lambda: len(runs) == 1)
    background.wake("job")
    until(lambda: len(runs) == 2)
    assert threading.get_ident() not in runs


def test_it_is_run_again_after_its_interval_or_sooner_if_it_says_so(
    background: Background,
) -> None:
    often: list[int] = []
    soon: list[int] = []

    def soon_again() -> float:
        soon.append(1)
        return 0.001

    background.register("often", lambda: often.append(1), every=0.001)
    background.register("soon", soon_again, every=3600)
    background.start()
    until(lambda: len(often) > 3 and len(soon) > 3)


def test_who_is_woken_while_running_runs_once_more(background: Background) -> None:
    entered, go = threading.Event(), threading.Event()
    runs: list[int] = []

    def job() -> None:
        runs.append(1)
        entered.set()
        go.wait(20)

    background.register("job", job, every=3600)
    background.start()
    assert entered.wait(20)
    background.wake("job")
    go.set()
    until(lambda: len(runs) == 2)


def test_an_error_stops_nobody_and_waking_does_not_make_it_hot(background: Background) -> None:
    failing: list[int] = []
    fine: list[int] = []

    def fail() -> None:
        failing.append(1)
        raise ValueError

    background.register("failing", fail, every=3600)
    background.register("fine", lambda: fine.append(1), every=3600)
    background.start()
    until(lambda: len(fine) == 1)
    for number in range(100):
        background.wake("failing")
        background.wake("fine")
        until(lambda number=number: len(fine) >= number + 2)  # type: ignore[misc]
    # Each pause is twice as long: in the time this takes there is room for a handful.
    assert 1 <= len(failing) < 10


def test_its_end_does_what_is_left(background: Background) -> None:
    runs: list[int] = []
    background.register("job", lambda: runs.append(1), every=3600)
    background.start()
    until(lambda: len(runs) == 1)
    background.wake("job")
    background.close()
    assert len(runs) == 2


def test_a_child_process_begins_a_thread_of_its_own(background: Background) -> None:
    runs: list[int] = []
    background.register("job", lambda: runs.append(1), every=3600)
    background.start()
    until(lambda: len(runs) == 1)
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        runs.clear()
        background.wake("job")
        try:
            until(lambda: len(runs) > 0, seconds=10)
            os.write(writing, b"ran")
        finally:
            os._exit(0)
    os.close(writing)
    assert os.read(reading, 10) == b"ran"
    os.close(reading)
    os.waitpid(child, 0)


def test_a_child_of_a_process_that_served_begins_its_thread_at_its_first_request(
    make_app: MakeApp,
) -> None:
    app = make_app(TESTING=False, AUDITLOG_DATABASE_URL="sqlite://")
    app.test_client().get("/")
    background = background_of(state.of(app))
    assert background_of(state.of(app)).is_begun
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            seen = [background.is_begun]
            app.test_client().get("/")
            seen.append(background.is_begun)
            os.write(writing, b"begun" if seen == [False, True] else b"not")
        finally:
            os._exit(0)
    os.close(writing)
    assert os.read(reading, 10) == b"begun"
    os.close(reading)
    os.waitpid(child, 0)
    background.close()


@pytest.mark.parametrize("config", [{"TESTING": True}, {"AUDITLOG_WORKER": "external"}])
def test_there_is_no_thread_under_test_nor_where_another_process_does_it(
    make_app: MakeApp, config: dict[str, str]
) -> None:
    app = make_app(**{"TESTING": False, "AUDITLOG_DATABASE_URL": "sqlite://", **config})
    app.test_client().get("/")
    background_of(state.of(app)).wake("mover")
    assert background_of(state.of(app))._thread is None  # noqa: SLF001


def test_a_worker_that_does_not_exist_is_an_error() -> None:
    app = Flask("host")
    app.config["AUDITLOG_WORKER"] = "celery"
    with pytest.raises(ConfigError, match="must be one of embedded, external"):
        AuditLog(app)
    assert "auditlog" not in app.extensions


@pytest.mark.parametrize(
    ("options", "config", "fine"),
    [
        ({}, {}, False),
        ({"enable-threads": True}, {}, True),
        ({"threads": b"2"}, {}, True),
        ({}, {"AUDITLOG_WORKER": "external"}, True),
    ],
)
def test_where_threads_do_not_run_it_says_so(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, object], config: dict[str, str], fine: bool
) -> None:
    # What uWSGI puts there in its processes.
    monkeypatch.setitem(sys.modules, "uwsgi", SimpleNamespace(opt=options))
    app = Flask("host")
    app.config.update(config)
    if fine:
        AuditLog(app)
        return
    with pytest.raises(ConfigError, match="start it with --enable-threads"):
        AuditLog(app)


def test_while_somebody_else_is_waited_for_the_process_may_fork() -> None:
    rests, goes_on = threading.Event(), threading.Event()

    def work() -> None:
        with mine.resting():
            rests.set()
            goes_on.wait(30)

    mine = Background(lambda: True)
    mine.register("waiting", work, every=60)
    mine.start()
    assert rests.wait(30)
    # It is not waited for: the lock is free.
    mine.before_fork(0)
    assert mine._held  # noqa: SLF001
    mine.after_fork()
    goes_on.set()
    mine.close()
