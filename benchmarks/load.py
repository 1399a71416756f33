"""Many requests at once: some processes with some threads each, for a few seconds."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from typing import Any

from . import apps
from .wsgi import Call
from .wsgi import caller

# Not forked: connections and locks of this process are no business of theirs.
_processes = multiprocessing.get_context("spawn")
# For a start on a busy machine, in seconds.
_PATIENCE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One request, sent again and again to the app that ``apps.<app>(url)`` makes."""

    app: str
    url: str
    path: str
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def call(self) -> Call:
        """Make the app and return what sends it the request."""
        make: Callable[[str], Any] = getattr(apps, self.app)
        return caller(
            make(self.url),
            self.path,
            method="POST",
            body=self.body,
            headers=dict(self.headers),
            status=self.status,
        )


def throughput(work: Work, *, processes: int, threads: int, seconds: float = 3.0) -> float:
    """Return how many requests a second are answered."""
    ready = _processes.Barrier(processes + 1)
    answers: Any = _processes.Queue()
    children = [
        _processes.Process(target=_child, args=(work, threads, seconds, ready, answers))
        for _ in range(processes)
    ]
    for child in children:
        child.start()
    # A child that dies on the way breaks the barrier, for all of them.
    ready.wait(_PATIENCE)
    rates = [answers.get(timeout=seconds + _PATIENCE) for _ in children]
    for child in children:
        child.join()

    return float(sum(rates))


def _child(work: Work, threads: int, seconds: float, ready: Barrier, answers: Any) -> None:
    try:
        call = work.call()
    except BaseException:
        ready.abort()
        raise
    counts = [0] * threads
    warm = threading.Barrier(threads + 1)
    go = threading.Event()
    stop = [0.0]

    def send(place: int) -> None:
        for _ in range(20):
            call()
        warm.wait()
        go.wait()
        while time.perf_counter() < stop[0]:
            call()
            counts[place] += 1

    running = [threading.Thread(target=send, args=(place,)) for place in range(threads)]
    for each in running:
        each.start()
    warm.wait()
    ready.wait(_PATIENCE)
    began = time.perf_counter()
    stop[0] = began + seconds
    go.set()
    for each in running:
        each.join()
    answers.put(sum(counts) / (time.perf_counter() - began))
