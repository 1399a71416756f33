"""A range of time, cut into parts of one width that people know. Pure.

Times are epoch milliseconds. Days and what is longer begin at midnight where the reader is: so
some have 23 or 25 hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from datetime import tzinfo
from datetime import UTC

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
YEAR = 365 * DAY

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# From 2 January of the year 1 to 30 November 9999. A calendar holds a little more: the first
# part may begin earlier and the last end later, in zones on both sides of UTC.
_FIRST = -62_135_510_400_000
_LAST = 253_399_536_000_000


@dataclass(frozen=True, slots=True)
class Width:
    """A width: its name, about how long it is, and how many days or months if it is of those."""

    name: str
    about: int
    days: int = 0
    months: int = 0


WIDTHS = (
    *(Width(f"{number}s", number * SECOND) for number in (1, 5, 15, 30)),
    *(Width(f"{number}m", number * MINUTE) for number in (1, 5, 10, 15, 30)),
    *(Width(f"{number}h", number * HOUR) for number in (1, 2, 3, 6, 12)),
    Width("1d", DAY, days=1),
    Width("1w", 7 * DAY, days=7),
    *(Width(f"{number}mo", number * 30 * DAY, months=number) for number in (1, 3)),
    *(Width(f"{number}y", number * YEAR, months=number * 12) for number in (1, 10, 100, 1000)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The width, and the edges: the first part is from the first of them to the second."""

    width: Width
    edges: Sequence[int]


def cut(after: int, before: int, zone: tzinfo, *, most: int) -> Cut:
    """Cut the range from *after* to before *before* into about *most* parts, as equal as days are.

    The first begins at *after* or a little earlier, the last ends at *before* or a little later.
    """
    after = max(_FIRST, min(after, _LAST))
    before = max(after + 1, min(before, _LAST))
    width = next((each for each in WIDTHS if (before - after) <= each.about * most), WIDTHS[-1])
    edges = []
    for edge in _edges(after, width, zone):
        edges.append(edge)
        if edge >= before:
            break

    return Cut(width=width, edges=edges)


def offset_at(time: int, zone: tzinfo) -> int:
    """How far the clocks of *zone* are ahead of UTC, in milliseconds."""
    return (_at(time).astimezone(zone).utcoffset() or timedelta()) // _MILLISECOND


def _edges(after: int, width: Width, zone: tzinfo) -> Iterator[int]:
    """The edges from the last one that is not behind *after*, without an end."""
    moment = _at(after).astimezone(zone)
    if width.months:
        first = (moment.year * 12 + moment.month - 1) // width.months * width.months
        number = 0
        while True:
            yield _midnight(_month(first + number * width.months), zone)
            number += 1
    if width.days:
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        day -= timedelta(days=day.weekday() if width.days > 1 else 0)
        while True:
            yield _midnight(day, zone)
            day += timedelta(days=width.days)
    ahead = offset_at(after, zone)
    edge = (after + ahead) // width.about * width.about - ahead
    while True:
        yield edge
        edge += width.about


def _month(months: int) -> datetime:
    """The first of a month, counted from the year 0; within the years that there are."""
    year, month = divmod(months, 12)
    return datetime(year, month + 1, 1) if 1 <= year <= 9999 else _end_of(year)  # noqa: DTZ001


def _end_of(year: int) -> datetime:
    return datetime(1, 1, 1) if year < 1 else datetime(9999, 12, 31)  # noqa: DTZ001


def _midnight(day: datetime, zone: tzinfo) -> int:
    return (day.replace(tzinfo=zone) - _EPOCH) // _MILLISECOND


def _at(time: int) -> datetime:
    return _EPOCH + time * _MILLISECOND
