"""Records as the viewer shows them: a sentence, and below it what is known. Pure.

What would tell of others, or of how the app is built, is not here: no position, no source, no
realm, no token.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from ...event import Actor
from ...event import Event
from ...event import Record
from ..admin import moments
from ..admin.agent import read_agent
from ..admin.changes import Change
from ..admin.changes import changes_of
from ..admin.details import Detail
from ..admin.details import details_of
from ..admin.display import cut
from ..admin.facts import Fact
from ..admin.rows import Row
from ..admin.rows import row_of
from ..admin.sentence import LONGEST_PART
from ..words import N_

# So much of an event stands in the list; its own page has the rest.
MOST_IN_LIST = 10
MOST = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. ``said`` is its sentence without the error, which stands behind it.

    ``by`` is who did it, where the sentence does not say; ``more`` is how many changes and details are left out.
    """

    row: Row
    said: str
    by: str | None
    changes: tuple[Change, ...]
    details: tuple[Detail, ...]
    facts: tuple[Fact, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Day:
    """The entries of one day, under its name."""

    name: str
    entries: tuple[Entry, ...]


def days_of(records: Iterable[Record], now: int) -> list[Day]:
    """*records* as entries, in their order, under the days they fall on (UTC)."""
    entries = [entry_of(record.event, MOST_IN_LIST) for record in records]

    return [
        Day(name, tuple(group))
        for name, group in groupby(entries, key=lambda each: moments.day(each.row.event.time, now))
    ]


def entry_of(event: Event, most: int = MOST) -> Entry:
    """One event, with at most so many of its changes and of its details."""
    row = row_of(event)
    changes, details = changes_of(event.details), details_of(event.details)
    # The sentence ends with it, and it stands in words of its own.
    said = (
        row.sentence.removesuffix(f": {cut(row.error, LONGEST_PART)}")
        if row.error
        else row.sentence
    )

    return Entry(
        row=row,
        said=said,
        by=None if row.actor and cut(row.actor, LONGEST_PART) in said else row.actor,
        changes=tuple(changes[:most]),
        details=tuple(details[:most]),
        facts=tuple(fact for fact in _facts(event, row) if fact.value),
        more=len(changes[most:]) + len(details[most:]),
    )


def _facts(event: Event, row: Row) -> list[Fact]:
    actor = event.auth_details or Actor()
    reading = read_agent(event.user_agent or "")
    who = ", ".join(each for each in (actor.username, actor.user_id) if each)

    return [
        Fact(N_("When"), moments.full(event.time)),
        Fact(N_("Who"), who),
        Fact(N_("On behalf of"), row.stood_for or ""),
        Fact(N_("From"), actor.ip_address or "", mono=True, note=reading.name if reading else None),
        Fact(N_("With"), actor.client_id or ""),
        Fact(N_("Resource"), event.resource_path or "", mono=True),
    ]
