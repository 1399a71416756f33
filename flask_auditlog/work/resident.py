"""A process of its own for the background work: what ``flask auditlog worker`` is.

With Redis it is also a worker of RQ, in its main thread, whose jobs only say that something is
due. It delivers in its own threads, over connections that are kept, and looks every second by
itself: without Redis, and while Redis is away, it is as good.
"""

from __future__ import annotations

import importlib
import logging
import signal
import threading
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from ..logs import logger
from ..state import State
from .background import Background
from .background import pause_after
from .waking import connect
from .waking import QUEUE
from .waking import waker_of

# How long the end waits for what is under way, in seconds: an attempt may take 15, and whoever
# stops us kills us after 30.
PATIENCE = 25.0

# Calls of the jobs that this process takes, whatever stands in them: see `Unread`.
_poked: Callable[[], None] = lambda: None  # noqa: E731


class Resident:
    """Works for an app until it is stopped.

    :param backgrounds: the threads that do it.
    :param woken: is called when a job says that something is due.
    """

    def __init__(
        self, state: State, backgrounds: Sequence[Background], woken: Callable[[], None]
    ) -> None:
        self._url = state.settings.redis_url
        self._waker = waker_of(state)
        self._backgrounds = backgrounds
        self._woken = woken
        self._stopped = threading.Event()

    def run(self) -> None:
        """Work until SIGTERM or SIGINT. What is under way then is finished."""
        self._listen()
        for background in self._backgrounds:
            background.begin()
        try:
            self._wait()
        except Exception:
            # RQ stops by raising, wherever we are: also where Redis has just gone away.
            if not self._stopped.is_set():
                raise
        # Told once more, it does not end sooner.
        self._listen()
        for background in self._backgrounds:
            background.close(PATIENCE)

    def _wait(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            if self._url is None:
                self._stopped.wait()
                continue
            try:
                self._take_jobs(self._url)
                failures = 0
            except Exception as error:  # noqa: BLE001 (it goes on without Redis)
                failures += 1
                # Its message may hold the address, with the password.
                logger.warning("Redis cannot be reached: %s", type(error).__name__)
            if not self._stopped.is_set():
                # RQ's workers end when Redis is away: this one comes back.
                self._listen()
                self._stopped.wait(pause_after(max(1, failures)))

    def _listen(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopped.set())

    def _take_jobs(self, url: str) -> None:
        """Be a worker of RQ, until it is stopped or Redis is away."""
        global _poked  # noqa: PLW0603
        _poked = self._poked
        rq = importlib.import_module("rq")
        connection = connect(url)
        worker = _worker_class(rq, self._stopped)(
            [rq.Queue(QUEUE, connection=connection, serializer=Unread)],
            connection=connection,
            serializer=Unread,
            log_job_description=False,
        )
        worker.work(logging_level=logging.WARNING)

    def _poked(self) -> None:
        if self._waker is not None:
            self._waker.taken()
        self._woken()


def poke() -> None:
    """The job of this process, in the place of the one that was sent."""
    _poked()


class Unread:
    """How jobs are read here: not at all. Whatever somebody puts into the queue, nothing of it
    is unpickled or called; each is a wake-up.
    """

    @staticmethod
    def dumps(_: Any) -> bytes:
        """Return the bytes of a job's result, which is nothing."""
        return b""

    @staticmethod
    def loads(_: bytes) -> Any:
        """Return the call that a job is, here."""
        return (f"{__name__}.{poke.__name__}", None, (), {})


def _worker_class(rq: Any, stopped: threading.Event) -> Any:
    """A worker without forks: a job takes no time, and the threads that deliver are ours."""

    class Worker(rq.SimpleWorker):  # type: ignore[misc]
        def request_stop(self, *_: Any) -> None:
            # RQ's own asks Redis first whether it is busy: while Redis is away nothing stops it.
            stopped.set()
            raise rq.exceptions.StopRequested

        def dequeue_job_and_maintain_ttl(self, *args: Any, **kwargs: Any) -> Any:
            # What is raised in a job is the job's failure, and the next one would be waited for.
            if stopped.is_set():
                raise rq.exceptions.StopRequested
            return super().dequeue_job_and_maintain_ttl(*args, **kwargs)

    return Worker
