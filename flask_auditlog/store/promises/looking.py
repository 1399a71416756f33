"""What every store promises to those who look further than at pages. See :mod:`.promises`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ...event import Record
from ..charts.summary import FACETS
from ..charts.summary import Facets
from ..charts.summary import Histogram
from ..charts.summary import Scale
from ..charts.summary import Spans
from ..query import Neighbours
from ..query import Query
from ..query import Scope
from ..query import Stretch


class Feed(Protocol):
    """Reading on from a position, as one who comes back for what is new: nothing is left out,
    and nothing given twice.
    """

    def read(self, position: int, query: Query, scope: Scope, *, limit: int) -> Stretch:
        """At most *limit* records past *position* that match, and where to read on.

        There may be fewer, even none, before the end of the log: so much is looked at for
        one answer, and no more.

        :raises QueryTimeout: when it takes longer than ``AUDITLOG_LIMITS``' ``query_seconds``.
        """

    def end(self, scope: Scope) -> int:
        """The position behind which there is nothing within *scope*, 0 while there is nothing."""

    def seal(self, position: int, scope: Scope) -> str:
        """*position* as an opaque cursor for a reader of *scope*."""

    def unseal(self, cursor: str, scope: Scope) -> int:
        """The position of a cursor.

        :raises QueryError: when it is not one, or of another scope.
        """


class Around(Protocol):
    """What happened around an event."""

    def find(
        self, record: Record, query: Query, scope: Scope, *, limit: int, seconds: float
    ) -> Neighbours:
        """At most *limit* records that match, those nearest to *record* in time, without it.

        :param seconds: how long each side may be looked for.
        :raises QueryTimeout: when it takes longer.
        """


class Hours(Protocol):
    """The numbers of records in each hour, by which :class:`Figures` sees all of a large log."""

    def follow(self, *, limit: int) -> int | None:
        """Count the next records, at most *limit*: each exactly once.

        Return how many there were; ``None`` while another process is at it.
        """


class Sieve(Protocol):
    """What is known of the bodies, by which a search for a text reads few of them."""

    def follow(self, *, blocks: int, every: float = ...) -> int | None:
        """Sift the next records: at most so many *blocks* of 16, of 4096 that are all there.

        Return how many there were; ``None`` while another process is at it.

        :param every: how long nobody else begins, in seconds.
        """

    def position(self) -> int:
        """Up to where the log was sifted; what is behind it is read when a text is searched."""


class Figures(Protocol):
    """What a search finds, in figures, of so many of the newest records that it finds."""

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
        """The *top* most frequent values of each filter, among at most *records* of what is found.

        Equally frequent ones are in the order of their bytes. Who sees one organization is not
        told of ``org``.

        :param names: the filters, of :data:`.summary.FACETED`.
        :param seconds: how long it may take.
        :raises QueryTimeout: when it takes longer.
        """

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
        """When each value of these filters was first and last, among at most *records* of what is
        found: of each filter the *top* values that began last, the latest first.

        Those that began at one time are in the order of their bytes. Who sees one organization is
        not told of ``org``.

        :param names: the filters, of :data:`.summary.FACETED`.
        :param seconds: how long it may take.
        :raises QueryTimeout: when it takes longer.
        """

    def histogram(
        self, query: Query, scope: Scope, scale: Scale, *, records: int, seconds: float
    ) -> Histogram:
        """How many of them were when, over the time that is asked for.

        Without a beginning it is from the first record that was counted, and without an end to
        now, or to the last record if there is no beginning either.

        :raises QueryTimeout: as :meth:`facets`.
        """

    def both(
        self, query: Query, scope: Scope, scale: Scale, *, records: int, top: int, seconds: float
    ) -> tuple[Histogram, Facets]:
        """What :meth:`histogram` and :meth:`facets` say, of records that are looked at once.

        :raises QueryTimeout: as :meth:`facets`.
        """
