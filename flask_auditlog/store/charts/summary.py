"""What a search finds, in figures. Times are epoch milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo

from ...event import Family

# The filters of which the frequent values are told. An actor is the username, or else the user id.
FACETS = ("type", "actor", "resource_type", "client", "ip", "org", "error")
# And those of which they can be told beside, as while somebody writes a query: each is a column. A trace
# is none, has no index and is no filter either; it stands within `traceparent` in the body. To tell which
# there are, thousands of bodies would have to be read with each key that somebody presses.
FACETED = (*FACETS, "user", "username", "resource", "session", "request")


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value, and how many records have it."""

    value: str
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """The most frequent values of a filter, and how many different ones there are.

    ``complete`` is true where they are of all that was found.
    """

    values: tuple[Value, ...]
    distinct: int
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """The facets of what was found, by their filter, of so many of the newest records.

    ``complete`` is true where those are all. Of more, a facet of which numbers are kept is of all.
    """

    fields: Mapping[str, Facet]
    records: int
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A value, how many records have it, and when the first and the last of them were."""

    value: str
    records: int
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The values of a filter that began last, and how many different ones there are."""

    values: tuple[Span, ...]
    distinct: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """When the values of each filter were seen, in so many of the newest records that were found.

    ``complete`` is true where those are all: else a value may have been seen before. ``since`` is
    when the oldest of them was.
    """

    fields: Mapping[str, Begun]
    records: int
    since: int | None
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How a range of time is divided: into about so many ``bars``.

    Days begin at midnight in ``zone``. What has a beginning and no end ends ``now``. With
    ``by_family`` each part is divided by the families of the types, too.
    """

    zone: tzinfo
    now: int
    bars: int
    by_family: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How many records are from ``start`` to before ``end``, and how many of them failed.

    ``None`` where there are too many later ones: these were not counted. ``families`` adds up to
    ``records``; it is ``None`` where nobody asked, or nobody counted by family.
    """

    start: int
    end: int
    records: int | None
    errors: int | None
    families: Mapping[Family, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Bars of one width, without a gap: ``5m``, ``1h``, ``1d``, ``1mo``. None for no records.

    ``complete`` is true where all that was found is in them.
    """

    width: str
    bars: tuple[Bar, ...]
    complete: bool
