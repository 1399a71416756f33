"""The nouns of webhooks: endpoint, delivery, attempt. Times are epoch milliseconds."""

from __future__ import annotations

from typing import Any
from typing import get_args
from typing import Literal

import msgspec

AuthType = Literal["none", "hmac", "bearer"]
Algorithm = Literal["HmacSHA256", "HmacSHA1", "RS256"]
Signatures = Literal["both", "standard", "phasetwo"]
# Why nothing is sent to it: a person, five days of failures, its 410, our policy, its answer.
DisabledReason = Literal["manual", "failing", "gone", "policy", "receiver"]
SecretKind = Literal["hmac", "ed25519"]
# How every delivery begins, goes on, and ends.
State = Literal["pending", "inflight", "succeeded", "exhausted", "held", "quarantined", "cancelled"]
Cause = Literal["auto", "manual", "replay", "test"]

STATES: tuple[State, ...] = get_args(State)
# Ends: nothing is sent any more, unless somebody asks for it again.
ENDS: frozenset[State] = frozenset({"succeeded", "exhausted", "quarantined", "cancelled"})

FRESH, REPLAYED = 0, 1

# In flight at a time to an endpoint of which nothing is known yet.
IN_FLIGHT = 8


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription: which events go to which URL. Phase Two calls it a webhook.

    One with an ``organization_id`` is bound to it for ever. ``version`` grows with each
    change. ``timeout`` is in seconds and ``rate_limit`` in deliveries a second; ``None``
    is as the configuration says.
    """

    id: str
    realm: str
    organization_id: str | None = None
    url: str
    description: str | None = None
    enabled: bool = False
    disabled_reason: DisabledReason | None = None
    disabled_time: int | None = None
    event_types: tuple[str, ...] = ()
    exclude_clients: tuple[str, ...] = ()
    attributes: dict[str, Any] = msgspec.field(default_factory=dict)
    auth_type: AuthType = "none"
    algorithm: Algorithm = "HmacSHA256"
    audience: str | None = None
    signatures: Signatures = "both"
    # Sealed, as secrets are.
    headers: bytes | None = None
    timeout: float | None = None
    rate_limit: float | None = None
    since_position: int = 0
    version: int = 1
    created_by: str | None = None
    created_time: int = 0
    updated_time: int = 0


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint's deliveries are signed with, sealed.

    It signs until ``expires_time``; the current one has none.
    """

    id: str
    endpoint_id: str
    kind: SecretKind
    ciphertext: bytes
    created_time: int
    expires_time: int | None = None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event on its way to one endpoint.

    ``position`` is that of the record. ``attempts`` counts those begun; ``lost`` those whose
    process never told how they ended. ``lease`` is known only to who has claimed it.
    """

    id: str
    endpoint_id: str
    position: int
    type: str
    batch: str = ""
    cause: Cause = "auto"
    state: State = "pending"
    lane: int = FRESH
    attempts: int = 0
    lost: int = 0
    due_time: int = 0
    lease_time: int | None = None
    lease: str | None = None
    last_status: int | None = None
    last_error: str | None = None
    created_time: int = 0
    finished_time: int | None = None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP try: what was sent, what was answered, how long each part took.

    ``error`` is the class of what went wrong (``timeout``, ``http``, ``policy`` …) and
    ``message`` a sentence of it. Headers are without their secrets, bodies cut.
    """

    delivery_id: str
    number: int
    started_time: int
    milliseconds: float | None = None
    phases: dict[str, float] = msgspec.field(default_factory=dict)
    address: str | None = None
    request_headers: dict[str, str] = msgspec.field(default_factory=dict)
    status: int | None = None
    response_headers: dict[str, str] = msgspec.field(default_factory=dict)
    response_body: str | None = None
    error: str | None = None
    message: str | None = None
    worker: str | None = None


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt of a claimed delivery ended, and what becomes of the delivery.

    ``due_time`` is when it is tried next, for one that is ``pending`` again.
    """

    delivery: Delivery
    attempt: Attempt
    state: State
    due_time: int | None = None
