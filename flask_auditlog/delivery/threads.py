"""The threads that talk to receivers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic
from typing import TypeVar

T = TypeVar("T")


class Threads(Generic[T]):
    """Does the same with each of many values, some at a time. For one thread to put them in.

    Nobody waits for these threads at the end of the process. Those of ``concurrent.futures`` are
    waited for before anything else there, and until then nothing that was claimed is given back.

    :param size: how many there are at most. Each is begun when it is needed.
    :param work: raises nothing.
    """

    def __init__(self, size: int, work: Callable[[T], None]) -> None:
        self._size = size
        self._work = work
        self._waiting: SimpleQueue[T | None] = SimpleQueue()
        self._mutex = threading.Lock()
        # What was put and is not done yet, and how many threads there are for it.
        self._open = self._begun = 0
        self._is_closed = False

    def put(self, value: T) -> None:
        """Do it with *value*, once there is a thread for it."""
        with self._mutex:
            self._open += 1
            is_more = self._begun < min(self._open, self._size)
            self._begun += is_more
        self._waiting.put(value)
        if is_more:
            name = f"auditlog-send-{self._begun}"
            threading.Thread(target=self._run, name=name, daemon=True).start()

    def close(self) -> None:
        """End the threads. What they are at is not waited for, and nothing more is begun."""
        self._is_closed = True
        for _ in range(self._begun):
            self._waiting.put(None)

    def _run(self) -> None:
        while True:
            value = self._waiting.get()
            if value is None or self._is_closed:
                return
            self._work(value)
            with self._mutex:
                self._open -= 1
