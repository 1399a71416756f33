"""What has to be done from time to time, by whichever process comes first."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Sequence

import msgspec

from ..settings import Webhooks
from ..store import Store
from ..store.webhooks import Delivery
from .replaying import advance

# Most that is done of each at a time.
AT_ONCE = 1000

# How often, in seconds: deliveries of who died, replays, deliveries that nobody can send, old ones.
EXPIRE, REPLAYS, TIDY, PRUNE = 1.0, 1.0, 10.0, 60.0
# How long replays go on then: meanwhile nothing else is claimed.
REPLAYING = 0.1


class _Chore(msgspec.Struct, frozen=True):
    """What is done, how often, and by what. It says how much there was to do."""

    name: str
    every: float
    work: Callable[[], int]


class Chores:
    """Keeps the queue in order.

    :param lost: is told which deliveries were taken from those who died, as they are now.
    """

    def __init__(
        self, store: Store, settings: Webhooks, lost: Callable[[Sequence[Delivery]], None]
    ) -> None:
        self._store = store
        self._settings = settings
        self._lost = lost
        self._chores = (
            _Chore("expire", EXPIRE, self._expire),
            _Chore("replays", REPLAYS, self._replay),
            _Chore("tidy", TIDY, self._tidy),
            _Chore("prune", PRUNE, self._prune),
        )
        # When each may be done again, and those of which there was more than is done at once.
        self._next = {each.name: 0.0 for each in self._chores}
        self._more: set[str] = set()

    def __call__(self) -> None:
        """Do what is due.

        :raises StoreError: when the log cannot be reached.
        """
        for each in self._chores:
            now = time.monotonic()
            if now >= self._next[each.name]:
                every = EXPIRE if each.name in self._more else each.every
                self._next[each.name] = now + every
                self._do(each, every)

    def _do(self, chore: _Chore, every: float) -> None:
        # Somebody else may have done it just now.
        if not self._store.followers.turn(f"webhooks: {chore.name}", every=every * 0.9):
            return
        self._more.discard(chore.name)
        if chore.work() >= AT_ONCE:
            self._more.add(chore.name)
            self._next[chore.name] = time.monotonic() + EXPIRE

    def _expire(self) -> int:
        lost = self._store.deliveries.expire(limit=AT_ONCE)
        self._lost(lost)

        return len(lost)

    def _replay(self) -> int:
        return advance(self._store, seconds=REPLAYING)

    def _tidy(self) -> int:
        return self._store.upkeep.tidy(limit=AT_ONCE)

    def _prune(self) -> int:
        return self._store.upkeep.prune(
            bodies_days=self._settings.bodies_days,
            rows_days=self._settings.attempts_days,
            limit=AT_ONCE,
        )
