"""How often somebody may come, counted by ``limits``: for this process, or for all of them in Redis.

A window begins with the first request in it. While Redis is away nobody is limited: a limit
protects the log, and must not be what keeps events out of it.
"""

from __future__ import annotations

import importlib
import math
import os
import time
from typing import Any
from weakref import WeakKeyDictionary

from ..logs import logger
from ..state import State
from .waking import AFTER_ERROR
from .waking import connect
from .waking import PATIENCE

PREFIX = "auditlog:rate"


class Limiter:
    """Counts for one app. ``limits`` is imported with it, and Redis' package where there is one."""

    def __init__(self, redis_url: str | None) -> None:
        # It costs 45 ms, and an app may never be asked over HTTP.
        self._parse = importlib.import_module("limits").parse
        self._limiter = importlib.import_module("limits.strategies").FixedWindowRateLimiter(
            _shared(redis_url)
            if redis_url
            else importlib.import_module("flask_auditlog.work.windows").Windows()
        )
        self._failure: type[Any] = importlib.import_module("limits.errors").StorageError
        self._items: dict[str, Any] = {}
        self._resume = 0.0

    def wait(self, limit: str, *who: str) -> int:
        """Count one request; return 0, or after how many whole seconds to come again.

        :param limit: as ``600/minute``.
        :param who: who is counted together.
        """
        if time.monotonic() < self._resume:
            return 0
        try:
            item = self._item(limit)
            if self._limiter.hit(item, *who):
                return 0
            end: float = self._limiter.get_window_stats(item, *who).reset_time
        except self._failure as error:
            self._resume = time.monotonic() + AFTER_ERROR
            # Its message may hold the address, with the password.
            cause = type(error.storage_error).__name__
            logger.warning("Requests cannot be counted, nobody is limited: %s", cause)
            return 0

        return max(1, math.ceil(end - time.time()))

    def _item(self, limit: str) -> Any:
        if limit not in self._items:
            self._items[limit] = self._parse(limit)

        return self._items[limit]


def _shared(url: str) -> Any:
    connection = connect(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    storage = importlib.import_module("limits.storage").RedisStorage

    return storage(
        "redis://",
        connection_pool=connection.connection_pool,
        key_prefix=PREFIX,
        wrap_exceptions=True,
    )


# With the process that made it: what a child has of its parent's locks may be held for ever.
_limiters: WeakKeyDictionary[State, tuple[int, Limiter]] = WeakKeyDictionary()


def limiter_of(state: State) -> Limiter:
    """Return what counts for an app in this process."""
    process, limiter = _limiters.get(state, (0, None))
    if limiter is None or process != os.getpid():
        limiter = Limiter(state.settings.redis_url)
        _limiters[state] = (os.getpid(), limiter)

    return limiter
