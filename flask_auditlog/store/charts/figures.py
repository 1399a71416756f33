"""What a search finds, in figures: facets and a histogram, of a bounded number of records.

No index counts everything in time. So the newest records are looked at, up to a bound, and what
is told says whether that was all. Where numbers of hours and days are kept, they tell of the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from ..query import Query
from ..query import Scope
from ..search.plan import moment
from ..search.plan import plan
from ..search.reader import Reader
from ..search.settle import settled
from ..search.where import check
from .buckets import SECOND
from .drawing import drawn
from .drawing import is_cut
from .drawing import Point
from .drawing import refined
from .drawing import steps_of
from .hourly import hourly
from .parts import Frequent
from .parts import Latest
from .parts import look
from .parts import Looked
from .parts import Part
from .parts import Times
from .summary import FACETS
from .summary import Facets
from .summary import Histogram
from .summary import Scale
from .summary import Spans
from .totals import totals


@dataclass(frozen=True, slots=True)
class _Newest:
    """The newest of what *query* finds within *scope*, at most so many *records*."""

    query: Query
    scope: Scope
    records: int

    def look(self, connection: sa.Connection, parts: Sequence[Part]) -> Looked:
        """Ask all *parts* of them."""
        conditions = plan(connection, self.query, self.scope, taking=self.records, behind=[])

        return look(connection, conditions, self.records, parts)


class SqlFigures:
    """See :class:`.looking.Figures`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def facets(
        self,
        query: Query,
        scope: Scope,
        *,
        records: int,
        top: int,
        seconds: float,
        names: Sequence[str] = FACETS,
    ) -> Facets:
        """See :meth:`.looking.Figures.facets`."""
        query = settled(query, moment())
        parts = _frequent(names, scope, top)
        if not parts:
            return Facets(fields={}, records=0, complete=True)
        with self._reader.connect(seconds=seconds) as connection:
            looked = _Newest(query, scope, records).look(connection, parts)
            return _facets(connection, query, scope, parts, looked)

    def spans(
        self,
        query: Query,
        scope: Scope,
        *,
        records: int,
        top: int,
        seconds: float,
        names: Sequence[str],
    ) -> Spans:
        """See :meth:`.looking.Figures.spans`."""
        parts = [Latest(name, top) for name in _told(names, scope)]
        with self._reader.connect(seconds=seconds) as connection:
            looked = _Newest(query, scope, records).look(connection, parts)

        return Spans(
            fields={part.key: part.read(looked) for part in parts},
            records=looked.records,
            since=looked.oldest,
            complete=looked.complete,
        )

    def histogram(
        self, query: Query, scope: Scope, scale: Scale, *, records: int, seconds: float
    ) -> Histogram:
        """See :meth:`.looking.Figures.histogram`."""
        # The bars are over the time that is asked for, also where that is counted from now.
        query = settled(query, scale.now)
        check(query)
        with self._reader.connect(seconds=seconds) as connection:
            kept = hourly(connection, query, scope, scale)
            if kept is not None and _is_told(kept, scale):
                return drawn(kept, query, scale)
            return _looked_at(connection, _Newest(query, scope, records), scale, kept)[0]

    def both(
        self, query: Query, scope: Scope, scale: Scale, *, records: int, top: int, seconds: float
    ) -> tuple[Histogram, Facets]:
        """See :meth:`.looking.Figures.both`."""
        query = settled(query, scale.now)
        check(query)
        parts = _frequent(FACETS, scope, top)
        with self._reader.connect(seconds=seconds) as connection:
            kept = hourly(connection, query, scope, scale)
            if kept is not None and _is_told(kept, scale):
                looked = _Newest(query, scope, records).look(connection, parts)
                bars = drawn(kept, query, scale)
            else:
                newest = _Newest(query, scope, records)
                bars, looked = _looked_at(connection, newest, scale, kept, parts)
            return bars, _facets(connection, query, scope, parts, looked)


def _told(names: Sequence[str], scope: Scope) -> list[str]:
    """Of one organization all records have the same."""
    return [name for name in names if name != "org" or scope.organization_id is None]


def _frequent(names: Sequence[str], scope: Scope, top: int) -> list[Frequent]:
    return [Frequent(name, top) for name in _told(names, scope)]


def _facets(
    connection: sa.Connection, query: Query, scope: Scope, parts: Sequence[Frequent], looked: Looked
) -> Facets:
    fields = {part.key: part.read(looked) for part in parts}
    if not looked.complete and parts:
        fields |= totals(connection, query, scope, list(fields), parts[0].top)

    return Facets(fields=fields, records=looked.records, complete=looked.complete)


def _is_told(kept: Sequence[Point], scale: Scale) -> bool:
    """Whether the numbers say all that is asked. Nobody counts an organization's by family."""
    return not scale.by_family or all(point.ours is not None for point in kept)


def _looked_at(
    connection: sa.Connection,
    newest: _Newest,
    scale: Scale,
    kept: Sequence[Point] | None,
    parts: Sequence[Part] = (),
) -> tuple[Histogram, Looked]:
    """The bars of the *newest*, and what else is asked of these."""
    for steps in (steps_of(newest.query, scale), [SECOND]):
        # Two more: for the ends of the range, which may lie within a step.
        times = Times(steps=steps, most=scale.bars + 2, by_family=scale.by_family)
        looked = newest.look(connection, [*parts, times])
        bars, step = _drawn(newest.query, scale, kept, times, looked)
        if not is_cut(bars, step):
            break

    return bars, looked


def _drawn(
    query: Query, scale: Scale, kept: Sequence[Point] | None, times: Times, looked: Looked
) -> tuple[Histogram, int]:
    """The bars of what was looked at, and those of the numbers where these say more; and in which
    steps they were counted.
    """
    (points, step), since = times.read(looked), None
    if not looked.complete:
        # Of the oldest step some may not be among them.
        since, points = points[0].time + step, points[1:]
    if kept is None:
        return drawn(points, query, scale, since=since), step

    return refined(drawn(kept, query, scale), points, scale, since=since), step
