"""What a search finds, in figures: the bounds of the pages and of the API."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import tzinfo

from ..state import current
from ..store import Facets
from ..store import Histogram
from ..store import Query
from ..store import Scale
from ..store import Scope
from ..store import Spans

# So many of the newest records are looked at, so that it takes a part of a second, where the app
# keeps no numbers of what is asked.
LOOKED_AT = 10_000
TOP = 10
# Enough for each day of a quarter, each two hours of a week, each five minutes of six hours.
BARS = 90


def facets(query: Query, scope: Scope, *, seconds: float) -> Facets:
    """The most frequent values. :raises QueryTimeout: when that takes longer."""
    return current().store.figures.facets(query, scope, records=LOOKED_AT, top=TOP, seconds=seconds)


def spans(query: Query, scope: Scope, names: Sequence[str], *, seconds: float) -> Spans:
    """The values of these filters that began last. :raises QueryTimeout: when that takes longer."""
    return current().store.figures.spans(
        query, scope, records=LOOKED_AT, top=TOP, seconds=seconds, names=names
    )


def histogram(
    query: Query,
    scope: Scope,
    zone: tzinfo,
    *,
    seconds: float,
    by_family: bool = False,
    bars: int = BARS,
) -> Histogram:
    """How many there were when, up to now. :raises QueryTimeout: when that takes longer."""
    scale = _scale(zone, bars, by_family=by_family)

    # One more: so it is known whether there is more.
    return current().store.figures.histogram(
        query, scope, scale, records=LOOKED_AT + 1, seconds=seconds
    )


def both(
    query: Query, scope: Scope, zone: tzinfo, *, seconds: float, by_family: bool = False
) -> tuple[Histogram, Facets]:
    """:func:`histogram` and :func:`facets`, of records that are looked at once.

    :raises QueryTimeout: when that takes longer.
    """
    return current().store.figures.both(
        query,
        scope,
        _scale(zone, BARS, by_family=by_family),
        records=LOOKED_AT + 1,
        top=TOP,
        seconds=seconds,
    )


def _scale(zone: tzinfo, bars: int, *, by_family: bool) -> Scale:
    moment = time.time_ns() // 1_000_000

    return Scale(zone=zone, now=moment, bars=bars, by_family=by_family)
