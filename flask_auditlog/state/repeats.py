"""What happens too often to be told each time: some of it is let through, the rest counted. Pure,
but for its lock; the clock is the caller's.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Hashable
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

import msgspec

from ..event import Actor
from ..event import Draft
from ..recorder import Context

# How long equal events belong together, in seconds.
WINDOW = 60.0
# So many callers are told apart in a window. What comes from more is counted together: who
# sends from many addresses fills neither the log nor the memory.
MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event to be, and who and where."""

    draft: Draft
    context: Context


@dataclass(slots=True, kw_only=True)
class Counted:
    """Events that were counted. ``told`` says what is true of each of them.

    :param ends: when its window does, on the caller's clock.
    :param first: when the first of them happened, in epoch milliseconds; ``last`` likewise.
    """

    ends: float
    passed: int = 0
    number: int = 0
    told: Told | None = None
    first: int = 0
    last: int = 0

    def add(self, told: Told, time: int) -> None:
        """Count one more."""
        self.told = common(self.told, told) if self.told else told
        self.first = self.first if self.number else time
        self.last = time
        self.number += 1


class Repeats:
    """Counts equal events of one app, in bounded memory. Threads may share it."""

    def __init__(self) -> None:
        self.after_fork()

    def after_fork(self) -> None:
        """Begin anew in a child process: what was counted is the parent's to tell, and another
        thread of it may hold the lock.
        """
        self._windows: dict[Hashable, Counted] = {}
        self._ended: list[Counted] = []
        self._mutex = threading.Lock()
        # When there is something to collect; may be read without the lock.
        self.due = math.inf

    def passes(self, key: Hashable, told: Told, *, at_once: int, now: float, time: int) -> bool:
        """Whether this one is to be told by itself. If not, it has been counted.

        :param at_once: so many of a window are told by themselves.
        :param now: seconds on a clock that never goes back; *time* in epoch milliseconds.
        """
        with self._mutex:
            self._end(now)
            if key not in self._windows and len(self._windows) >= MOST:
                key, at_once = None, 0
            window = self._windows.setdefault(key, Counted(ends=now + WINDOW))
            if window.passed < at_once:
                window.passed += 1
                return True
            window.add(told, time)
            self.due = min(self.due, window.ends)
            return False

    def collect(self, now: float) -> list[Counted]:
        """Take out what was counted in windows that have ended. ``math.inf`` ends all of them."""
        with self._mutex:
            self._end(now)
            ended, self._ended = self._ended, []
            waiting = [window.ends for window in self._windows.values() if window.number]
            self.due = min(waiting, default=math.inf)
            return ended

    def put_back(self, counted: Counted, now: float) -> None:
        """Keep *counted*, which could not be told, for another try a window later."""
        with self._mutex:
            if len(self._ended) < MOST or counted.told is None:
                self._ended.append(counted)
            else:
                self._merge(counted.told, counted)
            self.due = min(self.due, now + WINDOW)

    def _end(self, now: float) -> None:
        # All windows are of one length, so they end in the order they began in.
        ended = []
        for key, window in self._windows.items():
            if window.ends > now:
                break
            ended.append(key)
        for key in ended:
            window = self._windows.pop(key)
            if window.number:
                self._ended.append(window)

    def _merge(self, told: Told, counted: Counted) -> None:
        last = self._ended[-1]
        last.told = common(last.told, told) if last.told else told
        last.first, last.last = min(last.first, counted.first), max(last.last, counted.last)
        last.number += counted.number


def common(one: Told, other: Told) -> Told:
    """Return what is true of both: where they differ, nothing is said.

    A realm is always said. Of two, it is that of the first; but then of no organization.
    """
    draft = msgspec.structs.replace(
        one.draft,
        resource_type=_same(one.draft.resource_type, other.draft.resource_type),
        resource_path=_same(one.draft.resource_path, other.draft.resource_path),
        error=_same(one.draft.error, other.draft.error),
        details=_same_items(one.draft.details or {}, other.draft.details or {}),
    )
    mine, theirs = one.context, other.context
    context = replace(
        mine,
        actor=_same_person(mine.actor, theirs.actor),
        organization_id=_same(mine.organization_id, theirs.organization_id)
        if mine.realm == theirs.realm
        else None,
        request_id=None,
        traceparent=None,
        user_agent=_same(mine.user_agent, theirs.user_agent),
        token_id=_same(mine.token_id, theirs.token_id),
    )

    return Told(draft=draft, context=context)


def _same(one: Any, other: Any) -> Any:
    return one if one == other else None


def _same_items(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in one.items() if key in other and other[key] == value}


def _same_person(one: Actor | None, other: Actor | None) -> Actor | None:
    if one is None or other is None:
        return None
    names = Actor.__struct_fields__
    return Actor(**{name: _same(getattr(one, name), getattr(other, name)) for name in names})
