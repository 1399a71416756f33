"""Webhooks, deliveries and attempts as they are shown: Phase Two's objects, and ours beside them.

Nothing here holds a secret: of headers there are the names, and nulls are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from ..delivery.health import Health
from ..store.promises.again import Replay
from ..store.webhooks import Attempt
from ..store.webhooks import Endpoint
from ..store.webhooks import Period
from ..store.webhooks import SentDelivery
from ..store.webhooks import Statistics

_HEALTH = msgspec.json.Decoder(Health)


def webhook(endpoint: Endpoint, header_names: Sequence[str]) -> dict[str, Any]:
    """Return an endpoint as Phase Two's webhook, with our fields beside it."""
    shown = {
        "id": endpoint.id,
        "enabled": endpoint.enabled,
        "url": endpoint.url,
        "algorithm": endpoint.algorithm,
        "authType": endpoint.auth_type,
        "audience": endpoint.audience,
        "createdBy": endpoint.created_by,
        "createdAt": endpoint.created_time,
        "realm": endpoint.realm,
        "eventTypes": list(endpoint.event_types),
        "filter": endpoint.filter,
        "attributes": endpoint.attributes,
        "organizationId": endpoint.organization_id,
        "description": endpoint.description,
        "excludeClients": list(endpoint.exclude_clients),
        "signatures": endpoint.signatures,
        "ordering": endpoint.ordering,
        "pollingOnly": endpoint.is_only_polled,
        "headerNames": list(header_names),
        "hasTls": endpoint.tls is not None,
        "timeout": endpoint.timeout,
        "rateLimit": endpoint.rate_limit,
        "disabledReason": endpoint.disabled_reason,
        "disabledTime": endpoint.disabled_time,
        "updatedAt": endpoint.updated_time,
        "version": endpoint.version,
    }

    return _without_nulls(shown)


def health(state: str | None) -> dict[str, Any]:
    """Return how an endpoint does, of what is kept of it. Times are epoch milliseconds."""
    known = _HEALTH.decode(state) if state else Health()
    shown = {
        "breaker": known.breaker,
        "pausedUntil": known.paused_until or None,
        "failuresInARow": known.in_a_row,
        "failingSince": known.first_failure,
        "lastSuccess": known.last_success,
        "latency": known.latency,
    }

    return _without_nulls(shown)


def send(sent: SentDelivery) -> dict[str, Any]:
    """Return a delivery as Phase Two's send, with our fields beside it."""
    delivery = sent.delivery
    shown = {
        "id": delivery.id,
        "type": delivery.type,
        "webhook": {"id": delivery.endpoint_id, "enabled": sent.enabled, "url": sent.url},
        "status": delivery.last_status,
        "status_message": _message(sent),
        "retries": delivery.attempts,
        "sent_at": sent.last_time or delivery.created_time,
        "event_id": sent.uid,
        "keycloak_event_type": kind_of(delivery.type),
        "keycloak_event_id": sent.uid,
        "state": delivery.state,
        "cause": delivery.cause,
        "error": delivery.last_error,
        "created_at": delivery.created_time,
        "due_at": delivery.due_time if delivery.state == "pending" else None,
        "finished_at": delivery.finished_time,
    }

    return _without_nulls(shown)


def attempt(tried: Attempt) -> dict[str, Any]:
    """Return one HTTP try, as it is kept: without secrets. Durations are in milliseconds."""
    return _without_nulls(
        {
            "number": tried.number,
            "started_at": tried.started_time,
            "milliseconds": tried.milliseconds,
            "phases": tried.phases,
            "address": tried.address,
            "request_headers": tried.request_headers,
            "status": tried.status,
            "response_headers": tried.response_headers,
            "response_body": tried.response_body,
            "error": tried.error,
            "message": tried.message,
        }
    )


def replay(job: Replay, *, shows_position: bool) -> dict[str, Any]:
    """Return how far a replay has come.

    :param shows_position: whether the caller may know positions: they tell the volume of others.
    """
    shown = {
        "id": job.id,
        "webhookId": job.endpoint_id,
        "kind": job.kind,
        "state": job.state,
        "after": job.after_time,
        "before": job.before_time,
        "held": job.held or None,
        "rate": job.rate,
        "made": job.made,
        "planned": job.planned,
        "exact": job.is_exact,
        "createdBy": job.created_by,
        "createdAt": job.created_time,
        "updatedAt": job.updated_time,
        "finishedAt": job.finished_time,
    }
    if shows_position and job.kind != "recover":
        shown["afterPosition"] = job.after_position
        shown["beforePosition"] = job.before_position
        shown["position"] = int(job.cursor)

    return _without_nulls(shown)


def statistics(found: Statistics) -> dict[str, Any]:
    """Return how the deliveries of a webhook do."""
    return _without_nulls(
        {
            "states": found.states,
            "oldestDue": found.oldest_due_time,
            "day": _period(found.day),
            "week": _period(found.week),
        }
    )


def _period(found: Period) -> dict[str, Any]:
    return _without_nulls(
        {
            "attempts": found.attempts,
            "success": found.success,
            "p50": found.p50,
            "p95": found.p95,
            "exact": found.is_exact,
        }
    )


def kind_of(type_: str) -> str:
    """Return Phase Two's kind of an event: of what people do themselves, and of all else."""
    return "USER" if type_.startswith("access.") else "ADMIN"


def _message(sent: SentDelivery) -> str | None:
    status = sent.delivery.last_status
    if status is None:
        return sent.last_message or sent.delivery.last_error
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
