"""The drain: from what is due to what is settled, many deliveries at a time.

One thread talks to the database, in batches; those of a pool talk to receivers. No transaction
is open while anybody waits for a receiver, and whatever dies here is found by its lease.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import nullcontext
from queue import Empty
from queue import SimpleQueue

import msgspec

from ..event import Record
from ..store import Store
from ..store.webhooks import Delivery
from ..store.webhooks import Ending
from ..store.webhooks import Endpoint
from .fanout import expand
from .health import Notice
from .roster import Roster
from .settling import endings
from .settling import learn
from .settling import read_health
from .slots import Slots
from .threads import Threads
from .trying import Job
from .trying import Tried

# Most deliveries that are made of records in one transaction, and most claimed in one.
AT_ONCE, CLAIMED = 2000, 250
# How long to wait for an answer before looking for what has become due meanwhile, in seconds.
PATIENCE = 0.25
# How long after an answer for the next ones.
MOMENT = 0.01
# How long what came of attempts may wait to be written, in seconds.
SETTLED = 0.05
# How often leases are renewed within their time.
RENEWALS = 6


# Entered while nothing but receivers is waited for.
Resting = Callable[[], AbstractContextManager[None]]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be told after a batch: of endpoints, and of deliveries that have ended."""

    notices: tuple[tuple[Endpoint, Notice], ...]
    endpoints: dict[str, Endpoint]
    ended: tuple[Delivery, ...]


