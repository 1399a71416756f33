"""The panel of an event's page that shows what happened around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...event import Record
from ...store.query import Neighbours
from ...store.query import Scope
from ..args import to_params
from ..related import neighbours
from ..related import searches
from ..words import _
from ..words import N_
from .asked import Asked
from .rows import Row
from .rows import row_of

# Most events shown beside this one.
MOST = 10

# What a group has in common, and what is said above it.
WORDS: Mapping[str, tuple[str, str]] = {
    "session": (N_("Session"), N_("This session")),
    "request": (N_("Request"), N_("This request")),
    "trace": (N_("Trace"), N_("This trace")),
    "actor": (N_("Actor"), N_("This actor")),
    "resource": (N_("Resource"), N_("This resource")),
}


@dataclass(frozen=True, slots=True)
class Tab:
    """What the event has in common with others, how many those are with it, and if they are shown."""

    name: str
    words: str
    number: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Around:
    """One group of events with this one among them, newest first, and the names of all groups.

    ``search`` finds the whole group.
    """

    heading: str
    tabs: tuple[Tab, ...]
    rows: tuple[Row, ...]
    search: Asked


def around(record: Record, scope: Scope, here: Asked, wanted: str | None) -> Around | None:
    """Return the group that is *wanted*, or else the first; ``None`` where the event is alone."""
    found = {
        name: group
        for name, query in searches(record.event).items()
        if (group := neighbours(record, query, scope, MOST)) is not None
        and (group.newer or group.older)
    }
    if not found:
        return None
    shown = wanted if wanted in found else next(iter(found))
    group = found[shown]
    records = (*group.newer, record, *group.older)
    params = to_params(searches(record.event)[shown])

    return Around(
        heading=_(WORDS[shown][1]),
        tabs=tuple(
            Tab(name, WORDS[name][0], _number(each), name == shown) for name, each in found.items()
        ),
        rows=tuple(row_of(each.event) for each in records),
        search=Asked(tuple(params.items()), realm=here.realm, zone=here.zone),
    )


def _number(group: Neighbours) -> str:
    number = len(group.newer) + len(group.older) + 1
    return f"{number}+" if group.more else str(number)
