"""Who is refused at the log's own doors is recorded: in the log, and never told to the caller.

Whom we know, by a token or by the host's login, becomes ``access.PERMISSION_DENIED`` as anybody
who is refused in the host. A stranger is only counted, from the first: one event a minute
for an address, whatever they send. The event is of the caller's realm and organization, and
never of those that were asked for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import request

from ..capture import harmless
from ..capture.noise import DENIED
from ..capture.noise import refused
from ..errors import AuditLogError
from ..event import Actor
from ..event import Draft
from ..recorder import Context
from ..recorder.given import person
from ..settings import REALM_NAME
from ..state import current
from ..state import State
from ..state import user_agent
from ..state import visit
from .problems import status_of


def record_denied(
    error: AuditLogError, reason: str, realm: str, *, context: Context | None, **more: Any
) -> None:
    """Record that *error* is what somebody is answered. Whatever fails in it changes no answer.

    :param reason: what the answer does not tell: ``revoked_token``, ``not_permitted``, …
    :param realm: the one that was asked for.
    :param context: who; ``None`` for somebody whom we do not know.
    :param more: what else belongs into the details; ``uid`` names the event asked for.
    """
    state = current()
    if not state.settings.enabled:
        return
    with harmless(state):
        draft = _draft(status_of(error), reason, realm, more)
        if context is None:
            refused(state, draft, _stranger(state), at_once=0)
        else:
            refused(state, draft, _at_home(state, replace(context, source="system", trusted=True)))


def _draft(status: int, reason: str, realm: str, more: dict[str, Any]) -> Draft:
    details = {"method": request.method, "endpoint": request.endpoint, "status": status}
    path = None
    # What is no name of a realm is a stranger's text.
    if REALM_NAME.fullmatch(realm):
        path = f"realms/{realm}/{_asked_for()}"
        details["realm"] = realm
    uid = _uid(more.pop("uid", None))
    if path and uid:
        path = f"{path}/{uid}"

    return Draft(
        type=DENIED,
        operation_type="ACTION",
        resource_type="AUDIT_LOG",
        resource_path=path,
        error=f"http_{status}",
        details={**details, "reason": reason, **more},
    )


def _asked_for() -> str:
    rule = request.url_rule

    return "webhooks" if rule is not None and "/webhooks" in rule.rule else "events"


def _uid(text: str | None) -> str | None:
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        return None


def _stranger(state: State) -> Context:
    """Somebody with an address. The host is not asked: what it would say may be the caller's word."""
    realm = state.settings.realms[0]

    return Context(
        realm=realm,
        source="system",
        actor=person(Actor(ip_address=request.remote_addr), realm),
        trusted=True,
        request_id=visit().request_id,
        user_agent=user_agent(),
    )


def _at_home(state: State, context: Context) -> Context:
    """The context; in the app's own realm, if its own is none: a token of the host's may name any."""
    if context.realm in state.store.realms:
        return context
    return replace(context, realm=state.settings.realms[0], organization_id=None)
