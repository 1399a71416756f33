"""The threads that talk to receivers: whoever hangs keeps nobody else waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from flask_auditlog.delivery.threads import Threads

SIZE = 4

Work = Callable[[], None]


@pytest.fixture
def threads() -> Iterator[Threads[Work]]:
    threads: Threads[Work] = Threads(SIZE, lambda work: work())
    yield threads
    threads.close()


def test_as_many_are_at_work_as_may_be_whatever_was_before(threads: Threads[Work]) -> None:
    done = threading.Semaphore(0)
    for _ in range(100):
        threads.put(done.release)
        done.acquire()
    # Each waits for all others: one that had no thread would keep them all.
    together = threading.Barrier(SIZE + 1)
    for _ in range(SIZE):
        threads.put(lambda: wait(together))
    together.wait(20)


def wait(together: threading.Barrier) -> None:
    together.wait(20)


def test_no_more_are_at_work_than_may_be(threads: Threads[Work]) -> None:
    over, done = threading.Event(), threading.Semaphore(0)
    at_work: list[str] = []

    def work() -> None:
        at_work.append(threading.current_thread().name)
        over.wait(20)
        done.release()

    for _ in range(3 * SIZE):
        threads.put(work)
    over.set()
    for _ in range(3 * SIZE):
        assert done.acquire(timeout=20)
    assert len(set(at_work)) <= SIZE
