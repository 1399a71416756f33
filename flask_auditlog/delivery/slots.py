"""Who may be sent to at a time: endpoints that do not answer leave the others their room."""

from __future__ import annotations

import time
from collections import Counter
from collections import deque
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator

from ..store.webhooks import Delivery
from .health import Health
from .trying import Job

# The part of the slots that all slow endpoints have together, and all new ones.
SLOW_SHARE, NEW_SHARE = 0.25, 0.5
AHEAD = 2
# One that has not answered for so long, in seconds, is slow from then on.
SILENT = 1.0
# Most endpoints whose health is remembered.
KEPT = 10_000


class Slots:
    """The deliveries that are claimed here: under way, or waiting for a slot of the slow ones.

    An endpoint is slow if its answers are, if its breaker is not closed, if it never succeeded,
    or if one of its deliveries is under way for too long. One of which nothing is known yet
    gets one delivery, and the others once that has ended: of many new ones that do not answer
    the rest is not kept waiting. For one thread.

    :param threads: how many are sent at a time.
    """

    def __init__(self, threads: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        # As many again stand ready, so that no thread waits for the database.
        self._size = threads * AHEAD
        self._slow_size = max(1, int(threads * SLOW_SHARE))
        self._new_size = max(1, int(threads * NEW_SHARE))
        self._clock = clock
        self._healths: dict[str, Health] = {}
        self._begun: dict[str, tuple[Delivery, float]] = {}
        self._waiting: deque[Job] = deque()
        # Those of slow endpoints, while their slots are taken.
        self._held: deque[Job] = deque()

    @property
    def is_wanting(self) -> bool:
        """Whether more is to be claimed."""
        return len(self._waiting) < self._size

    @property
    def claimed(self) -> list[Delivery]:
        """All that are claimed here, those that wait first."""
        return [*self._not_begun(), *(each for each, _ in self._begun.values())]

    @property
    def is_idle(self) -> bool:
        """Whether nothing is claimed here."""
        return not (self._begun or self._waiting or self._held)

    @property
    def is_busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._begun)

    def know(self, healths: dict[str, Health]) -> None:
        """Learn how endpoints do."""
        if len(self._healths) > KEPT:
            self._healths.clear()
        self._healths.update(healths)

    def unknown(self, endpoint_ids: Collection[str]) -> list[str]:
        """Return those of which nothing was learned yet."""
        return [each for each in endpoint_ids if each not in self._healths]

    def crowded(self) -> list[str]:
        """Return the endpoints of which nothing more is to be claimed: those that wait already,
        and all slow ones while their slots are taken.
        """
        held = {job.delivery.endpoint_id for job in self._held}
        slow = self._slow()
        if sum(slow.values()) < self._slow_size:
            return sorted(held)

        return sorted({*held, *slow, *(e for e, h in self._healths.items() if h.is_slow)})

    def put(self, jobs: Collection[Job]) -> None:
        """Add what was claimed."""
        self._waiting.extend(jobs)

    def ready(self) -> Iterator[Job]:
        """Yield what can be begun now; it is under way from then on."""
        slow, new = sum(self._slow().values()), self._new()
        for job in self._again():
            endpoint_id = job.delivery.endpoint_id
            if self._is_new(endpoint_id):
                is_free = endpoint_id not in new and len(new) < self._new_size
                if is_free:
                    new.add(endpoint_id)
            elif self._is_slow(endpoint_id):
                is_free = slow < self._slow_size
                slow += is_free
            else:
                is_free = True
            if not is_free:
                self._held.append(job)
                continue
            self._begun[job.delivery.id] = (job.delivery, self._clock())
            yield job

    def _again(self) -> Iterator[Job]:
        """Yield what may be begun, those first that were held, while there is room."""
        held, self._held = self._held, deque()
        for waiting in (held, self._waiting):
            while waiting and len(self._begun) < self._size:
                yield waiting.popleft()
        self._held.extend(held)

    def end(self, delivery_id: str) -> None:
        """One is not under way any more."""
        self._begun.pop(delivery_id, None)

    def drop(self, kept: Collection[str]) -> None:
        """Forget those that were not begun and are not *kept*: they are somebody else's now."""
        self._waiting = deque(job for job in self._waiting if job.delivery.id in kept)
        self._held = deque(job for job in self._held if job.delivery.id in kept)

    def take_back(self) -> list[Delivery]:
        """Return those that were not begun; they are not ours any more."""
        waiting = self._not_begun()
        self._waiting.clear()
        self._held.clear()

        return waiting

    def _not_begun(self) -> list[Delivery]:
        return [job.delivery for job in (*self._held, *self._waiting)]

    def _slow(self) -> Counter[str]:
        """How many of each slow endpoint are under way."""
        counted: Counter[str] = Counter()
        silent = self._clock() - SILENT
        late = {each.endpoint_id for each, began in self._begun.values() if began < silent}
        for each, _ in self._begun.values():
            is_slow = each.endpoint_id in late or self._is_slow(each.endpoint_id)
            if is_slow and not self._is_new(each.endpoint_id):
                counted[each.endpoint_id] += 1

        return counted

    def _new(self) -> set[str]:
        """The new endpoints of which one is under way."""
        under_way = {each.endpoint_id for each, _ in self._begun.values()}

        return {each for each in under_way if self._is_new(each)}

    def _is_new(self, endpoint_id: str) -> bool:
        health = self._healths.get(endpoint_id)

        return health is None or (health.last_success is None and not health.in_a_row)

    def _is_slow(self, endpoint_id: str) -> bool:
        health = self._healths.get(endpoint_id)

        return health is None or health.last_success is None or health.is_slow
