"""From counted seconds or hours to the bars of a histogram. Pure."""

from __future__ import annotations

from bisect import bisect_left
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from ..query import Query
from .buckets import cut
from .summary import Bar
from .summary import Histogram
from .summary import Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """How many records begin at ``time``, in epoch milliseconds, or a little after, within one bar."""

    time: int
    records: int
    errors: int


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
    edges = parts.edges
    records, errors = [0] * (len(edges) - 1), [0] * (len(edges) - 1)
    for point in points:
        # What no calendar holds is at its ends.
        place = max(0, min(bisect_right(edges, point.time), len(records)) - 1)
        records[place] += point.records
        errors[place] += point.errors
    counted = 0 if since is None else bisect_left(edges, since)
    bars = [
        Bar(
            start=edges[place],
            end=edges[place + 1],
            records=records[place] if place >= counted else None,
            errors=errors[place] if place >= counted else None,
        )
        # A beginning that nobody asked for is where the counting begins.
        for place in range(0 if query.after is not None else counted, len(records))
    ]

    return Histogram(width=parts.width.name, bars=tuple(bars), complete=since is None)


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
