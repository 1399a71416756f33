"""Webhooks over HTTP, as Phase Two has them: made, looked at, changed and removed."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import msgspec
from flask import request
from flask import Response

from ...delivery.desk import Desk
from ...delivery.sealing import Sealer
from ...delivery.signing_key import published
from ...delivery.signing_key import signing_key
from ...errors import Disabled
from ...errors import InvalidEvent
from ...errors import InvalidWebhook
from ...errors import NotFound
from ...errors import UnsupportedMedia
from ...recorder import Context
from ...recorder.plain import clip
from ...state import current
from ...store import MANAGE_EVENTS
from ...store import VIEW_EVENTS
from ...store.outbox.keys import GRACE
from ...store.webhooks import Endpoint
from .. import rate
from .. import webhook_view as view
from ..auth import api_caller
from ..auth import Caller
from ..auth import token_context
from ..decode import Framing
from ..denied import record_denied
from ..exact import value_of
from ..ids import is_id
from . import posted
from .paging import page

# A webhook has 200 event types of 255 characters, and 16 KiB of attributes.
BODY_BYTES = 128 * 1024
_SECOND = 1000


def list_webhooks(realm: str) -> Response:
    """Answer the webhooks, newest first."""
    caller = api_caller(VIEW_EVENTS, realm)
    first, limit, _ = page()
    found = current().store.endpoints.all(caller.scope, first=first, limit=limit)

    return answer(_shown(caller, found))


def count_webhooks(realm: str) -> Response:
    """Answer how many there are: a bare number."""
    caller = api_caller(VIEW_EVENTS, realm)

    return answer(current().store.endpoints.count(caller.scope))


def view_webhook(realm: str, webhook_id: str) -> Response:
    """Answer one webhook, and how it does."""
    caller = api_caller(VIEW_EVENTS, realm)
    return answer(_shown(caller, [find(caller, webhook_id)])[0])


def create_webhook(realm: str) -> Response:
    """Make a webhook; answer 201 with its address alone, as Phase Two does."""
    caller = api_caller(MANAGE_EVENTS, realm)
    # marshmallow costs a seventh of importing this package, and few make webhooks.
    given = _schema().webhook(json_body())
    endpoint, _ = desk_of(caller).create(given)
    location = f"{request.base_url.rstrip('/')}/{endpoint.id}"

    return empty(201, Location=location)


def update_webhook(realm: str, webhook_id: str) -> Response:
    """Change a webhook. What is left out stays as it is."""
    caller = caller_on(webhook_id, MANAGE_EVENTS, realm)
    desk_of(caller).update(webhook_id, _schema().webhook(json_body()))

    return empty(204)


def delete_webhook(realm: str, webhook_id: str) -> Response:
    """Remove a webhook. What was on its way to it is cancelled."""
    caller = caller_on(webhook_id, MANAGE_EVENTS, realm)
    desk_of(caller).delete(webhook_id)

    return empty(204)


def webhook_secret(realm: str, webhook_id: str) -> Response:
    """Answer the secret. That it was asked for is on record first."""
    caller = caller_on(webhook_id, MANAGE_EVENTS, realm)

    return answer({"type": "secret", "value": desk_of(caller).reveal(webhook_id)})


def rotate_webhook(realm: str, webhook_id: str) -> Response:
    """Give a webhook a new secret, and answer it: here alone it is shown without being asked for."""
    caller = caller_on(webhook_id, MANAGE_EVENTS, realm)
    schema = _schema()
    given = schema.load(schema.RotationSchema(), json_body(optional=True))
    grace = given.get("grace", GRACE // _SECOND) * _SECOND
    secret = desk_of(caller).rotate(webhook_id, given.get("secret"), grace=grace)

    return answer({"type": "secret", "value": secret})


def retire_secrets(realm: str, webhook_id: str) -> Response:
    """End the old secrets of a webhook at once: only the current one signs."""
    caller = caller_on(webhook_id, MANAGE_EVENTS, realm)
    desk_of(caller).retire(webhook_id)

    return empty(204)


def enable_webhook(realm: str, webhook_id: str) -> Response:
    """Send to a webhook again; ``resume`` says what becomes of what was held meanwhile."""
    caller = caller_on(webhook_id, MANAGE_EVENTS, realm)
    schema = _schema()
    given = schema.load(schema.ResumptionSchema(), json_body(optional=True))
    desk_of(caller).enable(webhook_id, since=schema.since(given))

    return empty(204)


def disable_webhook(realm: str, webhook_id: str) -> Response:
    """Send nothing to a webhook any more, but hold what it would have had."""
    caller = caller_on(webhook_id, MANAGE_EVENTS, realm)
    desk_of(caller).disable(webhook_id)

    return empty(204)


def test_webhook(realm: str, webhook_id: str) -> Response:
    """Send a webhook a test; answer 202 with the id of what is sent."""
    caller = caller_on(webhook_id, MANAGE_EVENTS, realm)

    return answer({"id": desk_of(caller).test(webhook_id).id}, 202)


def signing_keys(realm: str) -> Response:
    """Answer the public keys that tokens of ``bearer`` webhooks are verified with. Public."""
    state = current()
    if not state.settings.enabled:
        raise Disabled
    rate.check_public()
    state.store.realms.check(realm)
    sealer = Sealer(state.keys("webhooks"))
    # Made now, if there is none: a receiver may be set up before the first is sent.
    signing_key(state.store, sealer)

    return answer({"keys": [each.jwk for each in published(state.store, sealer)]})


def caller_on(webhook_id: str, permission: str, realm: str) -> Caller:
    """Return who asks for something to be done with a webhook that is within their scope.

    :raises NotFound: as Phase Two says it; and what :func:`.auth.api_caller` raises.
    """
    caller = api_caller(permission, realm)
    find(caller, webhook_id)

    return caller


def desk_of(caller: Caller) -> Desk:
    """Return where *caller* does something to webhooks."""
    return Desk(current(), caller.scope, context_of(caller))


def context_of(caller: Caller) -> Context:
    """Return who *caller* is, for the log."""
    return token_context(caller, "system")


def find(caller: Caller, webhook_id: str) -> Endpoint:
    """Return the webhook of this id. :raises NotFound: as Phase Two says it."""
    known = is_id(webhook_id)
    found = current().store.endpoints.get(webhook_id, caller.scope) if known else None
    if found is None:
        error = NotFound(f"no webhook with id {clip(webhook_id)}")
        record_denied(error, "not_found", caller.scope.realm, context=context_of(caller))
        raise error

    return found


def _shown(caller: Caller, endpoints: Sequence[Endpoint]) -> list[dict[str, Any]]:
    healths = current().store.healths.of([each.id for each in endpoints])
    desk = desk_of(caller)

    return [
        view.webhook(each, desk.header_names(each)) | {"health": view.health(healths.get(each.id))}
        for each in endpoints
    ]


def answer(value: Any, status: int = 200) -> Response:
    """Return *value* as JSON."""
    return Response(msgspec.json.encode(value), status, mimetype="application/json")


def empty(status: int, **headers: str) -> Response:
    """Return an answer without a body, which is of no type either."""
    response = Response(status=status, headers=headers)
    response.headers.pop("Content-Type", None)

    return response


def json_body(*, optional: bool = False) -> Any:
    """Return the JSON of the body. :raises InvalidWebhook: when there is none, or it is not JSON."""
    if posted.framing() is not Framing.JSON:
        raise UnsupportedMedia
    raw = posted.body(BODY_BYTES)
    if not raw.strip():
        if optional:
            return {}
        raise InvalidWebhook("The body is empty. Send a webhook.")
    try:
        return value_of(raw)
    except InvalidEvent as error:
        raise InvalidWebhook(faults=error.faults) from error


def _schema() -> Any:
    return importlib.import_module("flask_auditlog.web.webhook_schema")
