"""GET: what is in the log, within what the token may see. Each read is recorded."""

from __future__ import annotations

import json
from urllib.parse import unquote_to_bytes

from flask import request
from flask import Response
from werkzeug.datastructures import MultiDict

from ...errors import NotFound
from ...errors import QueryError
from ...export import wire
from ...state import current
from ...store import VIEW_EVENTS
from ..args import checked
from ..args import paging
from ..args import query_from
from ..auth import api_caller
from ..auth import token_context
from ..denied import record_denied
from ..download import download
from ..download import format_of
from ..reads import record_read

# Counting stops here: beyond it the exact number is worth less than the wait for it.
MOST_COUNTED = 1_000_000


def search(realm: str) -> Response:
    """Answer a page of events, newest first, and the cursor of the next."""
    caller = api_caller(VIEW_EVENTS, realm)
    state, params = current(), _params()
    query = query_from(params)
    limit, cursor = paging(params, state.settings.limits)
    page = state.store.find(query, caller.scope, limit=limit, cursor=cursor)
    reader = token_context(caller, "system")
    record_read(caller.scope, "search", query, len(page.records), reader=reader)
    positions = caller.scope.shows_position
    # The stored bytes are copied, never written anew.
    events = ",".join(wire(record, positions) for record in page.records)

    return _json(f'{{"events":[{events}],"next":{json.dumps(page.next)}}}')


def count(realm: str) -> Response:
    """Answer how many events match."""
    caller = api_caller(VIEW_EVENTS, realm)
    query = query_from(_params(), also=())
    found = current().store.count(query, caller.scope, at_most=MOST_COUNTED)
    record_read(caller.scope, "count", query, found.value, reader=token_context(caller, "system"))

    return _json(json.dumps({"count": found.value, "exact": found.exact}))


def view(realm: str, uid: str) -> Response:
    """Answer one event. :raises NotFound: when there is none that the token may see."""
    caller = api_caller(VIEW_EVENTS, realm)
    query_from(_params(), also=())
    record = current().store.get(uid, caller.scope)
    reader = token_context(caller, "system")
    if record is None:
        error = NotFound("There is no event with this uid.")
        record_denied(error, "not_found", realm, context=reader, uid=uid)
        raise error
    record_read(caller.scope, "view", None, 1, reader=reader, uid=record.event.uid)

    return _json(wire(record, caller.scope.shows_position))


def export(realm: str) -> Response:
    """Stream all events that match, as a file."""
    caller = api_caller(VIEW_EVENTS, realm)
    params = _params()
    query = query_from(params, also=("format",))
    kind = format_of(checked(params).get("format"))

    return download(query, caller.scope, kind, token_context(caller, "system"))


def _params() -> MultiDict[str, str]:
    """The parameters of the address. :raises QueryError: when they are not UTF-8."""
    try:
        unquote_to_bytes(request.query_string).decode()
    except UnicodeDecodeError as error:
        raise QueryError("The address is not UTF-8.") from error

    return request.args


def _json(body: str) -> Response:
    return Response(body, mimetype="application/json")
