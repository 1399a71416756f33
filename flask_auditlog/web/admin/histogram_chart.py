"""The histogram above the results, as it is drawn: in per cent from left, in pixels from top. Pure.

Its bars, its words and the times below it are in one time zone; its addresses name the times in UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from datetime import time as clock
from datetime import tzinfo
from datetime import UTC

from ...store import Histogram
from ...store.charts.buckets import cut
from ...store.charts.buckets import DAY
from ...store.charts.buckets import MINUTE
from ...store.query import Query
from ..words import _
from ..words import N_
from ..words import ngettext
from . import dates
from . import moments
from .asked import Asked

# The height of the highest bar, in pixels, and what is left free between two bars, as a part.
HEIGHT = 72
_GAP = 0.22
_TICKS = 9

_WIDTHS: Mapping[str, tuple[str, str]] = {
    "s": N_(("%(number)s second a bar", "%(number)s seconds a bar")),
    "m": N_(("%(number)s minute a bar", "%(number)s minutes a bar")),
    "h": N_(("%(number)s hour a bar", "%(number)s hours a bar")),
    "d": N_(("%(number)s day a bar", "%(number)s days a bar")),
    "w": N_(("%(number)s week a bar", "%(number)s weeks a bar")),
    "mo": N_(("%(number)s month a bar", "%(number)s months a bar")),
    "y": N_(("%(number)s year a bar", "%(number)s years a bar")),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A bar: where it stands, how high it is, and how much of it failed.

    ``words`` says the same; ``to`` searches in its time. Without a number it was not counted.
    """

    left: float
    slot: float
    width: float
    height: float
    bad: float
    when: str
    words: str
    number: int | None
    errors: int | None
    to: Asked


@dataclass(frozen=True, slots=True)
class Tick:
    """A time below the bars."""

    left: float
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All that is drawn. ``top`` is the number at the upper line."""

    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    top: int
    errors: int
    width_words: str
    complete: bool
    wider: Asked | None


def chart_of(
    found: Histogram, query: Query, asked: Asked, now: int, zone: tzinfo = UTC
) -> Chart | None:
    """Return the chart of *found*; ``None`` where there is too little to draw."""
    if len(found.bars) < 2 or not any(bar.records for bar in found.bars):
        return None
    top = round_up(max(bar.records or 0 for bar in found.bars))
    edges = [bar.start for bar in found.bars] + [found.bars[-1].end]

    return Chart(
        columns=tuple(_columns(found, query, asked, top, zone)),
        ticks=tuple(ticks_of(edges, zone)),
        top=top,
        errors=sum(bar.errors or 0 for bar in found.bars),
        width_words=_width_words(found.width),
        complete=found.complete,
        wider=_wider(query, asked, now),
    )


def _columns(found: Histogram, query: Query, asked: Asked, top: int, zone: tzinfo) -> list[Column]:
    slot = 100 / len(found.bars)
    columns = []
    for place, bar in enumerate(found.bars):
        # The first and the last may begin before what was asked for, and end behind it.
        start = max(bar.start, bar.start if query.after is None else query.after)
        end = min(bar.end, bar.end if query.before is None else query.before)
        number, errors = bar.records, bar.errors
        when = _when(start, end, found.width, zone)
        said = _("not counted") if number is None else told(number, errors)
        columns.append(
            Column(
                left=round(place * slot, 3),
                slot=round(slot, 3),
                width=round(slot * (1 - _GAP), 3),
                height=_height(number or 0, top),
                bad=_height(errors or 0, top),
                when=when,
                words=f"{when}: {said}",
                number=number,
                errors=errors,
                to=asked.ranged(address(start), address(end)),
            )
        )

    return columns


def told(number: int, errors: int | None) -> str:
    """How many there are, and how many of them failed."""
    failed = _("none with an error")
    if errors:
        failed = ngettext("%(number)s with an error", "%(number)s with an error", errors)

    return f"{ngettext('%(number)s event', '%(number)s events', number)}, {failed}"


def _height(number: int, top: int) -> float:
    """In pixels; what is there is seen."""
    return 0 if not number else max(1.5, round(HEIGHT * number / top, 1))


def round_up(number: int) -> int:
    """Return *number* or the next above that an axis may end with: 1, 2, 4, 5, 8, 10, 20, …"""
    power = 1
    while True:
        for step in (1, 2, 4, 5, 8):
            if number <= step * power:
                return step * power
        power *= 10


def ticks_of(edges: Sequence[int], zone: tzinfo) -> list[Tick]:
    """Return the times to be written below bars with these *edges*."""
    parts = cut(edges[0], edges[-1], zone, most=_TICKS)
    ticks = []
    for time in parts.edges:
        place = bisect_right(edges, time) - 1
        if not 0 <= place < len(edges) - 1:
            continue
        # Bars are equally wide, also where months are not equally long.
        within = (time - edges[place]) / (edges[place + 1] - edges[place])
        left = round(100 * (place + within) / (len(edges) - 1), 3)
        # One at the very edge would stick out.
        if 2 <= left <= 98:
            ticks.append(Tick(left, _tick_words(moments.moment(time, zone), parts.width.about)))

    return ticks


def _tick_words(at: datetime, width: int) -> str:
    if width >= 365 * DAY:
        return str(at.year)
    if width > 7 * DAY:
        return str(at.year) if at.month == 1 else dates.month(at)
    if width >= DAY or at.time() == clock():
        return dates.day_month(at)
    return f"{at:%H:%M}" if width >= MINUTE else f"{at:%H:%M:%S}"


def _when(start: int, end: int, width: str, zone: tzinfo) -> str:
    """The time of a bar in words."""
    first, last = moments.moment(start, zone), moments.moment(end, zone)
    if width.endswith(("y", "mo", "w")):
        return dates.span_of(dates.day_month_year(first), dates.day_month_year(last))
    if width.endswith("d"):
        return dates.on_weekday(first, dates.day_month_year(first), whole=False)
    clock = "%H:%M" if (start % MINUTE, end % MINUTE) == (0, 0) else "%H:%M:%S"
    return dates.at_clock(
        dates.day_month(first), dates.span_of(f"{first:{clock}}", f"{last:{clock}}")
    )


def _width_words(width: str) -> str:
    """``5 minutes a bar``."""
    digits = width.rstrip("smhdwoy")
    one, many = _WIDTHS[width[len(digits) :]]
    return ngettext(one, many, int(digits))


def address(time: int) -> str:
    """A time as it stands in an address."""
    return moments.iso(time).replace(".000Z", "Z")


def _wider(query: Query, asked: Asked, now: int) -> Asked | None:
    """Three times the range that was asked for, with it in the middle; not beyond now."""
    if query.after is None:
        return None
    before = now if query.before is None else query.before
    span = max(before - query.after, MINUTE)
    end = before + span

    return asked.ranged(address(query.after - span), None if end >= now else address(end))
