"""The time in the demo: five weeks up to now, with days of work and quiet nights."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime
from datetime import UTC

import msgspec

from flask_auditlog import Event

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEKS = 5

# How much happens in each hour of a day, and on each day of a week, Monday first.
_HOURS = (0, 0, 0, 0, 0, 0, 1, 3, 8, 12, 12, 9, 5, 9, 12, 10, 7, 4, 2, 1, 1, 1, 0, 0)
_WEEKDAYS = (10, 10, 11, 10, 8, 1.5, 1)


class Clock:
    """Gives what is recorded its time in the story, until that is told.

    It takes weeks and is acted out in seconds. A host whose events reach it late would do the
    same: ``before_record`` may change the time.
    """

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._at: int | None = None
        self._request: str | None = None

    def set(self, at: int) -> None:
        self._at = at

    def stop(self) -> None:
        self._at = None

    def today(self) -> datetime:
        return (
            datetime.now(UTC) if self._at is None else datetime.fromtimestamp(self._at / 1000, UTC)
        )

    def dated(self, event: Event) -> Event | None:
        """Return *event* with its time; each request is a little later than the one before."""
        # What the log says of itself is of now.
        if self._at is None or event.source != "capture":
            return None
        if event.request_id != self._request:
            self._request = event.request_id
            self._at += self._dice.randint(5, 40) * SECOND

        # It came with the time of now, and nothing happens later.
        return msgspec.structs.replace(event, time=min(self._at, event.time))


def begin(now: int) -> int:
    """Return when the weeks begin: on a working day, when people come to work."""
    first = (now // DAY - 7 * WEEKS) * DAY + 8 * HOUR
    while _weekday(first) > 4:
        first += DAY

    return first


def moments(after: int, before: int, number: int, dice: random.Random) -> list[int]:
    """Return so many times of the range at which people work, a little more often in the end."""
    hours = range(after, before, HOUR)
    weights = [_busy(hour) * (1 + (hour - after) / (before - after)) for hour in hours]
    # Of a short time at night all hours are as good.
    chosen: Sequence[int] = dice.choices(hours, weights if any(weights) else None, k=number)

    return sorted(min(hour + dice.randrange(HOUR), before) for hour in chosen)


def _busy(at: int) -> float:
    return _HOURS[at % DAY // HOUR] * _WEEKDAYS[_weekday(at)]


def _weekday(at: int) -> int:
    """Monday is 0; the first day of 1970 was a Thursday."""
    return (at // DAY + 3) % 7
