"""From counted seconds or hours to the bars of a histogram. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from ...event import FAMILIES
from ...event import Family
from ...event import RESERVED
from ..query import Query
from .buckets import Cut
from .buckets import cut
from .buckets import DAY
from .buckets import HOUR
from .buckets import MINUTE
from .buckets import offset_at
from .buckets import SECOND
from .buckets import YEAR
from .summary import Bar
from .summary import Histogram
from .summary import Scale


class Point(NamedTuple):
    """How many records begin at ``time``, in epoch milliseconds, or a little after, within one bar.

    There may be several of one time, which are added up. ``ours`` is how many are of each family
    of ours, in the order of :data:`RESERVED`; ``None`` where that is not known.
    """

    time: int
    records: int
    errors: int
    ours: Sequence[int] | None = None


def drawn(
    points: Sequence[Point], query: Query, scale: Scale, *, since: int | None = None
) -> Histogram:
    """Return the bars over the time that *query* asks for.

    Where it says no beginning it is where the counting began; where it says no end it is now,
    or the last point if it says neither.

    :param points: in order of time.
    :param since: when the counting began, if not with the first record there is.
    """
    ends = ends_of(points, query, scale.now, since)
    if ends is None:
        return Histogram(width="", bars=(), complete=since is None)
    parts = cut(*ends, scale.zone, most=scale.bars)
    bars = _bars(points, parts.edges, scale, since)
    if query.after is None:
        # A beginning that nobody asked for is where the counting begins.
        bars = [bar for bar in bars if bar.records is not None]

    return Histogram(width=parts.width.name, bars=tuple(bars), complete=since is None)


def refined(
    found: Histogram, points: Sequence[Point], scale: Scale, *, since: int | None = None
) -> Histogram:
    """Return *found* with those bars that *points* tell of as these tell them.

    :param points: in order of time, of the same query.
    :param since: when the counting of the points began, if not with the first record there is.
    """
    if not found.bars:
        return found
    edges = [*(bar.start for bar in found.bars), found.bars[-1].end]
    told = _bars(points, edges, scale, since)
    pairs = zip(found.bars, told, strict=True)

    return replace(found, bars=tuple(old if new.records is None else new for old, new in pairs))


def _bars(
    points: Sequence[Point], edges: Sequence[int], scale: Scale, since: int | None
) -> list[Bar]:
    times = [point.time for point in points]
    # What no calendar holds is at its ends.
    cuts = [0, *(bisect_left(times, edge) for edge in edges[1:-1]), len(points)]
    within = [points[start:end] for start, end in pairwise(cuts)]
    counted = 0 if since is None else bisect_left(edges, since)

    return [
        _bar(start, end, some if place >= counted else None, by_family=scale.by_family)
        for place, (start, end, some) in enumerate(zip(edges, edges[1:], within, strict=False))
    ]


def _bar(start: int, end: int, points: Sequence[Point] | None, *, by_family: bool) -> Bar:
    """The bar of *points*; ``None`` for not counted."""
    if points is None:
        return Bar(start=start, end=end, records=None, errors=None)
    records = sum(point.records for point in points)
    ours = [point.ours for point in points if point.ours is not None]
    is_known = by_family and len(ours) == len(points)
    # Zeros for a bar without points.
    sums = [sum(each) for each in zip([0] * len(RESERVED), *ours, strict=True)]

    return Bar(
        start=start,
        end=end,
        records=records,
        errors=sum(point.errors for point in points),
        families=_families(records, sums) if is_known else None,
    )


def _families(records: int, ours: Sequence[int]) -> Mapping[Family, int]:
    """How many of so many *records* are of each family: the rest is the host's own."""
    return dict(zip(FAMILIES, (*ours, records - sum(ours)), strict=True))


def steps_of(query: Query, scale: Scale) -> Sequence[int]:
    """The steps to count in, in milliseconds, the widest first, that no bar of *query* cuts.

    Where nobody knows its ends yet, those that hardly any bar does: see :func:`is_cut`.
    """
    ends = ends_of((), query, scale.now)
    if ends is not None:
        parts = cut(*ends, scale.zone, most=scale.bars)
        return [next((unit for unit in (HOUR, MINUTE) if fits(parts, unit)), SECOND)]
    # As the clocks are in each season.
    seasons = (scale.now - quarter * YEAR // 4 for quarter in range(4))
    ahead = {offset_at(time, scale.zone) for time in seasons}

    return [unit for unit in (DAY, HOUR, MINUTE) if not any(each % unit for each in ahead)] + [
        SECOND
    ]


def is_cut(found: Histogram, step: int) -> bool:
    """Whether a bar begins or ends within a *step*."""
    return any(bar.start % step or bar.end % step for bar in found.bars)


def fits(parts: Cut, unit: int) -> bool:
    """Whether no bar begins or ends within a *unit*, in milliseconds."""
    return parts.width.about >= unit and all(edge % unit == 0 for edge in parts.edges)


def ends_of(
    points: Sequence[Point], query: Query, now: int, since: int | None = None
) -> tuple[int, int] | None:
    """The range of time of the bars; ``None`` if there are none. See :func:`drawn`."""
    after, before = query.after, query.before
    if after is None:
        if not points:
            return None
        after = points[0].time if since is None else since
    if before is None:
        last = points[-1].time + 1 if points else after
        before = last if query.after is None else max(now, last)

    return after, before
