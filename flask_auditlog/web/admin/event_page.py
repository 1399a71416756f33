"""The page of one event: the answer first, then the proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import render_template
from flask import request
from flask import Response
from flask import url_for
from flask.typing import ResponseReturnValue

from ...errors import NotFound
from ...event import Record
from ...redact import MASK
from ...state import current
from ...state import request_context
from ...store.query import Scope
from ..denied import record_denied
from ..reads import record_read
from . import zones
from .around import Around
from .around import around
from .asked import Asked
from .asked import asked_of
from .changes import changes_of
from .details import details_of
from .details import MOST_ROWS
from .facts import facts_of
from .histories import histories
from .json_view import coloured
from .links import api_url
from .links import curl
from .links import event_url
from .links import search_url
from .moments import now
from .notices import notices_for
from .rows import row_of
from .sentence import sentence
from .visitors import realms_for
from .visitors import scope_of

# JSON longer than this, in characters, gets a box of its own to scroll in.
_LONG = 12_000


def event(uid: str) -> ResponseReturnValue:
    """Show one event, or give its stored bytes with ``?format=json``.

    :raises NotFound: when there is none that the visitor may see.
    """
    asked = asked_of(request.args.items(multi=True))
    scope = scope_of(asked)
    record = _found(uid, scope)
    if asked.format == "json":
        record_read(scope, "view", None, 1, uid=record.event.uid)
        return _download(record)

    return _looked_at(record, scope, asked, notices=notices_for(scope), **realms_for(scope))


def drawer(uid: str) -> str:
    """Show the same as a part of another page, for a script to put there.

    :raises NotFound: as :func:`event`.
    """
    asked = asked_of(request.args.items(multi=True))
    scope = scope_of(asked)

    return _looked_at(_found(uid, scope), scope, asked, in_drawer=True)


def _found(uid: str, scope: Scope) -> Record:
    record = current().store.get(uid, scope)
    if record is None:
        error = NotFound("There is no such event.")
        reader = replace(request_context(), organization_id=scope.organization_id)
        record_denied(error, "not_found", scope.realm, context=reader, uid=uid)
        raise error

    return record


def _download(record: Record) -> Response:
    name = f"{record.event.uid}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}

    return Response(record.body, mimetype="application/json", headers=headers)


def _looked_at(record: Record, scope: Scope, asked: Asked, **frame: Any) -> str:
    """Record that it is looked at, and show it in *frame*."""
    here = Asked((), realm=asked.realm, zone=asked.zone)
    group = around(record, scope, here, next(iter(asked.values("related")), None))
    shown = len(group.rows) if group else 1
    record_read(scope, "view", None, shown, uid=record.event.uid)

    return _rendered(record, scope, here, group, frame)


def _rendered(
    record: Record, scope: Scope, here: Asked, group: Around | None, frame: Mapping[str, Any]
) -> str:
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
        around=group,
        facts=facts_of(record, scope, zones.here()),
        histories=histories(it, here.realm),
        json=coloured(record.body),
        is_long=len(record.body) > _LONG,
        link=url_for(".event", uid=it.uid, realm=here.realm, zone=None, _external=True),
        curl=curl(api_url(current().settings, scope.realm, it.uid)),
        now=now(),
        search_url=search_url,
        event_url=event_url,
        **frame,
    )
