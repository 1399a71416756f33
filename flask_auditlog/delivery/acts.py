"""What people do to endpoints, as it stands in the log: which fields, and never a secret."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from typing import Literal

from ..event import Draft
from ..recorder import Context
from ..state import State
from ..store import Scope
from ..store.webhooks import Endpoint
from ..store.webhooks import EVERY_REALM
from .given import Before
from .given import NOTHING
from .given import Plan

Operation = Literal["CREATE", "UPDATE", "DELETE", "ACTION"]

# The fields that are told, by their names on the wire.
WIRE: Mapping[str, str] = {
    "organization_id": "organizationId",
    "url": "url",
    "description": "description",
    "enabled": "enabled",
    "event_types": "eventTypes",
    "filter": "filter",
    "exclude_clients": "excludeClients",
    "attributes": "attributes",
    "auth_type": "authType",
    "algorithm": "algorithm",
    "audience": "audience",
    "signatures": "signatures",
    "ordering": "ordering",
    "timeout": "timeout",
    "rate_limit": "rateLimit",
}


def told(
    before: Before | None, after: Endpoint, wanted: Plan, *, has_new_secret: bool = False
) -> dict[str, Any]:
    """Return the details of a change: ``{field: [old, new]}``, of headers their names, and of a
    secret, or a certificate, that it is another.
    """
    old = before.endpoint if before else NOTHING.endpoint
    changes: dict[str, list[Any]] = {}
    for name, wire in WIRE.items():
        was, now = getattr(old, name), getattr(after, name)
        if was != now:
            changes[wire] = [_plain(was) if before else None, _plain(now)]
    if wanted.headers is not None and (before or wanted.headers):
        changes["headers"] = [sorted(before.headers) if before else None, sorted(wanted.headers)]

    replaced = ["secret"] * has_new_secret + ["tls"] * ("tls" in wanted.fields)

    return {"changes": changes} | ({"replaced": replaced} if replaced else {})


def note(
    state: State,
    scope: Scope,
    context: Context,
    operation: Operation,
    endpoint_id: str,
    details: Mapping[str, Any],
) -> None:
    """Record that somebody did something to an endpoint.

    :param details: ``changes``, or the ``action`` and what came of it.
    :raises StoreUnavailable: when it cannot be recorded.
    """
    draft = Draft(
        type=f"admin.WEBHOOK-{operation}",
        operation_type=operation,
        resource_type="WEBHOOK",
        resource_path=f"webhooks/{endpoint_id}",
        details=dict(details) or None,
    )
    state.recorder.record(draft, within(scope, context))


def within(scope: Scope, context: Context) -> Context:
    """Return the context of what *context* does within *scope*: ours is the word, theirs the deed.

    What is done to the operator's own endpoint, which is of no realm, is of theirs.
    """
    return replace(
        context,
        realm=scope.realm if scope.realm != EVERY_REALM else context.realm,
        organization_id=scope.organization_id,
        source="system",
        trusted=True,
    )


def who(context: Context) -> str | None:
    """Return whose name stands on what *context* makes."""
    actor = context.actor

    return (actor.user_id or actor.username or actor.client_id) if actor else None


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
