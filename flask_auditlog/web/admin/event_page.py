"""The page of one event: the answer first, then the proof."""

from __future__ import annotations

from dataclasses import replace

from flask import render_template
from flask import request
from flask import Response
from flask import url_for
from flask.typing import ResponseReturnValue

from ...errors import NotFound
from ...errors import QueryTimeout
from ...event import Event
from ...event import Record
from ...redact import MASK
from ...state import current
from ...state import request_context
from ...store.query import Query
from ...store.query import Scope
from ..denied import record_denied
from ..reads import record_read
from .asked import Asked
from .asked import asked_of
from .changes import changes_of
from .details import details_of
from .details import MOST_ROWS
from .facts import facts_of
from .json_view import coloured
from .links import api_url
from .links import curl
from .links import event_url
from .links import search_url
from .moments import now
from .notices import notices_for
from .rows import Row
from .rows import row_of
from .sentence import sentence
from .visitors import realms_for
from .visitors import scope_of

SESSION_EVENTS = 5
# JSON longer than this, in characters, gets a box of its own to scroll in.
_LONG = 12_000


def event(uid: str) -> ResponseReturnValue:
    """Show one event, or give its stored bytes with ``?format=json``.

    :raises NotFound: when there is none that the visitor may see.
    """
    asked = asked_of(request.args.items(multi=True))
    scope = scope_of(asked)
    record = current().store.get(uid, scope)
    if record is None:
        error = NotFound("There is no such event.")
        reader = replace(request_context(), organization_id=scope.organization_id)
        record_denied(error, "not_found", scope.realm, context=reader, uid=uid)
        raise error
    session = _session(record.event, scope) if asked.format != "json" else []
    shown = {record.event.uid, *(row.event.uid for row in session)}
    record_read(scope, "view", None, len(shown), uid=record.event.uid)
    if asked.format == "json":
        return _download(record)

    return _rendered(record, scope, Asked((), realm=asked.realm), session)


def _download(record: Record) -> Response:
    name = f"{record.event.uid}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}

    return Response(record.body, mimetype="application/json", headers=headers)


def _rendered(record: Record, scope: Scope, here: Asked, session: list[Row]) -> str:
    it = record.event

    return render_template(
        "auditlog/event.html",
        asked=here,
        here=here,
        event=it,
        row=row_of(it),
        sentence=sentence(it),
        changes=changes_of(it.details),
        details=details_of(it.details),
        most_details=MOST_ROWS,
        mask=MASK,
        session=session,
        facts=facts_of(record, scope),
        json=coloured(record.body),
        is_long=len(record.body) > _LONG,
        link=url_for(".event", uid=it.uid, realm=here.realm, _external=True),
        curl=curl(api_url(current().settings, scope.realm, it.uid)),
        now=now(),
        search_url=search_url,
        event_url=event_url,
        notices=notices_for(scope),
        **realms_for(scope),
    )


def _session(it: Event, scope: Scope) -> list[Row]:
    """Events of the same session with this one among them, newest first; empty when alone."""
    session = it.auth_details.session_id if it.auth_details else None
    if session is None:
        return []
    store = current().store
    try:
        page = store.find(Query(session=session), scope, limit=SESSION_EVENTS)
        if all(record.event.uid != it.uid for record in page.records):
            before = Query(session=session, before=it.time + 1, reads=True)
            page = store.find(before, scope, limit=SESSION_EVENTS)
    except QueryTimeout:
        return []
    rows = [row_of(record.event) for record in page.records]

    return rows if len(rows) > 1 else []
