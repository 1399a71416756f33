"""Wake-ups through Redis: RQ's workers are told that something is due, and no more than that.

Nothing that could be lost is in Redis. A wake-up may be lost, doubled or late: what is due
stands in the log's database, and is looked for every second by whoever is there. Where only
RQ's own workers are, each wakes the next one by RQ's scheduler.
"""

from __future__ import annotations

import importlib
import math
import os
import time
from collections.abc import Callable
from datetime import datetime
from datetime import UTC
from typing import Any
from typing import NamedTuple
from weakref import WeakKeyDictionary

from flask import current_app
from flask import has_app_context
from flask.cli import ScriptInfo

from ..logs import logger
from ..state import of
from ..state import State

QUEUE = "auditlog"
KEY = "auditlog:wake"
# While it is there a worker is on its way; that of a dead one is gone after so long, in ms.
KEY_MILLISECONDS = 1000
# How long Redis may take, in seconds: where a request may be waiting for it, and where nobody
# is. After an error nobody asks it for so long.
PATIENCE, CALM, AFTER_ERROR = 0.05, 5.0, 1.0

# In seconds: a job ends after so long, so that a worker can be stopped; before, it looks for
# more for a moment when there is nothing left; and it is killed long after.
BUDGET, LINGER, LOOK = 15.0, 1.0, 0.02
KILLED = 120
# Seconds that a job is kept where it failed: there is another soon.
FAILURE_LIVES = 60

# Where nobody else looks, somebody is woken each so many seconds. What a scheduler has left for
# as long, no scheduler is there for.
ROUND = 60
# How soon is looked again for what is due, but may not be sent yet, in seconds.
PAUSED = 5.0


class Queue(NamedTuple):
    """What is to be done in an app: ``run`` does it until it is told to end, and returns how many
    attempts that were; ``due_in`` says in how many seconds there is more, if there is any.
    """

    run: Callable[[Callable[[], bool]], int]
    due_in: Callable[[], float | None]


_queues: WeakKeyDictionary[State, list[Queue]] = WeakKeyDictionary()


def register(state: State, queue: Queue) -> None:
    """Say how something is done that is due in an app, and when there is any."""
    _queues.setdefault(state, []).append(queue)


class Waker:
    """Wakes the workers of one Redis.

    :param url: of Redis. The packages of Redis and RQ are imported at the first use.
    :param patience: how long Redis may take, in seconds.
    """

    def __init__(self, url: str, patience: float = PATIENCE) -> None:
        self._url = url
        self._patience = patience
        self._queue: Any = None
        self._resume = 0.0

    def wake(self) -> bool:
        """Have a worker look for what is due; return ``False`` if none can be told.

        It never raises, and never takes longer than twice the patience.
        """
        if time.monotonic() < self._resume:
            return False
        try:
            queue = self._opened()
            # One that nobody has taken yet is enough, for all that is recorded until then.
            if queue.connection.set(KEY, 1, nx=True, px=KEY_MILLISECONDS) and not queue.count:
                queue.enqueue(_DRAIN, **_JOB)
        except Exception as error:  # noqa: BLE001 (a request may wait for us: whatever it is)
            self._resume = time.monotonic() + AFTER_ERROR
            # Its message may hold the address, with the password.
            logger.warning("Redis cannot be reached: %s", type(error).__name__)
            return False

        return True

    def wake_in(self, seconds: float) -> None:
        """Have a worker look in so many seconds, but within the :data:`ROUND` in any case.

        For that RQ needs its scheduler. It never raises.
        """
        now = time.time()
        # The same of all who ask: so it is one job.
        moment = min(math.ceil(now + seconds), (int(now) // ROUND + 1) * ROUND)
        try:
            queue = self._opened()
            self._forget_what_is_left(queue, int(now) - ROUND)
            queue.enqueue_at(
                datetime.fromtimestamp(moment, UTC),
                _DRAIN,
                job_id=f"{QUEUE}-{moment}",
                **_JOB,
            )
        except Exception as error:  # noqa: BLE001 (as above)
            logger.warning("Redis cannot be reached: %s", type(error).__name__)

    @staticmethod
    def _forget_what_is_left(queue: Any, before: int) -> None:
        """Take what no scheduler has moved in time: else it would stay for ever."""
        registry = queue.scheduled_job_registry
        for job_id in (left := registry.get_jobs_to_schedule(before)):
            registry.remove(job_id)
            if (job := queue.fetch_job(job_id)) is not None:
                job.delete()
        if left:
            logger.warning(
                "nobody looks for what is due to be tried again: start `rq worker` with "
                "--with-scheduler, or a `flask auditlog worker`"
            )

    def taken(self) -> None:
        """Say, before looking for what is due, that whoever comes later must wake again."""
        try:
            self._opened().connection.delete(KEY)
        except Exception as error:  # noqa: BLE001 (as above)
            # It goes by itself.
            logger.debug("the key %s stays for a second: %s", KEY, type(error).__name__)

    def _opened(self) -> Any:
        if self._queue is None:
            connection = connect(
                self._url, socket_timeout=self._patience, socket_connect_timeout=self._patience
            )
            self._queue = importlib.import_module("rq").Queue(QUEUE, connection=connection)

        return self._queue


def connect(url: str, **options: Any) -> Any:
    """Return a connection to Redis that does not try again by itself: that would take seconds."""
    redis = importlib.import_module("redis")
    backoff = importlib.import_module("redis.backoff")
    retry = importlib.import_module("redis.retry").Retry(backoff.NoBackoff(), 0)

    return redis.Redis.from_url(url, retry=retry, **options)


def waker_of(state: State, patience: float = PATIENCE) -> Waker | None:
    """Return what wakes the workers of an app, if it has a Redis."""
    url = state.settings.redis_url

    return Waker(url, patience) if url is not None else None


def drain() -> int:
    """RQ's job: deliver what is due, and a little while what comes; return how many attempts.

    In a worker of RQ's own, it loads the app as ``flask`` does: by ``FLASK_APP``.
    """
    if has_app_context():
        return _drained(of(current_app))
    app = ScriptInfo(os.environ.get("FLASK_APP")).load_app()
    with app.app_context():
        return _drained(of(app))


# What is sent, by its name: its arguments are none.
_DRAIN = f"{__name__}.{drain.__name__}"
_JOB = {
    "job_timeout": KILLED,
    "result_ttl": 0,
    "failure_ttl": FAILURE_LIVES,
    "description": "deliver webhooks",
}


def _drained(state: State) -> int:
    queues = _queues[state]
    waker = waker_of(state, CALM)
    is_alone = state.settings.worker == "external"
    # First: who records something from here on wakes another, also if we look too early.
    if waker is not None:
        waker.taken()
        # Also first: should this worker die, another finds what it had.
        if is_alone:
            waker.wake_in(ROUND)
    end = time.monotonic() + BUDGET
    made, idle = 0, time.monotonic()
    while time.monotonic() < min(end, idle + LINGER):
        if now := sum(each.run(lambda: time.monotonic() >= end) for each in queues):
            made, idle = made + now, time.monotonic()
        else:
            time.sleep(LOOK)
    seconds = min((due for each in queues if (due := each.due_in()) is not None), default=None)
    if waker is None or seconds is None:
        return made
    if seconds < LINGER and time.monotonic() >= end:
        waker.wake()
    elif is_alone:
        # What is due and was not taken waits for a pause of its endpoint to end.
        waker.wake_in(max(seconds, 0.0) or PAUSED)

    return made
