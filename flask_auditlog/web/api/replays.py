"""What is sent again to a webhook, and how its deliveries do, over HTTP."""

from __future__ import annotations

import importlib
from typing import Any

from flask import Response

from ...delivery.asking import Asking
from ...state import current
from ...store import MANAGE_EVENTS
from ...store import VIEW_EVENTS
from ...store.promises.again import Asked
from .. import webhook_view as view
from ..auth import Caller
from ..auth import token_context
from .paging import page
from .webhooks import answer
from .webhooks import caller_on
from .webhooks import empty
from .webhooks import json_body


def recover_webhook(realm: str, webhook_id: str) -> Response:
    """Send again what failed since a time; answer 202 with the replay that does it."""
    caller = caller_on(webhook_id, MANAGE_EVENTS, realm)

    return _begun(caller, webhook_id, *_schema().recovery(json_body()))


def replay_webhook(realm: str, webhook_id: str) -> Response:
    """Send events of a range, again or for the first time; answer 202 as a recovery does."""
    caller = caller_on(webhook_id, MANAGE_EVENTS, realm)

    return _begun(caller, webhook_id, *_schema().replay(json_body()))


def list_replays(realm: str, webhook_id: str) -> Response:
    """Answer the replays of a webhook, newest first."""
    caller = caller_on(webhook_id, VIEW_EVENTS, realm)
    first, limit, _ = page()
    found = current().store.replays.all(webhook_id, caller.scope, first=first, limit=limit)

    return answer([view.replay(each, shows_position=caller.scope.shows_position) for each in found])


def view_replay(realm: str, webhook_id: str, replay_id: str) -> Response:
    """Answer how far a replay has come."""
    caller = caller_on(webhook_id, VIEW_EVENTS, realm)
    job = _asking(caller).find(replay_id, webhook_id)

    return answer(view.replay(job, shows_position=caller.scope.shows_position))


def cancel_replay(realm: str, webhook_id: str, replay_id: str) -> Response:
    """End a replay. What of it was not sent yet is cancelled."""
    caller = caller_on(webhook_id, MANAGE_EVENTS, realm)
    _asking(caller).cancel(replay_id, webhook_id)

    return empty(204)


def webhook_stats(realm: str, webhook_id: str) -> Response:
    """Answer how the deliveries of a webhook do."""
    caller = caller_on(webhook_id, VIEW_EVENTS, realm)
    found = current().store.measures.of_endpoint(webhook_id, caller.scope)

    return answer(view.statistics(found))


def _begun(caller: Caller, webhook_id: str, asked: Asked, dry_run: bool) -> Response:  # noqa: FBT001 (of a pair)
    if dry_run:
        count = _asking(caller).count(webhook_id, asked)
        return answer({"planned": count.value, "exact": count.exact})
    job = _asking(caller).begin(webhook_id, asked)

    return answer(view.replay(job, shows_position=caller.scope.shows_position), 202)


def _asking(caller: Caller) -> Asking:
    return Asking(current(), caller.scope, token_context(caller, "system"))


def _schema() -> Any:
    # marshmallow costs a seventh of importing this package, and few ask for this.
    return importlib.import_module("flask_auditlog.web.replay_schema")
