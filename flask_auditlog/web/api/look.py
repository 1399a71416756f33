"""GET: what is in the log, within what the token may see. Each read is recorded."""

from __future__ import annotations

import json

from flask import Response
from flask import url_for

from ...errors import NotFound
from ...event import Record
from ...export import format_of
from ...export import wire
from ...state import current
from ...store import Query
from ...store import VIEW_EVENTS
from .. import manifests
from ..args import checked
from ..args import paging
from ..args import query_from
from ..auth import api_caller
from ..auth import Caller
from ..auth import token_context
from ..denied import record_denied
from ..download import download
from ..reads import record_read
from .answers import given
from .answers import json_answer
from .answers import params_of_address

# Counting stops here: beyond it the exact number is worth less than the wait for it.
MOST_COUNTED = 1_000_000


def search(realm: str) -> Response:
    """Answer a page of events, newest first, and the cursor of the next."""
    caller = api_caller(VIEW_EVENTS, realm)
    state, params = current(), params_of_address()
    query = query_from(params)
    limit, cursor = paging(params, state.settings.limits)
    page = state.store.find(query, caller.scope, limit=limit, cursor=cursor)
    reader = token_context(caller, "system")
    record_read(caller.scope, "search", query, len(page.records), reader=reader)
    positions = caller.scope.shows_position
    events = given(page.records, positions)

    return json_answer(f'{{"events":{events},"next":{json.dumps(page.next)}}}')


def count(realm: str) -> Response:
    """Answer how many events match."""
    caller = api_caller(VIEW_EVENTS, realm)
    query = query_from(params_of_address(), also=())
    found = current().store.count(query, caller.scope, at_most=MOST_COUNTED)
    record_read(caller.scope, "count", query, found.value, reader=token_context(caller, "system"))

    return json_answer(json.dumps({"count": found.value, "exact": found.exact}))


def view(realm: str, uid: str) -> Response:
    """Answer one event. :raises NotFound: when there is none that the token may see and that matches."""
    caller = api_caller(VIEW_EVENTS, realm)
    query = asked_beside()
    record = event_of(caller, uid, query)
    reader = token_context(caller, "system")
    record_read(caller.scope, "view", query, 1, reader=reader, uid=record.event.uid)

    return json_answer(wire(record, caller.scope.shows_position))


def asked_beside() -> Query | None:
    """Return what is asked for beside a uid, if anything is."""
    query = query_from(params_of_address(), also=())

    return None if query == Query() else query


def event_of(caller: Caller, uid: str, query: Query | None = None) -> Record:
    """Return the record of *uid*.

    :raises NotFound: when there is none that the token may see and that matches *query*.
    """
    record = current().store.get(uid, caller.scope, query)
    if record is None:
        error = NotFound("There is no event with this uid.")
        reader = token_context(caller, "system")
        record_denied(error, "not_found", caller.scope.realm, context=reader, uid=uid)
        raise error

    return record


def export(realm: str) -> Response:
    """Stream all events that match, as a file."""
    caller = api_caller(VIEW_EVENTS, realm)
    params = params_of_address()
    query = query_from(params, also=("format", "columns"))
    rest = checked(params)
    kind, reader = format_of(rest.get("format")), token_context(caller, "system")

    return download(
        query,
        caller.scope,
        kind,
        reader,
        columns=rest.get("columns"),
        manifest_url=lambda uid: url_for(".export_manifest", realm=realm, uid=uid),
    )


def export_manifest(realm: str, uid: str) -> Response:
    """Answer the manifest of an export that has ended, by the uid of the event it began with."""
    caller = api_caller(VIEW_EVENTS, realm)
    query_from(params_of_address(), also=())
    found, reader = manifests.find(uid, caller.scope), token_context(caller, "system")
    record_read(caller.scope, "view", None, 1, reader=reader, uid=found["event"])

    return json_answer(manifests.encoded(found).decode())
