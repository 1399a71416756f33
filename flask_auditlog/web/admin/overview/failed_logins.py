"""Who fails to log in, why, and from where: of all failed logins, and of the newest by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field

from ....event import Event
from ....state import current
from ....store.query import Query
from ....store.query import Scope
from ... import figures
from ..asked import Asked
from ..facet_column import can_say
from ..facet_column import Facet
from ..facet_column import facets_of
from ..sentence import error_code
from .patience import Patience

FAILED = "access.LOGIN_ERROR"
# The name that was tried stands in the details, which no index counts: so many are read.
READ = 300
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Name:
    """A name that was tried: how often, in per cent of the most frequent, why it was refused,
    and from where.

    ``text`` is ``None`` where no name was told. ``address`` is the one address, if it is one.
    """

    text: str | None
    number: int
    share: float
    errors: tuple[str, ...]
    addresses: int
    address: str | None
    to: Asked | None


@dataclass(frozen=True, slots=True)
class FailedLogins:
    """``names`` are those of the newest ``read``, of which there are ``distinct``."""

    number: int
    is_all: bool
    asked: Asked
    facets: dict[str, Facet]
    names: tuple[Name, ...]
    distinct: int
    read: int


@dataclass(slots=True)
class _Tried:
    number: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    addresses: set[str] = field(default_factory=set)


def failed_logins(after: int, scope: Scope, here: Asked, patience: Patience) -> FailedLogins | None:
    """Return the failed logins since *after*; ``None`` where that takes too long."""
    query = Query(type=FAILED, after=after)
    found = patience.ask(lambda seconds: figures.facets(query, scope, seconds=seconds))
    if found is None:
        return None
    asked = here.plus("type", FAILED)
    # As many as this are read in less time than that took.
    read = current().store.find(query, scope, limit=READ).records if found.records else ()
    names = names_of((each.event for each in read), asked)

    return FailedLogins(
        number=found.records,
        is_all=found.complete,
        asked=asked,
        facets={each.name: each for each in facets_of(found, asked)},
        names=names[:SHOWN],
        distinct=len(names),
        read=len(read),
    )


def names_of(events: Iterable[Event], asked: Asked) -> tuple[Name, ...]:
    """Return the names that were tried, the most frequent first. Pure."""
    tried: dict[tuple[str, str] | None, _Tried] = {}
    for event in events:
        each = tried.setdefault(_name(event), _Tried())
        each.number += 1
        if event.error:
            each.errors[error_code(event.error)] += 1
        if event.auth_details and event.auth_details.ip_address:
            each.addresses.add(event.auth_details.ip_address)
    ranked = sorted(tried.items(), key=lambda pair: (-pair[1].number, pair[0] or ("", "")))
    most = ranked[0][1].number if ranked else 1

    return tuple(_told(name, each, most, asked) for name, each in ranked)


def _told(name: tuple[str, str] | None, tried: _Tried, most: int, asked: Asked) -> Name:
    can = name is not None and can_say(name[1])

    return Name(
        text=name[1] if name else None,
        number=tried.number,
        share=round(100 * tried.number / most, 1),
        errors=tuple(code for code, _ in tried.errors.most_common(2)),
        addresses=len(tried.addresses),
        address=next(iter(tried.addresses)) if len(tried.addresses) == 1 else None,
        to=asked.plus(*name) if name and can else None,
    )


def _name(event: Event) -> tuple[str, str] | None:
    """The filter that finds it, and its value: nobody is logged in, so it is mostly in the details."""
    claimed, known = (event.details or {}).get("username"), event.auth_details
    if isinstance(claimed, str) and claimed:
        return "details.username", claimed
    name = known and (known.username or known.user_id)

    return ("actor", name) if name else None
