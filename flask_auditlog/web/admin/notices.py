"""Planned maintenance, told on every page while it is announced or goes on.

From the realm's ``system.MAINTENANCE`` events without an organization: the operator's word
to everyone who may see any of the log. What stands in them was written by others.
"""

from __future__ import annotations

import time as clock
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from datetime import UTC
from typing import Any
from weakref import WeakKeyDictionary

from ...errors import AuditLogError
from ...event import Event
from ...state import current
from ...state import State
from ...store.query import Query
from ...store.query import Scope
from ..args import read_time
from ..words import _
from . import dates
from . import moments
from . import zones

MAINTENANCE = "system.MAINTENANCE"
OVER = "system.MAINTENANCE_OVER"

DAY = 24 * 3600 * 1000
# How long ago it may have been announced, and what of it is looked at and shown.
ANNOUNCED = 90 * DAY
LOOKED_AT = 200
SHOWN = 3
# A page asks the store at most so often, in seconds.
FRESH = 15.0


@dataclass(frozen=True, slots=True)
class Notice:
    """One maintenance. ``uid`` only for those who may open its event."""

    when: str
    message: str
    uid: str | None


@dataclass(frozen=True, slots=True)
class Maintenance:
    """When it is, in epoch milliseconds, and what was said of it."""

    starts: int
    ends: int
    message: str
    uid: str


_known: WeakKeyDictionary[State, dict[str, tuple[float, list[Maintenance]]]] = WeakKeyDictionary()


def notices_for(scope: Scope) -> list[Notice]:
    """What stands on a page of this scope now, the next one first."""
    return notices_of(
        _announced(scope.realm), moments.now(), with_uid=scope.shows_position, zone=zones.here()
    )


def notices_of(
    announced: Iterable[Maintenance], now: int, *, with_uid: bool, zone: tzinfo = UTC
) -> list[Notice]:
    """What is not over yet, in the order it begins."""
    coming = sorted((each for each in announced if each.ends > now), key=lambda m: m.starts)

    return [
        Notice(
            when=_when(each, now, zone),
            message=each.message,
            uid=each.uid if with_uid else None,
        )
        for each in coming[:SHOWN]
    ]


def maintenances_of(events: Iterable[Event]) -> list[Maintenance]:
    """What was announced by *events*, which are newest first, and not taken back since."""
    found = []
    for event in events:
        if event.organization_id is not None:
            continue
        if event.type == OVER:
            break
        if event.type == MAINTENANCE:
            found.append(_maintenance(event))

    return found


def _maintenance(event: Event) -> Maintenance:
    """Without times of its own it begins at once, and is over after a day."""
    details = event.details or {}
    starts, ends = _time(details, "starts"), _time(details, "ends")
    starts = event.time if starts is None else starts
    message = details.get("message")

    return Maintenance(
        starts=starts,
        ends=starts + DAY if ends is None or ends <= starts else ends,
        message=message if isinstance(message, str) else "",
        uid=event.uid,
    )


def _time(details: Mapping[str, Any], key: str) -> int | None:
    value = details.get(key)
    if type(value) not in (int, str):
        return None
    try:
        return read_time(str(value))
    except (ValueError, OverflowError):
        return None


def _when(each: Maintenance, now: int, zone: tzinfo) -> str:
    """``on Sunday 16 July, 02:00 to 04:00 UTC``, and while it goes on ``until 04:00 UTC``."""
    begin, end = moments.moment(each.starts, zone), moments.moment(each.ends, zone)
    seen_from = moments.moment(now, zone) if each.starts <= now else begin
    until = f"{end:%H:%M} {moments.short(end)}"
    if end.date() != seen_from.date():
        until = dates.at_clock(moments.date(each.ends, now, zone=zone), until)
    if each.starts <= now:
        return _("until %(time)s", time=until)

    times = dates.span_of(f"{begin:%H:%M}", until)
    return _("on %(day)s, %(times)s", day=moments.date(each.starts, now, zone=zone), times=times)


def _announced(realm: str) -> list[Maintenance]:
    """What was announced, as it was known some seconds ago. A store that is away says nothing."""
    state = current()
    known = _known.setdefault(state, {})
    fresh_until, found = known.get(realm, (0.0, []))
    if clock.monotonic() < fresh_until:
        return found
    try:
        found = maintenances_of(_events(state, realm))
    except AuditLogError:
        found = []
    known[realm] = clock.monotonic() + FRESH, found

    return found


def _events(state: State, realm: str) -> list[Event]:
    query = Query(type=f"{MAINTENANCE}*", after=moments.now() - ANNOUNCED)
    everything = Scope(realm=realm, organization_id=None)

    return [r.event for r in state.store.find(query, everything, limit=LOOKED_AT).records]
