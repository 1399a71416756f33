"""The last seven days by hour, as a strip for each day: in per cent from left, in pixels from top. Pure.

Days and hours are those of the reader's clock: where it was changed a day lacks an hour, or has one
twice, which then share its place. Counted are half hours, since in some places the clock is changed by
one, or stands half an hour beside those of its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from datetime import time as clock
from datetime import timedelta
from datetime import tzinfo
from datetime import UTC
from itertools import groupby

from ...store import Histogram
from ...store.charts.buckets import HOUR
from ...store.charts.buckets import MINUTE
from ...store.charts.summary import Bar
from ..words import _
from . import dates
from . import moments
from .asked import Asked
from .histogram_chart import address
from .histogram_chart import told

DAYS, HALF = 7, 30 * MINUTE
# The height of a day, in pixels; how wide an hour is, and what is left free behind it, as a part.
ROW, SLOT, _GAP = 17, 100 / 24, 0.052
# The darkest of the shades, each of which stands for several times as many events as the one before.
DARKEST = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """An hour: where it stands in its day and how dark it is; ``None`` if it was not counted.

    ``words`` says when and how many; ``to`` searches in its time.
    """

    left: float
    width: float
    shade: int | None
    when: str
    words: str
    number: int | None
    errors: int | None
    to: Asked


@dataclass(frozen=True, slots=True)
class Day:
    """A day: its name, where it stands, and the hours of it that have begun."""

    name: str
    top: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Heat:
    """All that is drawn; the hour with most, and what is to be said of the clock."""

    days: tuple[Day, ...]
    most: Cell
    changed: tuple[str, ...]
    complete: bool


def week(now: int, zone: tzinfo = UTC) -> tuple[int, int]:
    """Return from when to when it is: from the beginning of the day six days ago to now."""
    first = moments.moment(now, zone).date() - timedelta(days=DAYS - 1)

    return _midnight(first, zone), now + 1


def bars_of(after: int, before: int) -> int:
    """How many bars a histogram of this time needs to be one of half hours."""
    return math.ceil((before - after) / HALF)


def heat_of(found: Histogram, asked: Asked, zone: tzinfo = UTC) -> Heat | None:
    """Return the strips of a :func:`week`, counted by half hours; ``None`` where nothing is in them."""
    hours = [list(each) for _key, each in groupby(found.bars, lambda bar: _hour(bar, zone))]
    highest = max((_sum([bar.records for bar in each]) or 0 for each in hours), default=0)
    if not highest:
        return None
    days = [
        (day, list(each)) for day, each in groupby(hours, lambda bars: _at(bars[0], zone).date())
    ]
    drawn = tuple(
        Day(
            name=_name(_at(some[0][0], zone)),
            top=place * ROW,
            cells=tuple(_cells(some, highest, asked, zone)),
        )
        for place, (_day, some) in enumerate(days)
    )

    return Heat(
        days=drawn,
        most=max((cell for day in drawn for cell in day.cells), key=lambda cell: cell.number or 0),
        changed=tuple(said for day, _some in days if (said := _changed(day, zone))),
        complete=found.complete,
    )


def _cells(
    hours: Sequence[Sequence[Bar]], highest: int, asked: Asked, zone: tzinfo
) -> Sequence[Cell]:
    """The hours of a day. Those that the clock shows alike share one place."""
    cells = []
    for hour, group in groupby(hours, lambda bars: _at(bars[0], zone).hour):
        alike = list(group)
        width = SLOT / len(alike)
        for place, bars in enumerate(alike):
            left = hour * SLOT + place * width
            when = _when(_at(bars[0], zone), is_twice=len(alike) > 1)
            cells.append(_cell(bars, (left, width * (1 - _GAP)), when, highest, asked))

    return cells


def _cell(
    bars: Sequence[Bar], place: tuple[float, float], when: str, highest: int, asked: Asked
) -> Cell:
    number, errors = _sum([bar.records for bar in bars]), _sum([bar.errors for bar in bars])
    said = _("not counted") if number is None else told(number, errors)

    return Cell(
        left=round(place[0], 3),
        width=round(place[1], 3),
        shade=None if number is None else _shade(number, highest),
        when=when,
        words=f"{when}: {said}",
        number=number,
        errors=errors,
        to=asked.ranged(address(bars[0].start), address(bars[-1].end)),
    )


def _shade(number: int, highest: int) -> int:
    """From 0 for none to the darkest for the highest."""
    return math.ceil(DARKEST * math.log1p(number) / math.log1p(highest))


def _sum(numbers: Sequence[int | None]) -> int | None:
    """``None`` where one of them was not counted."""
    known = [each for each in numbers if each is not None]

    return sum(known) if len(known) == len(numbers) else None


def _hour(bar: Bar, zone: tzinfo) -> tuple[date, int, timedelta | None]:
    """Which hour a bar is in: after a change of the clock it is another one."""
    at = _at(bar, zone)

    return at.date(), at.hour, at.utcoffset()


def _at(bar: Bar, zone: tzinfo) -> datetime:
    return moments.moment(bar.start, zone)


def _name(at: datetime) -> str:
    return dates.on_weekday(at, str(at.day), whole=False)


def _when(at: datetime, *, is_twice: bool) -> str:
    """``Sun 29 Oct, 02:00``; with its zone where the clock shows that twice."""
    day = dates.on_weekday(at, dates.day_month(at), whole=False)

    return dates.at_clock(day, f"{at:%H:%M} {moments.short(at)}" if is_twice else f"{at:%H:%M}")


def _changed(day: date, zone: tzinfo) -> str:
    """What is said of a day on which the clock is changed; nothing of others."""
    length = _midnight(day + timedelta(days=1), zone) - _midnight(day, zone)
    if length == 24 * HOUR:
        return ""
    name = dates.on_weekday(datetime.combine(day, clock()), str(day.day))

    return _(
        "%(day)s has %(hours)s hours: the clock is changed.", day=name, hours=f"{length / HOUR:g}"
    )


def _midnight(day: date, zone: tzinfo) -> int:
    return math.floor(datetime.combine(day, clock(), zone).timestamp() * 1000)