class Expanding:
    """Makes deliveries, and keeps what was read for those that are claimed right after: the
    records by their positions, and all endpoints.
    """

    def __init__(self) -> None:
        self.records: dict[int, Record] = {}
        self.endpoints: dict[str, Endpoint] = {}

    def __call__(self, records: Sequence[Record], endpoints: Sequence[Endpoint]) -> list[Delivery]:
        self.records = {each.position: each for each in records}
        self.endpoints = {each.id: each for each in endpoints}

        return expand(records, endpoints)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How a drain does its work: ``schedule`` and ``lease`` in milliseconds and seconds."""

    schedule: tuple[int, ...]
    lease: float
    in_flight: int


class Drain:
    """Delivers what is due. :meth:`run` is for one thread; :meth:`wake` for all.

    :param trier: tries one delivery, in a thread of the pool.
    :param tell: is told what came of it, after the commit.
    :param chores: is called again and again while there is something to do.
    """

    def __init__(
        self,
        store: Store,
        roster: Roster,
        trier: Callable[[Job], Tried],
        tell: Callable[[Said], None],
        plan: Plan,
        *,
        chores: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._roster = roster
        self._trier = trier
        self._tell = tell
        self._plan = plan
        self._chores = chores
        self._threads = Threads(plan.in_flight, self._try)
        self._answers: SimpleQueue[Tried | None] = SimpleQueue()
        self._slots = Slots(plan.in_flight)
        # What is not settled yet, and what is learned of but not written yet.
        self._tried: list[Tried] = []
        self._endings: list[Ending] = []
        self._known: dict[str, Endpoint] = {}
        # Whether the last claim found something: most of the time there is more then, and it is
        # not asked before the next.
        self._has_found = False
        self._renewed = self._settled = 0.0
        self._skew = 0
        self._endpoints = 0

    def wake(self) -> None:
        """Say that something may be due."""
        if self._answers.empty():
            self._answers.put(None)

    def tend(self) -> None:
        """Do the chores, and no more."""
        self._chores()

    def run(self, ends: Callable[[], bool], resting: Resting = nullcontext) -> int:
        """Deliver until nothing is due, or *ends* says so; return how many attempts were made.

        What is under way then is waited for, and what was not begun is given back.

        :param resting: is entered while receivers are waited for, and nothing else is done.

        :raises StoreError: when the log cannot be reached. What was done is kept in mind, and
            written by the next call.
        """
        made = self._settle()
        while True:
            if ends():
                self._give_back()
            else:
                self._chores()
                self._look()
            if not self.is_busy:
                return made
            if not self._slots.is_idle:
                self._renew()
                with resting():
                    self._collect()
                self._begin()
            # What comes next goes first, for a moment: who is to get something waits for it,
            # and nobody waits for what is written down.
            if self._slots.is_idle or self._is_much():
                made += self._settle()

    @property
    def is_busy(self) -> bool:
        """Whether anything is claimed, or not yet written."""
        return bool(self._tried or self._endings) or not self._slots.is_idle

    def is_wanted(self) -> bool:
        """Whether there is anybody to deliver to."""
        self._endpoints = self._store.endpoints.number()

        return self._endpoints > 0

    def close(self) -> None:
        """End the threads. What is under way is not waited for."""
        self._threads.close()

    def _look(self) -> None:
        """Make deliveries of new records, and claim what is due."""
        if not self._slots.is_wanting or not (
            self._has_found or self._store.deliveries.is_any_due()
        ):
            return
        has_last_chance = any(each.is_last_chance for each in self._slots.claimed)
        # Of this claim alone: what was read for an earlier one may have changed.
        read = Expanding()
        claimed = self._store.deliveries.claim(
            limit=CLAIMED,
            lease_seconds=self._plan.lease,
            but=self._slots.crowded(),
            last_chances=0 if has_last_chance else 1,
            expand=read,
            # Not all of a long backlog: what is under way wants us too.
            records=max(1, AT_ONCE // max(1, self._endpoints)),
        )
        self._has_found = bool(claimed)
        if claimed:
            self._slots.put(self._jobs(claimed, read))
            self._begin()

    def _jobs(self, claimed: Sequence[Delivery], read: Expanding) -> list[Job]:
        ids = {each.endpoint_id for each in claimed}
        addressees = self._roster.of(ids, read.endpoints)
        if unknown := self._slots.unknown(ids):
            kept = self._store.healths.of(unknown)
            self._slots.know({each: read_health(kept.get(each)) for each in unknown})
        self._known.update({each: found.endpoint for each, found in addressees.items()})
        records = dict(read.records)
        if positions := {each.position for each in claimed} - records.keys():
            records |= {each.position: each for each in self._store.followers.at(positions)}

        return [
            Job(
                delivery=each,
                addressee=addressees.get(each.endpoint_id),
                record=records.get(each.position),
            )
            for each in claimed
        ]

    def _begin(self) -> None:
        for job in self._slots.ready():
            self._threads.put(job)

    def _try(self, job: Job) -> None:
        self._answers.put(self._trier(job))

    def _collect(self) -> None:
        """Wait for answers, or for who wakes us.

        After the first for a moment more: what is written together costs a fraction.
        """
        enough, until = CLAIMED, time.monotonic() + PATIENCE
        while (left := until - time.monotonic()) > 0 and enough > 0:
            try:
                answer = self._answers.get(timeout=left)
            except Empty:
                break
            if answer is None:
                break
            self._slots.end(answer.delivery.id)
            self._tried.append(answer)
            enough -= 1
            # The last of them is not waited for longer.
            until = min(until, time.monotonic() + (MOMENT if self._slots.is_busy else 0.0))

    def _is_much(self) -> bool:
        """Whether there is enough to be written down, or it has waited for long enough."""
        return len(self._tried) >= CLAIMED or time.monotonic() - self._settled > SETTLED

    def _settle(self) -> int:
        """Write what came of attempts; return of how many."""
        self._settled = time.monotonic()
        if self._tried:
            self._learn()
        if not self._endings:
            return 0
        written, self._endings = self._endings, []
        try:
            heard = self._store.deliveries.finish(written)
        except BaseException:
            self._endings = written + self._endings
            raise
        ended = tuple(
            msgspec.structs.replace(each.delivery, state=each.state)
            for each in written
            if each.delivery.id in heard
        )
        self._tell(Said(notices=(), endpoints=self._known, ended=ended))

        return len(written)

    def _learn(self) -> None:
        now = time.time_ns() // 1_000_000 + self._skew
        tried = self._tried
        healths, notices = learn(self._store, tried, now, skew=self._skew)
        # From here on it is counted: a batch that is written late is not counted again.
        self._tried = []
        self._slots.know(healths)
        # Of many answers that disable it one is told.
        disabled = {each: notice for each, notice in notices if notice.reason is not None}
        # First: should what follows fail, what was sent is still written by the next call.
        self._endings += endings(tried, now, disabled=disabled, schedule=self._plan.schedule)
        disable = self._store.endpoints.disable
        news = [(each, notice) for each, notice in notices if notice.reason is None]
        for each, notice in disabled.items():
            if notice.reason is not None and disable(each, notice.reason):
                news.append((each, notice))
        told = [(self._known[each], notice) for each, notice in news if each in self._known]
        if told:
            self._tell(Said(notices=tuple(told), endpoints=self._known, ended=()))

    def _renew(self) -> None:
        """Say that we are at it still, from time to time, and learn what time the database has."""
        if time.monotonic() - self._renewed < self._plan.lease / RENEWALS:
            return
        self._skew = self._store.deliveries.clock() - time.time_ns() // 1_000_000
        kept = self._store.deliveries.renew(self._slots.claimed, lease_seconds=self._plan.lease)
        self._slots.drop(kept)
        self._renewed = time.monotonic()

    def _give_back(self) -> None:
        if waiting := self._slots.take_back():
            self._store.deliveries.release(waiting)
