"""What was sent to webhooks, over HTTP, as Phase Two has it."""

from __future__ import annotations

from flask import request
from flask import Response

from ...errors import NotFound
from ...errors import QueryError
from ...event import Record
from ...state import current
from ...store import MANAGE_EVENTS
from ...store import VIEW_EVENTS
from ...store.webhooks import SentDelivery
from .. import webhook_view as view
from ..auth import api_caller
from ..auth import Caller
from ..auth import token_context
from ..denied import record_denied
from ..ids import is_id
from ..reads import record_read
from .paging import check_names
from .paging import page
from .webhooks import answer
from .webhooks import caller_on
from .webhooks import desk_of
from .webhooks import find

# The kinds of events in a path, and in a send.
_KINDS = {"admin": "ADMIN", "user": "USER"}


def list_sends(realm: str, webhook_id: str) -> Response:
    """Answer what was sent to a webhook, newest first, without the events themselves."""
    caller = caller_on(webhook_id, VIEW_EVENTS, realm)
    first, limit, state = page(of_state=True)
    found = current().store.sent.to_endpoint(
        webhook_id, caller.scope, state=state, first=first, limit=limit
    )

    return answer([view.send(each) for each in found])


def view_send(realm: str, webhook_id: str, send_id: str) -> Response:
    """Answer one send with the event that was sent, as text. The look at it is recorded."""
    caller = api_caller(VIEW_EVENTS, realm)
    sent = find_send(caller, webhook_id, send_id)
    shown = view.send(sent)
    record = None if sent.uid is None else current().store.get(sent.uid, caller.scope)
    if record is not None:
        _note_view(caller, record)
        shown["payload"] = record.body

    return answer(shown)


def list_attempts(realm: str, webhook_id: str, send_id: str) -> Response:
    """Answer each try of a send, the first one first."""
    caller = api_caller(VIEW_EVENTS, realm)
    find_send(caller, webhook_id, send_id)
    found = current().store.sent.attempts(send_id, caller.scope)

    return answer([view.attempt(each) for each in found])


def resend(realm: str, webhook_id: str, send_id: str) -> Response:
    """Send it once more, whatever became of it; answer 202 with the id of what is sent now."""
    caller = api_caller(MANAGE_EVENTS, realm)
    find_send(caller, webhook_id, send_id)
    made = desk_of(caller).resend(send_id, force=_force())

    return answer({"id": made.id}, 202)


def view_payload(realm: str, kind: str, uid: str) -> Response:
    """Answer the event that webhooks are sent. The look at it is recorded."""
    caller = api_caller(VIEW_EVENTS, realm)
    record = _find_record(caller, kind, uid)
    _note_view(caller, record)

    # The stored bytes are copied, never written anew.
    return Response(record.body, mimetype="application/json")


def sends_of_event(realm: str, kind: str, uid: str) -> Response:
    """Answer what was sent of one event, to whichever webhook."""
    caller = api_caller(VIEW_EVENTS, realm)
    record = _find_record(caller, kind, uid)
    first, limit, _ = page()
    found = current().store.sent.of_record(record.position, caller.scope, first=first, limit=limit)

    return answer([view.send(each) for each in found])


def find_send(caller: Caller, webhook_id: str, send_id: str) -> SentDelivery:
    """Return a send of a webhook. :raises NotFound: when there is none, or not of this one."""
    find(caller, webhook_id)
    found = current().store.sent.get(send_id, caller.scope) if is_id(send_id) else None
    if found is None or found.delivery.endpoint_id != webhook_id:
        raise _denied(caller, NotFound("There is no such send of this webhook."))

    return found


def _force() -> bool:
    check_names(("force",))
    value = request.args.get("force", "false")
    if value not in ("true", "false"):
        raise QueryError("`force` is true or false.", field="force")

    return value == "true"


def _find_record(caller: Caller, kind: str, uid: str) -> Record:
    if kind not in _KINDS:
        raise QueryError("The type in the path is admin or user.")
    record = current().store.get(uid, caller.scope)
    if record is None or view.kind_of(record.event.type) != _KINDS[kind]:
        raise _denied(caller, NotFound("There is no event of this type with this id."), uid=uid)

    return record


def _denied(caller: Caller, error: NotFound, **more: str) -> NotFound:
    """Return *error*, which is on record now."""
    context = token_context(caller, "system")
    record_denied(error, "not_found", caller.scope.realm, context=context, **more)

    return error


def _note_view(caller: Caller, record: Record) -> None:
    reader = token_context(caller, "system")
    record_read(caller.scope, "view", None, 1, reader=reader, uid=record.event.uid)
