"""What an event has in common with others, as searches that find them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..errors import QueryTimeout
from ..event import Actor
from ..event import Event
from ..event import OWN_TYPES
from ..event import Record
from ..state import current
from ..store import Neighbours
from ..store import Query
from ..store import Scope
from ..store.language import Term
from ..store.language.expression import all_of
from ..store.language.expression import conjuncts
from .args import LONGEST_VALUE

# What belongs to one trace is looked for so long before the event and after it, in
# milliseconds: no index finds it.
TRACE_WITHIN = 10 * 60 * 1000
# The filters of the searches below, but for those of time.
_IN_COMMON = ("session", "request", "text", "user", "username", "client", "resource")
# How long one of the searches may take, in seconds. It is one of several.
PATIENCE = 1.0


def searches(event: Event) -> dict[str, Query]:
    """Return the search for each thing that *event* has in common with others, by its name."""
    actor = event.auth_details or Actor()
    found: dict[str, Mapping[str, Any]] = {
        "session": {"session": actor.session_id},
        "request": {"request": event.request_id},
        "trace": _trace(event),
        "actor": _actor(actor),
        "resource": {"resource": _plain(event.resource_path)},
    }
    reads = event.type in OWN_TYPES and event.source == "system"

    return {
        name: Query(reads=reads, **asked)
        for name, asked in found.items()
        if asked and all(_is_filter(value) for value in asked.values())
    }


def narrowed(group: Query, asked: Query) -> Query | None:
    """Return the search for what both find; ``None`` where no time is in both."""
    both = replace(asked, reads=asked.reads or group.reads)
    for name in _IN_COMMON:
        value = getattr(group, name)
        if value is None:
            continue
        if getattr(both, name) in (None, value):
            both = replace(both, **{name: value})
        else:
            # A query has one of each; its language may say another.
            said = (*conjuncts(both.more), Term(name, "is", value))
            both = replace(both, more=all_of(said))
    after = max(_some(group.after, asked.after), default=None)
    before = min(_some(group.before, asked.before), default=None)
    if after is not None and before is not None and after >= before:
        return None

    return replace(both, after=after, before=before)


def neighbours(record: Record, query: Query, scope: Scope, limit: int) -> Neighbours | None:
    """Return what *query* finds around *record*; ``None`` when that would take too long."""
    try:
        return current().store.around.find(record, query, scope, limit=limit, seconds=PATIENCE)
    except QueryTimeout:
        return None


def _some(*values: int | None) -> list[int]:
    return [each for each in values if each is not None]


def _actor(actor: Actor) -> dict[str, Any]:
    """The most telling name of who did it."""
    names = {"user": actor.user_id, "username": actor.username, "client": actor.client_id}

    return next(({name: value} for name, value in names.items() if value), {})


def _trace(event: Event) -> dict[str, Any]:
    # https://www.w3.org/TR/trace-context/: version-traceid-parentid-flags
    parts = (event.traceparent or "").split("-")
    if len(parts) < 4:
        return {}

    return {
        "text": parts[1],
        "after": event.time - TRACE_WITHIN,
        "before": event.time + TRACE_WITHIN,
    }


def _plain(path: str | None) -> str | None:
    """The path, unless a filter would take it for a pattern."""
    return None if path is None or "*" in path else path


def _is_filter(value: Any) -> bool:
    return bool(value) and len(str(value)) <= LONGEST_VALUE
