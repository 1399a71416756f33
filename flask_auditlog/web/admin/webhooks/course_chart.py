"""Success and latency of a webhook on one axis of time, as they are drawn: in per cent from left. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from datetime import UTC
from itertools import groupby

from ....store.webhooks import Interval
from ...words import _
from .. import dates
from .. import moments
from ..histogram_chart import round_up
from ..histogram_chart import Tick
from ..histogram_chart import ticks_of
from .timing import took

# In pixels: the highest bar, and the field of the line.
HEIGHT, FIELD = 56, 72
# Where the line begins below, in milliseconds.
LEAST = 10.0
_GAP = 0.23
# A line's width from the edge, so that it is whole.
_EDGE = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """A half hour: where it stands, how high its parts are, and the same in words."""

    left: float
    width: float
    good: float
    bad: float
    when: str
    succeeded: str
    failed: str
    p95: str

    @property
    def words(self) -> str:
        """What is said of it where the mouse is."""
        late = f", p95 {self.p95}" if self.p95 else ""
        told = _("%(good)s succeeded, %(bad)s failed", good=self.succeeded, bad=self.failed)
        return f"{self.when}: {told}{late}"


@dataclass(frozen=True, slots=True)
class Line:
    """A part of the line that has no gap, and what is below it: points of a polygon each."""

    points: str
    area: str


@dataclass(frozen=True, slots=True)
class Course:
    """All that is drawn. ``top`` is the number at the upper line."""

    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    top: int
    is_exact: bool


def course_of(intervals: Sequence[Interval], timeout: float, zone: tzinfo = UTC) -> Course | None:
    """Return what to draw; ``None`` where nothing was tried.

    :param timeout: the milliseconds after which an attempt is cut off: the upper edge.
    """
    most = max((each.succeeded + each.failed for each in intervals), default=0)
    if not most:
        return None
    top, edges = round_up(most), [each.start for each in intervals] + [intervals[-1].end]
    slot = 100 / len(intervals)

    return Course(
        bars=tuple(
            _bar(each, place * slot, slot, top, zone) for place, each in enumerate(intervals)
        ),
        lines=tuple(_lines(intervals, slot, timeout)),
        ticks=tuple(ticks_of(edges, zone)),
        top=top,
        is_exact=all(each.is_exact for each in intervals),
    )


def _bar(each: Interval, left: float, slot: float, top: int, zone: tzinfo) -> Bar:
    first, last = moments.moment(each.start, zone), moments.moment(each.end, zone)

    return Bar(
        left=round(left, 3),
        width=round(slot * (1 - _GAP), 3),
        good=_height(each.succeeded, top),
        bad=_height(each.failed, top),
        when=dates.at_clock(
            dates.day_month(first), dates.span_of(f"{first:%H:%M}", f"{last:%H:%M}")
        ),
        succeeded=_about(each.succeeded, is_exact=each.is_exact),
        failed=_about(each.failed, is_exact=each.is_exact),
        p95=took(each.p95) if each.p95 is not None else "",
    )


def _about(number: int, *, is_exact: bool) -> str:
    return f"{number:,}" if is_exact else _("about %(number)s", number=f"{number:,}")


def _height(number: int, top: int) -> float:
    """In pixels; what is there is seen."""
    return 0 if not number else max(1.0, round(HEIGHT * number / top, 1))


def _lines(intervals: Sequence[Interval], slot: float, timeout: float) -> Iterator[Line]:
    places = enumerate(each.p95 for each in intervals)
    for is_known, group in groupby(places, key=lambda each: each[1] is not None):
        if is_known:
            yield _line([(at, p95) for at, p95 in group if p95 is not None], slot, timeout)


def _line(known: Sequence[tuple[int, float]], slot: float, timeout: float) -> Line:
    points = [((at + 0.5) * slot, _up(p95, timeout)) for at, p95 in known]
    if len(points) == 1:
        # One alone would be no line.
        ((middle, y),) = points
        points = [(middle - slot / 2, y), (middle + slot / 2, y)]
    line = " ".join(f"{x:.2f},{y:.1f}" for x, y in points)

    return Line(line, f"{points[0][0]:.2f},{FIELD} {line} {points[-1][0]:.2f},{FIELD}")


def _up(milliseconds: float, timeout: float) -> float:
    """In pixels from the upper edge, on a scale where ten times as long is as far everywhere."""
    most = max(timeout, LEAST * 10)
    share = math.log(max(milliseconds, LEAST) / LEAST) / math.log(most / LEAST)

    return FIELD - _EDGE - (FIELD - 2 * _EDGE) * min(share, 1.0)
