"""The figures of a range against those of the time before it, and their course as a line."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import UTC

from ....state import current
from ....store.charts.summary import Bar
from ....store.charts.summary import Facets
from ....store.query import Query
from ....store.query import Scope
from ... import figures
from ...words import _
from ...words import N_
from .patience import Patience

HOUR = 3600 * 1000
RANGES: Mapping[str, int] = {
    "hour": HOUR,
    "day": 24 * HOUR,
    "week": 7 * 24 * HOUR,
    "month": 30 * 24 * HOUR,
}
# So many parts are whole hours where they can be: those are counted already, however many events
# there are. One more than is whole, since the first and the last are not.
_PARTS: Mapping[str, int] = {"hour": 13, "day": 25, "week": 29, "month": 31}
# Of fewer than this a per cent says more than there is.
_FEW = 20
_CHANGE: Mapping[str, str] = {
    "hour": N_("%(change)s on the hour before"),
    "day": N_("%(change)s on the day before"),
    "week": N_("%(change)s on the week before"),
    "month": N_("%(change)s on the 30 days before"),
}
_BEFORE: Mapping[str, str] = {
    "hour": N_("%(number)s in the hour before"),
    "day": N_("%(number)s in the day before"),
    "week": N_("%(number)s in the week before"),
    "month": N_("%(number)s in the 30 days before"),
}
# The field of the line, as in its `viewBox`, and the space above and below it.
_WIDE, _HIGH, _EDGE = 100, 22, 2


@dataclass(frozen=True, slots=True)
class Trend:
    """How many there were, what the time before had, in words, and the points of the line.

    The words are empty where the time before was not counted, and the points where there is
    too little to draw.
    """

    number: int
    words: str
    points: str


@dataclass(frozen=True, slots=True)
class Range:
    """A range of time up to ``now``, and that before it, as long. Times are epoch milliseconds."""

    name: str
    now: int

    @property
    def after(self) -> int:
        """When it begins."""
        return self.now - RANGES[self.name]

    @property
    def before(self) -> Query:
        """What finds all of the time before."""
        return Query(after=self.after - RANGES[self.name], before=self.after)


def is_older(scope: Scope, here: Range, patience: Patience) -> bool:
    """Whether there are events from before the time before: of less than all of it nothing can
    be said.
    """
    query = Query(before=here.before.after)
    found = patience.ask(lambda seconds: _newest(query, scope, 1, seconds))

    return found is not None and found.records > 0


def people_words(scope: Scope, here: Range, patience: Patience) -> str:
    """``12 in the day before``: how many people did something; empty if not all was looked at."""
    found = patience.ask(lambda seconds: _newest(here.before, scope, figures.LOOKED_AT, seconds))
    if found is None or not found.complete:
        return ""

    return _(_BEFORE[here.name], number=f"{found.fields['actor'].distinct:,}")


def _newest(query: Query, scope: Scope, records: int, seconds: float) -> Facets:
    return current().store.figures.facets(
        query, scope, records=records, top=1, seconds=seconds, names=("actor",)
    )


def trends_of(
    query: Query, scope: Scope, here: Range, patience: Patience, *, compared: bool
) -> tuple[Trend, Trend] | None:
    """Return the trend of what *query* finds and of those that failed; ``None`` if not all was counted.

    :param query: begins with the range, and has no end.
    :param compared: whether with the time before; see :func:`is_older`.
    """
    found = _counted(query, scope, here, patience)
    if found is None:
        return None
    earlier = replace(query, after=here.before.after, before=here.before.before)
    before = _counted(earlier, scope, here, patience) if compared else None

    return _trend(here, found, before, _records), _trend(here, found, before, _errors)


def _counted(query: Query, scope: Scope, here: Range, patience: Patience) -> Sequence[Bar] | None:
    """All of it, or nothing: half a number has no trend."""
    parts = _PARTS[here.name]
    # Days of UTC are whole hours everywhere, and a line does not tell where one begins.
    found = patience.ask(
        lambda seconds: figures.histogram(query, scope, UTC, seconds=seconds, bars=parts)
    )

    return found.bars if found is not None and found.complete else None


def _records(bar: Bar) -> int:
    return bar.records or 0


def _errors(bar: Bar) -> int:
    return bar.errors or 0


def _trend(
    here: Range, found: Sequence[Bar], before: Sequence[Bar] | None, of: Callable[[Bar], int]
) -> Trend:
    number = sum(map(of, found))
    words = "" if before is None else change_words(number, sum(map(of, before)), here.name)

    return Trend(number, words, points_of(course_of(found, here, of)))


def change_words(number: int, before: int, name: str) -> str:
    """``+18% on the day before``; where there were few, ``3 in the day before``."""
    if before < _FEW or number >= 10 * before:
        return _(_BEFORE[name], number=f"{before:,}")
    return _(_CHANGE[name], change=f"{(number - before) / before:+.0%}".replace("-", "\u2212"))


def course_of(bars: Sequence[Bar], here: Range, of: Callable[[Bar], int]) -> list[int]:
    """Return the numbers of the whole parts.

    The last is not over: it is among them only if it is above the one before already. As lower
    it would say that all goes down.
    """
    numbers = [of(bar) for bar in bars if bar.start >= here.after and bar.end <= here.now]
    last = of(bars[-1]) if bars and bars[-1].end > here.now else 0

    return [*numbers, last] if numbers and last > numbers[-1] else numbers


def points_of(numbers: Sequence[int]) -> str:
    """Return the points of a line through *numbers*; none where it would be flat and say nothing."""
    most = max(numbers, default=0)
    if len(numbers) < 2 or not most:
        return ""
    step, high = _WIDE / (len(numbers) - 1), _HIGH - 2 * _EDGE

    return " ".join(
        f"{place * step:.1f},{_HIGH - _EDGE - high * number / most:.1f}"
        for place, number in enumerate(numbers)
    )
