"""Records as rows of a table, grouped by day. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from datetime import UTC
from itertools import groupby
from typing import Any

from ...event import Event
from ...event import Family
from ...event import family
from ...event import READ_TYPE
from ...event import Record
from ..words import _
from ..words import ngettext
from . import moments
from .display import value_text
from .sentence import DENIED
from .sentence import error_code
from .sentence import read_act
from .sentence import sentence
from .sentence import stood_for
from .sentence import who


@dataclass(frozen=True, slots=True)
class Row:
    """One event on one line.

    ``what`` is what a machine wrote, such as a path; ``note`` says more in words;
    ``stood_for`` is on behalf of whom the actor acted.
    """

    event: Event
    family: Family
    is_bad: bool
    actor: str | None
    actor_filter: str
    stood_for: str | None
    error: str | None
    what: str | None
    note: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Day:
    """The rows of one day, under its name."""

    name: str
    rows: tuple[Row, ...]


def days_of(records: Iterable[Record], now: int, zone: tzinfo = UTC) -> list[Day]:
    """*records* as rows, in their order, under the days of *zone* that they fall on."""
    rows = [row_of(record.event) for record in records]

    return [
        Day(name, tuple(group))
        for name, group in groupby(
            rows, key=lambda row: moments.day(row.event.time, now, zone=zone)
        )
    ]


def row_of(event: Event) -> Row:
    """One event as a row."""
    what, note = _what(event)
    actor = event.auth_details
    stands_for = stood_for(event)

    return Row(
        event=event,
        family=family(event.type),
        is_bad=is_bad(event),
        actor=who(event) or (_("system") if event.type.startswith("system.") else None),
        actor_filter="actor" if actor and (actor.username or actor.user_id) else "client",
        stood_for=stands_for and stands_for[1],
        error=None if event.error is None else error_code(event.error),
        what=what,
        note=note,
        sentence=sentence(event),
    )


def is_bad(event: Event) -> bool:
    """Whether it failed."""
    return event.error is not None or event.type.endswith("_ERROR")


def _what(event: Event) -> tuple[str | None, str | None]:
    details = event.details or {}
    changes = details.get("changes")
    if event.type == READ_TYPE and event.source == "system":
        return words_of(details.get("query")), read_act(event)
    if event.type in ("access.REQUEST", DENIED):
        return _request(event, details)
    if isinstance(changes, Mapping) and changes:
        named = ", ".join(list(changes)[:4])
        if len(changes) > 4:
            more = ngettext(
                "and %(number)s more field", "and %(number)s more fields", len(changes) - 4
            )
            named = f"{named} {more}"
        return event.resource_path, named

    return event.resource_path, _said(event, details)


def _said(event: Event, details: Mapping[str, Any]) -> str | None:
    """What the system's news say, or the name that was claimed at a login."""
    message, claimed = details.get("message"), details.get("username")
    if event.type.startswith("system.") and isinstance(message, str):
        return message
    if event.type.startswith("access.") and isinstance(claimed, str) and claimed != who(event):
        return _("as %(name)s", name=claimed)
    return None


def _request(event: Event, details: Mapping[str, Any]) -> tuple[str | None, str | None]:
    asked = (details.get("method"), details.get("path") or event.resource_path)
    words = " ".join(value_text(part) for part in asked if part) or None
    if isinstance(times := details.get("repeated"), int) and times != 1:
        return words, ngettext("%(number)s time", "%(number)s times", times)
    status = details.get("status")

    return words, None if status is None or event.error else value_text(status)


def words_of(query: object) -> str | None:
    """The query of a read of the log, as ``type:invoice.* error:true``; ``None`` of everything."""
    if not isinstance(query, Mapping) or not query:
        return None
    return " ".join(
        value_text(value) if name == "q" else f"{name}:{value_text(value)}"
        for name, value in query.items()
    )
