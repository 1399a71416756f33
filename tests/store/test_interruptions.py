"""Callers that are interrupted anywhere: the alarm of a job, a timeout, Ctrl-C."""

from __future__ import annotations

import ctypes
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.event import new_uid
from flask_auditlog.store import SqlStore
from tests.checks import check_log

from .samples import around_appends
from .samples import batch
from .samples import entry
from .samples import uids

SEED = 20_240_601

# An older psycopg warns of a connection that was interrupted before anybody had it, and an
# older pytest puts its own hook in place of the one below.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _collected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a thread is interrupted while it connects, the collector closes what it leaves.

    The driver then warns, where nobody hears it; pytest's own hook would be interrupted too.
    """
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)


class Interrupted(BaseException):
    """Raised in the middle of whatever a thread is doing."""


class Caller:
    """A thread that appends, is interrupted, and goes on."""

    def __init__(self, store: SqlStore, stop: threading.Event) -> None:
        self.store = store
        self.stop = stop
        self.answered: list[str] = []
        self.interrupted = 0
        self.expected = 0
        self.sent = 0.0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self.append()
            except Interrupted:
                self.interrupted += 1

    def append(self) -> None:
        while not self.stop.is_set():
            given = batch(new_uid(), random.choice([1, 1, 3]))
            try:
                self.store.append(given)
            except StoreUnavailable:
                continue
            self.answered += uids(given)

    def interrupt(self) -> bool:
        """Raise in this thread, unless it has not yet come to raise the last one."""
        # After a second it was raised where nobody sees it: while a thing is collected.
        if self.expected > self.interrupted and time.monotonic() < self.sent + 1:
            return False
        self.expected, self.sent = self.interrupted + 1, time.monotonic()
        thread = ctypes.c_ulong(self.thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(Interrupted))
        return True


def test_threads_interrupted_at_any_point_leave_the_log_whole(store: SqlStore) -> None:
    stop, chance = threading.Event(), random.Random(SEED)
    callers = [Caller(store, stop) for _ in range(4)]
    interrupted, deadline = 0, time.monotonic() + 8
    while interrupted < 200 and time.monotonic() < deadline:
        time.sleep(chance.uniform(0, 0.006))
        interrupted += chance.choice(callers).interrupt()
    stop.set()
    for caller in callers:
        caller.thread.join(10)
    assert [caller.thread.is_alive() for caller in callers] == [False] * 4
    assert sum(caller.interrupted for caller in callers) >= 50
    goes_on(store, [uid for caller in callers for uid in caller.answered])


def test_an_alarm_at_any_point_leaves_the_log_whole(store: SqlStore) -> None:
    stop, chance = threading.Event(), random.Random(SEED)
    others = [Caller(store, stop) for _ in range(2)]
    answered: list[str] = []
    rung, deadline = 0, time.monotonic() + 8
    with alarms() as ring:
        while rung < 200 and time.monotonic() < deadline:
            given = batch(new_uid(), 2)
            try:
                ring(chance.uniform(0.0001, 0.008))
                store.append(given)
                ring(0)
                answered += uids(given)
            except Interrupted:
                rung += 1
    stop.set()
    for other in others:
        other.thread.join(10)
    assert [other.thread.is_alive() for other in others] == [False] * 2
    assert rung >= 50
    goes_on(store, answered + [uid for other in others for uid in other.answered])


@contextmanager
def alarms() -> Iterator[Any]:
    """Give a function that sets the alarm clock; the alarm raises."""

    def ring(*_: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, ring)
    try:
        yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def goes_on(store: SqlStore, answered: list[str]) -> None:
    """Assert that nothing is broken and nobody holds the log."""
    begun = time.monotonic()
    store.append([entry()])
    assert time.monotonic() - begun < 2
    assert check_log(store, answered=answered) > len(answered)


def test_a_caller_that_gives_up_waiting_does_not_stop_those_behind_it(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()

    def slow(append: Any, *arguments: Any) -> Any:
        assert release.wait(10)
        return append(*arguments)

    around_appends(store, monkeypatch, slow)
    stop = threading.Event()
    callers = [Caller(store, stop) for _ in range(5)]
    time.sleep(0.05)
    stop.set()
    for caller in callers[1:3]:
        caller.interrupt()
    release.set()
    for caller in callers:
        caller.thread.join(10)
    assert not any(caller.thread.is_alive() for caller in callers)
    goes_on(store, [uid for caller in callers for uid in caller.answered])


@pytest.mark.parametrize("kind", [Interrupted, KeyboardInterrupt, TimeoutError])
def test_the_interruption_reaches_the_caller(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    def interrupted(append: Any, *arguments: Any) -> Any:
        append(*arguments)
        raise kind

    with monkeypatch.context() as patch:
        around_appends(store, patch, interrupted)
        with pytest.raises(kind):
            store.append([entry()])
    goes_on(store, [])
