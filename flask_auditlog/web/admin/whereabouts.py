"""Where an actor was: their sessions, their addresses, and what of them is new."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from ...store import Query
from ...store import Scope
from ...store import Spans
from ...store.charts.summary import Span
from .. import figures
from ..words import N_
from .addresses import read_address
from .asked import Asked
from .facet_column import can_say
from .figures import in_time
from .figures import PATIENCE

DAY = 24 * 3600 * 1000
# So many new values of a filter are named.
NAMED = 3
# What may be new, and what is said above it.
_NEW: Mapping[str, str] = {"ip": N_("Addresses"), "client": N_("Clients"), "type": N_("Types")}


@dataclass(frozen=True, slots=True)
class Stay:
    """A session or an address: when it was first and last seen, in epoch milliseconds, and how often.

    ``share`` is in per cent of the most frequent; ``note`` says what it is; ``to`` searches for
    it, where a filter can say it.
    """

    text: str
    number: int
    share: float
    first: int
    last: int
    note: str | None
    to: Asked | None

    @property
    def lasted(self) -> int:
        """From the first event to the last, in milliseconds."""
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class Stays:
    """Those that began last, and how many there are in all."""

    shown: tuple[Stay, ...]
    distinct: int


@dataclass(frozen=True, slots=True)
class News:
    """The values of a filter that were not seen before: some of them, and how many more.

    ``is_more`` is whether there may be yet more than those.
    """

    title: str
    shown: tuple[tuple[str, Asked | None], ...]
    more: int
    is_more: bool


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """``looked_at`` is of how many of the newest events this is, if not of all."""

    sessions: Stays
    addresses: Stays
    news: tuple[News, ...]
    looked_at: int | None


def whereabouts_of(query: Query, scope: Scope, asked: Asked, now: int) -> Whereabouts | None:
    """Return where the actor was that *query* finds; ``None`` if that would take too long."""
    names = ("session", *_NEW)
    found = in_time(lambda: figures.spans(query, scope, names, seconds=PATIENCE))
    if found is None:
        return None
    # All of a session, also what was done in it before it was known by whom.
    anybody = Asked((), realm=asked.realm, zone=asked.zone)

    return Whereabouts(
        sessions=_stays(found, "session", anybody),
        addresses=_stays(found, "ip", asked),
        news=_news(found, asked, now - DAY),
        looked_at=None if found.complete else found.records,
    )


def _stays(found: Spans, name: str, asked: Asked) -> Stays:
    begun = found.fields[name]
    most = max((each.records for each in begun.values), default=1)
    shown = tuple(
        Stay(
            text=each.value,
            number=each.records,
            share=round(100 * each.records / most, 1),
            first=each.first,
            last=each.last,
            note=read_address(each.value) if name == "ip" else None,
            to=_search(asked, name, each),
        )
        for each in begun.values
    )
    return Stays(shown, begun.distinct)


def _news(found: Spans, asked: Asked, since: int) -> tuple[News, ...]:
    """What began *since* then, of an actor who had been seen before."""
    if found.since is None or found.since >= since:
        return ()
    begun = {
        name: [each for each in found.fields[name].values if each.first >= since] for name in _NEW
    }
    return tuple(
        _new(name, values, asked, is_more=len(values) == figures.TOP)
        for name, values in begun.items()
        if values
    )


def _new(name: str, values: Sequence[Span], asked: Asked, *, is_more: bool) -> News:
    return News(
        title=_NEW[name],
        shown=tuple((each.value, _search(asked, name, each)) for each in values[:NAMED]),
        more=max(0, len(values) - NAMED),
        is_more=is_more,
    )


def _search(asked: Asked, name: str, span: Span) -> Asked | None:
    return asked.plus(name, span.value) if can_say(span.value) else None
