"""Reads of the log are recorded in the log, before what was read is handed out.

The rule: one event for each answer, with what was asked and how many records were given.
An export has two, since nobody knows its number before its end: one before the first byte
(so the evidence is there even if the process dies on the way) and one at the end, also when
the reader hangs up, with the number and the uid of the first. The feed has one a day for each
token, and that is left out of what the token reads: reading must not feed itself. So has the
polling of each webhook. If a read cannot be recorded, it fails.
"""

from __future__ import annotations

import time
from dataclasses import replace
from hashlib import sha256
from typing import Any
from typing import Literal

from ..event import Draft
from ..event import READ_TYPE
from ..event import Receipt
from ..event import Record
from ..recorder import Context
from ..recorder import Recorder
from ..state import current
from ..state import request_context
from ..store import Query
from ..store import Scope
from ..store.language import Term
from ..store.language.expression import mapped
from .args import to_params

Action = Literal[
    "search",
    "view",
    "related",
    "export",
    "fetch",
    "import",
    "count",
    "facets",
    "histogram",
    "feed",
    "poll",
    "tail",
    "types",
]

DAY = 24 * 3600 * 1000
# Of so many it is known what they have read today; who is forgotten is looked up again.
MOST_KNOWN = 1000


def record_read(
    scope: Scope,
    action: Action,
    query: Query | None,
    records: int | None,
    *,
    reader: Context | None = None,
    **more: Any,
) -> Receipt:
    """Record that somebody read the log.

    :param records: how many records they were given; ``None`` when it is not yet known.
    :param reader: who; without it the host's current user.
    :param more: what else belongs into the event's details; ``uid`` names the one viewed.
    :raises StoreUnavailable: when it cannot be recorded. Do not hand out what was read.
    """
    state = current()
    if not state.settings.enabled:
        return Receipt(uid=None, state="disabled")
    draft = _draft(scope, action, query, records, more)

    return state.recorder.record(draft, _within(scope, reader or request_context()))


def record_feed(scope: Scope, query: Query, reader: Context) -> None:
    """Record that a token reads the feed, unless that is on record for today (UTC).

    :raises StoreUnavailable: as :func:`record_read`.
    """
    _record_today("feed", _draft(scope, "feed", query, None, {}), _within(scope, reader))


def record_poll(scope: Scope, webhook_id: str, reader: Context) -> None:
    """Record that a token polls a webhook, unless that is on record for today (UTC).

    :raises StoreUnavailable: as :func:`record_read`.
    """
    draft = _draft(scope, "poll", None, None, {"webhook": webhook_id})
    _record_today(f"poll {webhook_id}", draft, _within(scope, reader))


def record_tail(scope: Scope, query: Query) -> None:
    """Record that the host's current user reads what comes in, unless this process did so today (UTC).

    Each search once: whoever follows another is on record with that.

    :raises StoreUnavailable: as :func:`record_read`.
    """
    state = current()
    if not state.settings.enabled:
        return
    reader = _within(scope, request_context())
    draft = _draft(scope, "tail", query, None, {})
    actor = reader.actor
    who = (actor.user_id, actor.username, actor.session_id) if actor else ()
    asked = repr((who, scope, to_params(query))).encode("utf-8", "surrogatepass")
    known, today = f"tail {sha256(asked).hexdigest()}", time.time_ns() // 1_000_000 // DAY
    if state.fed.get(known) == today:
        return
    state.recorder.record(draft, reader)
    _remember(state.fed, known, today)


def _record_today(what: str, draft: Draft, reader: Context) -> None:
    state, known = current(), f"{reader.token_id} {what}"
    today = time.time_ns() // 1_000_000 // DAY
    if state.fed.get(known) == today:
        return
    # A key with a space is nobody's: those that are sent have none. So of two processes that
    # record it at once only one does.
    key = (f"{what} {today}", b"feed")
    state.recorder.ingest([draft], reader, key=key)
    _remember(state.fed, known, today)


def _remember(fed: dict[str, int], known: str, today: int) -> None:
    if len(fed) >= MOST_KNOWN:
        fed.clear()
    fed[known] = today


def is_feeding(record: Record, token_id: str) -> bool:
    """Whether *record* says no more than that this token reads the feed."""
    # Most are not worth decoding.
    if READ_TYPE not in record.body:
        return False
    event = record.event

    return (event.type, event.source, event.token_id) == (READ_TYPE, "system", token_id) and (
        event.details or {}
    ).get("action") == "feed"


def _draft(
    scope: Scope, action: Action, query: Query | None, records: int | None, more: dict[str, Any]
) -> Draft:
    details: dict[str, Any] = {"action": action}
    if query is not None:
        details["query"] = to_params(masked(query, current().recorder))
    if records is not None:
        details["records"] = records
    path = exports_of(scope.realm) if action == "export" else f"realms/{scope.realm}/events"
    if "uid" in more:
        path = f"{path}/{more.pop('uid')}"

    return Draft(
        type=READ_TYPE,
        operation_type="ACTION",
        resource_type="AUDIT_LOG",
        resource_path=path,
        details=details | more,
    )


def exports_of(realm: str) -> str:
    """The resource of exports: so that they are found among many searches."""
    return f"realms/{realm}/events/export"


def _within(scope: Scope, reader: Context) -> Context:
    """Who reads, as the context of an event that is ours and within what they may see."""
    return replace(
        reader,
        realm=scope.realm,
        organization_id=scope.organization_id,
        source="system",
        trusted=True,
    )


def masked(query: Query, recorder: Recorder) -> Query:
    """*query* without the secrets that somebody searched for in its language.

    In the text that it is printed as, no masker would find the names they stand under.
    """

    def hidden(term: Term) -> Term:
        value = recorder.masked({term.field: term.value})[term.field]
        return term if value == term.value else Term(term.field, "is", str(value))

    return query if query.more is None else replace(query, more=mapped(query.more, hidden))
