"""Who writes, and for whom: callers of one process take turns. No database in here.

A caller may be interrupted at any instruction (the alarm of an RQ job, gevent's Timeout).
So who leads is one reference, what the leader has taken stands in ``_taken`` before it
leaves the queue, and every step of handing over may be done twice.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from collections.abc import Sequence

from ...errors import AuditLogError
from ...errors import StoreUnavailable
from ...event import Entry
from ..promises import Appended
from ..promises import Key

# Most entries of several callers in one transaction. One caller's batch is never split
# (it is all or none), and never shares its transaction once it is this large.
SHARED = 500

_TOO_LONG = "The log was busy for too long. Try again."


class Ticket:
    """One caller's entries on their way, and what became of them."""

    __slots__ = ("born", "done", "entries", "error", "gone", "key", "lock")

    def __init__(self, entries: Sequence[Entry], key: Key | None) -> None:
        self.entries = entries
        self.key = key
        self.born = time.monotonic()
        self.done: Appended | None = None
        self.error: AuditLogError | None = None
        self.gone = False
        self.lock = threading.Lock()
        self.lock.acquire()

    @property
    def settled(self) -> bool:
        """Whether the outcome is known."""
        return self.done is not None or self.error is not None

    @property
    def shares(self) -> bool:
        """Whether it may stand in one transaction with others."""
        return self.key is None and 0 < len(self.entries) < SHARED

    def wait(self, seconds: float = -1) -> None:
        """Sleep until :meth:`wake`, or for so many seconds."""
        self.lock.acquire(timeout=seconds)

    def wake(self) -> None:
        """Wake whoever waits. Harmless when nobody does, or twice."""
        if self.lock.locked():
            self.lock.release()

    def result(self) -> Appended:
        """Return what was appended, or raise what went wrong."""
        if self.error is not None:
            raise self.error
        assert self.done is not None  # noqa: S101 (settled without an error)
        return self.done


class Turns:
    """The queue of tickets, and whose turn it is.

    :param patience: how many seconds a ticket may wait for its turn.
    """

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self._mutex = threading.Lock()
        self._leader: Ticket | None = None
        self._queue: deque[Ticket] = deque()
        self._taken: list[Ticket] = []

    def come(self, ticket: Ticket) -> None:
        """Queue up; return once the ticket is settled by somebody else, or leads.

        :raises StoreUnavailable: after too long: whoever leads may hang, and hang us too.
        """
        self._enqueue(ticket)
        while not (ticket.settled or self.leads(ticket)):
            left = ticket.born + self.patience - time.monotonic()
            if left <= 0:
                raise StoreUnavailable(_TOO_LONG)
            ticket.wait(left)

    def hold(self, seconds: float) -> Ticket | None:
        """Lead without writing, so that nobody writes until it is passed on.

        ``None`` when it was not our turn within so many seconds.
        """
        ticket = Ticket((), None)
        deadline = time.monotonic() + seconds
        try:
            self._enqueue(ticket)
            while not self.leads(ticket) and (left := deadline - time.monotonic()) > 0:
                ticket.wait(left)
        except BaseException:
            self.leave(ticket)
            raise
        if self.leads(ticket):
            return ticket
        self.leave(ticket)

        return None

    def _enqueue(self, ticket: Ticket) -> None:
        with self._mutex:
            self._queue.append(ticket)
            if self._leader is None:
                self._leader = ticket

    def take(self) -> list[Ticket]:
        """Take tickets off the queue for one transaction; return those to be written.

        Who has waited too long is told so now: otherwise each in the queue would wait for
        the time-outs of all before it.
        """
        late = time.monotonic() - self.patience
        with self._mutex:
            size = 0
            while self._queue:
                ticket = self._queue[0]
                size += len(ticket.entries)
                together = not self._taken or (self._taken[0].shares and ticket.shares)
                if not together or (self._taken and size > SHARED):
                    break
                self._taken.append(ticket)
                self._queue.popleft()
            for ticket in self._taken:
                if ticket.born < late:
                    ticket.error = StoreUnavailable(_TOO_LONG)

            return [ticket for ticket in self._taken if not ticket.settled]

    def settle(self) -> None:
        """Wake those whose outcome is known; the rest of what was taken queues again."""
        with self._mutex:
            for ticket in reversed(self._taken):
                if ticket.settled:
                    ticket.wake()
                elif not ticket.gone and ticket not in self._queue:
                    self._queue.appendleft(ticket)
            self._taken = []

    def leads(self, ticket: Ticket) -> bool:
        """Whether it is this ticket's turn."""
        return self._leader is ticket

    def pass_on(self, ticket: Ticket) -> None:
        """Let the next one lead, or nobody. Does no harm when somebody else leads by now."""
        with self._mutex:
            if ticket in self._queue:
                self._queue.remove(ticket)
            if self._leader is ticket:
                self._leader = self._queue[0] if self._queue else None
            if self._leader is not None:
                self._leader.wake()

    def leave(self, ticket: Ticket, undo: Callable[[], None] | None = None) -> None:
        """Take an interrupted caller out. What it was writing for others is written again:
        nobody knows whether it was committed, but uids that are there are not doubled.

        :param undo: called before, if it led: ends the transaction it may be in.
        """
        with self._mutex:
            ticket.gone = True
            if ticket in self._queue:
                self._queue.remove(ticket)
        if self.leads(ticket):
            if undo is not None:
                undo()
            self.settle()
        self.pass_on(ticket)
