"""The mover: from the inboxes in the host's databases to the log."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from flask import current_app
from flask import has_app_context

from ..errors import AuditLogError
from ..errors import Conflict
from ..errors import InvalidEvent
from ..errors import StoreError
from ..event import Entry
from ..event import restore
from ..logs import logger
from ..signals import event_failed
from ..state import send
from ..state import State
from ..store.engine import is_begun
from ..store.inbox.box import HostInbox
from ..store.inbox.table import AT_ONCE
from ..store.inbox.table import Row
from .background import Background
from .background import pause_after

if TYPE_CHECKING:
    from sqlalchemy import Engine

JOB = "mover"

# Not the module's functions: their seed is the host's, who may count on what comes next.
_random = random.SystemRandom()

# How often all inboxes are looked at, in seconds: for what a process left that died.
SWEEP = 30.0

# After how many failures in a row it is said aloud.
QUIET = 2

# What the log says of an event, and not of itself: others may be appended.
REFUSALS = (Conflict, InvalidEvent, StoreError)


class Source:
    """An inbox, and when it is to be looked at again."""

    __slots__ = ("failures", "inbox", "resume", "woken")

    def __init__(self, inbox: HostInbox) -> None:
        self.inbox = inbox
        self.woken = False
        self.failures = 0
        self.resume = 0.0


class Mover:
    """Moves events of one app to its log.

    :param background: runs it when there is something to move.
    :param engines: gives the engines that the host is known to have.
    """

    def __init__(
        self, state: State, background: Background, engines: Callable[[], Iterable[Engine]]
    ) -> None:
        self._state = state
        self._background = background
        self._engines = engines
        self._sources: dict[HostInbox, Source] = {}
        self._next_sweep = 0.0
        self._turn = threading.RLock()
        self._busy = False

    def woken(self, inbox: HostInbox) -> None:
        """Move what is in *inbox*: now, in this thread, or soon, in the background."""
        if self._state.app.testing or inbox.beside.in_memory:
            self._now(inbox)
            return
        self._source(inbox).woken = True
        self._background.wake(JOB)

    def run(self) -> float | None:
        """Look at the inboxes that have something, from time to time at all of them.

        Return in how many seconds one is to be tried again, after an error.
        """
        now = time.monotonic()
        sweep = now >= self._next_sweep
        if sweep:
            # Random, so that not all processes come together.
            self._next_sweep = now + SWEEP * _random.uniform(0.8, 1.2)
            for inbox in self.inboxes(begun=True):
                self._source(inbox)
        for source in list(self._sources.values()):
            is_due = source.resume <= now or self._background.is_ending
            if is_due and (sweep or source.woken or source.failures):
                self._try(source)
        late = [source.resume for source in self._sources.values() if source.failures]

        return max(0.0, min(late) - time.monotonic()) if late else None

    def inboxes(self, *, begun: bool = False) -> Sequence[HostInbox]:
        """Every inbox there may be, but those in memory: they are their host thread's.

        :param begun: only of databases that the host has had a connection to. To make its
            first one is not for a thread of ours.
        """
        with _context(self._state):
            try:
                for engine in self._engines():
                    if not begun or is_begun(engine):
                        self._state.inbox.of(engine)
            except Exception:
                # The host's own code, which may not be ready yet.
                logger.debug("not all of the host's engines are known", exc_info=True)

        return [inbox for inbox in self._state.inbox.all if not inbox.beside.in_memory]

    def _source(self, inbox: HostInbox) -> Source:
        found = self._sources.get(inbox)
        return self._sources.setdefault(inbox, Source(inbox)) if found is None else found

    def _try(self, source: Source) -> None:
        woken, source.woken = source.woken, False
        try:
            self.drain(source.inbox)
            if not woken:
                # It was only looked at: no connection is kept for that.
                source.inbox.beside.close()
        except Exception as error:
            source.failures += 1
            pause = pause_after(source.failures)
            source.resume = time.monotonic() + pause
            self._state.recorder.count("move_failed")
            # Once is nothing: a file of SQLite may be busy. Of our own errors the words suffice.
            ours = isinstance(error, AuditLogError)
            logger.log(
                logging.WARNING if source.failures > QUIET else logging.INFO,
                "events wait in the inbox of %s; next try in %.1f s. %s",
                source.inbox.place,
                pause,
                error if ours else "",
                exc_info=not ours,
            )
        else:
            source.failures, source.resume = 0, 0.0

    def _now(self, inbox: HostInbox) -> None:
        """Move at once. A receiver of ours that commits something itself does not wait for us."""
        with self._turn:
            if self._busy:
                return
            self._busy = True
            try:
                self._try(self._source(inbox))
            finally:
                self._busy = False

    def drain(self, inbox: HostInbox) -> int:
        """Move all that waits in *inbox*; return how many events that were.

        :raises Exception: when the inbox or the log cannot be reached. What is not moved
            stays.
        """
        moved = 0
        with _context(self._state):
            while (count := inbox.move(partial(self._take, inbox))) == AT_ONCE:
                moved += count

        return moved + count

    def _take(self, inbox: HostInbox, rows: Sequence[Row]) -> Mapping[int, str]:
        """Put *rows* into the log; return why it refused which."""
        entries: list[tuple[Row, Entry]] = []
        refused: dict[int, str] = {}
        for row in rows:
            try:
                entries.append((row, restore(row.body)))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                refused[row.id] = self._refused(inbox, row, error)

        return refused | self._append(inbox, entries)

    def _append(self, inbox: HostInbox, pairs: Sequence[tuple[Row, Entry]]) -> dict[int, str]:
        """Append all of them, or find out which the log refuses."""
        if not pairs:
            return {}
        try:
            self._state.recorder.append([entry for _, entry in pairs])
        except AuditLogError as error:
            if type(error) not in REFUSALS:
                raise
            if len(pairs) == 1:
                row = pairs[0][0]
                return {row.id: self._refused(inbox, row, error)}
        else:
            return {}
        middle = len(pairs) // 2

        return self._append(inbox, pairs[:middle]) | self._append(inbox, pairs[middle:])

    def _refused(self, inbox: HostInbox, row: Row, error: Exception) -> str:
        self._state.recorder.count("set_aside")
        logger.error(
            "the log refuses event %s; it is set aside in the inbox of %s: %s",
            row.uid,
            inbox.place,
            error,
        )
        send(self._state, event_failed, event=None, error=error)

        return str(error)


@contextmanager
def _context(state: State) -> Iterator[None]:
    """What the host's receivers may need. Not another one inside of its own: at the end of
    each, the host cleans up.
    """
    if has_app_context() and current_app._get_current_object() is state.app:  # type: ignore[attr-defined]  # noqa: SLF001 (documented)
        yield
        return
    with state.app.app_context():
        yield
