"""What a search found, in figures: the facets, the histogram and the number of events."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import TypeVar

from ...errors import QueryTimeout
from ...store import Facets
from ...store import Histogram
from ...store.charts.summary import Bar
from ...store.query import Count
from ...store.query import Query
from ...store.query import Scope
from ...store.search.settle import settled
from .. import figures
from . import zones
from .asked import Asked
from .facet_column import Facet
from .facet_column import facets_of
from .histogram_chart import Chart
from .histogram_chart import chart_of
from .moments import now

# The results are there already; whoever waits for them does not wait much longer for figures.
PATIENCE = 1.0

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """``None``, and no facets, for what would have taken too long.

    ``looked_at`` is of how many of the newest events those facets are that are not of all.
    ``first`` is when the first bar begins and ends, if nothing is before it. ``bars`` are those
    of the chart, as they were counted.
    """

    count: Count | None
    facets: list[Facet]
    looked_at: int | None
    chart: Chart | None
    first: tuple[int, int] | None = None
    bars: Sequence[Bar] = ()


def figures_of(query: Query, scope: Scope, asked: Asked, *, by_family: bool = False) -> Figures:
    """Return the figures of what *query* finds, its bars with their families if that is asked."""
    moment, zone = now(), zones.here()
    drawn, facets = _seen(query, scope, zone, by_family=by_family)

    return Figures(
        count=_count(drawn, facets),
        facets=facets_of(facets, asked) if facets else [],
        looked_at=_looked_at(facets),
        chart=chart_of(drawn, settled(query, moment), asked, moment, zone) if drawn else None,
        first=_first(drawn) if drawn else None,
        bars=drawn.bars if drawn else (),
    )


def _seen(
    query: Query, scope: Scope, zone: tzinfo, *, by_family: bool
) -> tuple[Histogram | None, Facets | None]:
    seen = in_time(lambda: figures.both(query, scope, zone, seconds=PATIENCE, by_family=by_family))
    if seen is not None:
        return seen

    # Each alone may be told of numbers that are kept: also bars without the families, which are
    # read for each type.
    return (
        in_time(lambda: figures.histogram(query, scope, zone, seconds=PATIENCE)),
        in_time(lambda: figures.facets(query, scope, seconds=PATIENCE)),
    )


def _looked_at(facets: Facets | None) -> int | None:
    if facets is None or facets.complete:
        return None
    # One more was looked at, to know that there are more.
    return min(facets.records, figures.LOOKED_AT)


def _first(drawn: Histogram) -> tuple[int, int] | None:
    if not drawn.complete or not drawn.bars:
        return None
    return drawn.bars[0].start, drawn.bars[0].end


def in_time(ask: Callable[[], Found]) -> Found | None:
    """Return what *ask* finds; ``None`` when that takes too long."""
    try:
        return ask()
    except QueryTimeout:
        return None


def _count(drawn: Histogram | None, facets: Facets | None) -> Count | None:
    if drawn and drawn.complete:
        return Count(value=sum(bar.records or 0 for bar in drawn.bars), exact=True)
    if drawn:
        return Count(value=figures.LOOKED_AT, exact=False)
    if facets:
        return Count(value=facets.records, exact=facets.complete)
    return None
