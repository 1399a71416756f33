"""One thread for what the app does in the background, begun when there is something to do."""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager

from ..logs import logger

# What is to be done: returns in how many seconds it wants to be called again, if that is
# sooner than its interval.
Work = Callable[[], float | None]

# How long the end of the process waits for what is being done, in seconds.
PATIENCE = 5.0
# After an error: the first pause and the longest, in seconds. Each is twice the one before.
FIRST, LONGEST = 0.25, 60.0


def pause_after(failures: int) -> float:
    """Return how long to wait after so many failures in a row, in seconds."""
    return float(min(LONGEST, FIRST * 2.0 ** min(failures - 1, 30)))


class Job:
    """A function that is run again and again, and when it is due."""

    __slots__ = ("due", "every", "failures", "name", "work")

    def __init__(self, name: str, work: Work, every: float) -> None:
        self.name = name
        self.work = work
        self.every = every
        self.due = 0.0
        self.failures = 0

    def run(self) -> None:
        """Do it once. An error is logged, and makes the pause longer."""
        # Before, so that whoever wakes it meanwhile is heard.
        self.due = time.monotonic() + self.every
        try:
            soon = self.work()
        except Exception:
            self.failures += 1
            logger.exception("%s failed in the background", self.name)
            self.due = time.monotonic() + pause_after(self.failures)
        else:
            self.failures = 0
            if soon is not None:
                self.due = min(self.due, time.monotonic() + soon)


class Background:
    """Runs the functions that other rooms register, in one daemon thread of the process.

    :param embedded: says, when it is about to begin, whether there shall be a thread.
    :param anew: called in each child process, which has no thread yet.
    """

    def __init__(
        self, embedded: Callable[[], bool], *, anew: Callable[[], None] = lambda: None
    ) -> None:
        self._embedded = embedded
        self._anew = anew
        self._jobs: dict[str, Job] = {}
        self._begin()
        _all.add(self)

    def _begin(self) -> None:
        self._thread: threading.Thread | None = None
        self._mutex = threading.Lock()
        self._event = threading.Event()
        self._ending = False
        # Held while something is done.
        self._at_work = threading.Lock()
        self._held = False

    def register(self, name: str, work: Work, *, every: float) -> None:
        """Run *work* every so many seconds, for the first time when the thread begins."""
        self._jobs[name] = Job(name, work, every)

    def start(self) -> None:
        """Begin, if that was not done yet. Not before the fork of a server that forks."""
        if self._thread is None and self._embedded():
            self.begin()

    def begin(self) -> None:
        """Begin, also where the app's processes do no such work: in one that is for it."""
        with self._mutex:
            self._start()

    def _start(self) -> None:
        if self._thread is None and not self._ending:
            self._thread = threading.Thread(
                target=self._run, name="auditlog-background", daemon=True
            )
            self._thread.start()

    def wake(self, name: str) -> None:
        """Run a function now, unless it waits after an error."""
        job = self._jobs[name]
        if not job.failures:
            job.due = 0.0
        # Whoever clears it looks at the jobs after that.
        if not self._event.is_set():
            self._event.set()
        self.start()

    def _run(self) -> None:
        while not self._ending:
            self._event.clear()
            self._run_due()
            soonest = min((job.due for job in self._jobs.values()), default=None)
            if soonest is not None:
                self._event.wait(max(0.0, soonest - time.monotonic()))
        # What is left, whenever it would be due.
        for job in list(self._jobs.values()):
            with self._at_work:
                job.run()

    def _run_due(self) -> None:
        for job in list(self._jobs.values()):
            if job.due <= time.monotonic():
                with self._at_work:
                    job.run()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """In a function that it runs: wait for somebody else. Meanwhile the process may fork."""
        self._at_work.release()
        try:
            yield
        finally:
            self._at_work.acquire()

    @property
    def is_begun(self) -> bool:
        """Whether there is a thread."""
        return self._thread is not None

    @property
    def is_ending(self) -> bool:
        """Whether the process ends: what is to be done is done now, or not by us."""
        return self._ending

    def close(self, patience: float = PATIENCE) -> None:
        """Let the thread finish what there is to do, and end it.

        :param patience: how long to wait for that, in seconds.
        """
        self._ending = True
        self._event.set()
        if self._thread is not None:
            self._thread.join(patience)

    def before_fork(self, patience: float = PATIENCE) -> None:
        """Wait for what is being done. A child would inherit half of it: above all SQLite's
        note that somebody in the process reads a file, and then it could never write to it.

        :param patience: at most so many seconds.
        """
        if threading.current_thread() is not self._thread:
            self._held = self._at_work.acquire(timeout=max(0.0, patience))

    def after_fork(self) -> None:
        """Go on in the parent."""
        if self._held:
            self._held = False
            self._at_work.release()

    def begin_anew(self) -> None:
        """In a child process there is no thread, and no lock may be left locked."""
        self._begin()
        self._anew()


_all: weakref.WeakSet[Background] = weakref.WeakSet()


def _before_fork() -> None:
    # For all of them together: an app that forks does not wait for each of many.
    end = time.monotonic() + PATIENCE
    for background in list(_all):
        background.before_fork(end - time.monotonic())


def _after_fork() -> None:
    for background in list(_all):
        background.after_fork()


def _begin_anew() -> None:
    for background in list(_all):
        background.begin_anew()


def _at_exit() -> None:
    for background in list(_all):
        background.close()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_begin_anew)
atexit.register(_at_exit)
