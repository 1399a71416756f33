"""Who took what out of the log, as its own events tell it: exports of every kind, by anybody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from ...event import Event
from ...event import READ_TYPE
from ...state import current
from ...store import Query
from ...store import Scope
from ..manifests import is_beginning
from ..reads import exports_of
from ..reads import record_tail

# So many events are looked at for those of exports: each has two.
LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Told:
    """An export. Of one that has not ended, or whose end nobody knows, ``ended`` is ``None``.

    :param began: the uid of the event that says so, and ``time`` when.
    :param tells: the event that tells most of it: its end, if there is one.
    """

    began: str
    time: int
    tells: Event
    ended: Event | None

    @property
    def details(self) -> dict[str, Any]:
        """What that event says of it, by the names of the event format."""
        return self.tells.details or {}


def taken_away(scope: Scope, *, after: int, limit: int) -> list[Told]:
    """Return the exports that began since then within *scope*, newest first. It is recorded,
    once a day, that somebody looks.

    :param after: in epoch milliseconds.
    :raises QueryTimeout: when they cannot be found in time.
    :raises StoreUnavailable: when it cannot be recorded.
    """
    query = Query(type=READ_TYPE, after=after, resource=exports_of(scope.realm))
    page = current().store.find(query, scope, limit=LOOKED_AT)
    # The time moves on from one look to the next.
    record_tail(scope, replace(query, after=None))

    return told(record.event for record in page.records)[:limit]


def told(events: Iterable[Event]) -> list[Told]:
    """Return the exports that *events* tell of, which come newest first. Pure.

    An end is newer than its beginning: one whose beginning is not there began before them all.
    """
    # Whoever may publish as others can send such an event, but never from "system".
    ours = [each for each in events if each.source == "system"]
    # Of two that a worker left as it died, the first counts.
    ends = {str((each.details or {}).get("began")): each for each in ours if not is_beginning(each)}

    return [
        Told(each.uid, each.time, ends.get(each.uid, each), ends.get(each.uid))
        for each in ours
        if is_beginning(each)
    ]
