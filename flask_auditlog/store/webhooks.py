"""The nouns of webhooks: endpoint, delivery, attempt. Times are epoch milliseconds."""

from __future__ import annotations

from typing import Any
from typing import get_args
from typing import Literal

import msgspec

AuthType = Literal["none", "hmac", "bearer"]
Algorithm = Literal["HmacSHA256", "HmacSHA1", "RS256"]
Signatures = Literal["both", "standard", "phasetwo"]
# Whether an endpoint gets its events one after the other, in the order of their positions.
Ordering = Literal["none", "fifo"]
# Why nothing is sent to it: a person, five days of failures, its 410, our policy, its answer;
# or it is being deleted.
DisabledReason = Literal["manual", "failing", "gone", "policy", "receiver", "deleted"]
# The last is the log's own, that tokens are signed with.
SecretKind = Literal["hmac", "ed25519", "rsa"]
# How every delivery begins, goes on, and ends.
State = Literal["pending", "inflight", "succeeded", "exhausted", "held", "quarantined", "cancelled"]
Cause = Literal["auto", "manual", "replay", "test"]

STATES: tuple[State, ...] = get_args(State)
# Ends: nothing is sent any more, unless somebody asks for it again.
ENDS: frozenset[State] = frozenset({"succeeded", "exhausted", "quarantined", "cancelled"})

FRESH, REPLAYED = 0, 1

# Whose process dies so often over it is not tried again by itself.
LOST = 3

# The realm of the operator's own endpoint, which gets the events of all: no realm is called so.
EVERY_REALM = "*"

# The follower that makes deliveries of records.
FOLLOWER = "webhooks"

# In flight at a time to an endpoint of which nothing is known yet.
IN_FLIGHT = 8


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription: which events go to which URL. Phase Two calls it a webhook.

    One with an ``organization_id`` is bound to it for ever. ``filter`` is a query that an event
    must answer beside its type; ``None`` is any. ``version`` grows with each change. One without a ``url`` is only polled. ``timeout`` is in seconds and ``rate_limit`` in deliveries a second; ``None``
    is as the configuration says.
    """

    id: str
    realm: str
    organization_id: str | None = None
    url: str = ""
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
    filter: str | None = None
    ordering: Ordering = "none"
    # Certificates and a key, sealed too.
    tls: bytes | None = None

    @property
    def is_only_polled(self) -> bool:
        """Whether nothing is sent to it: whoever it is for asks for its events."""
        return not self.url


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

    @property
    def is_last_chance(self) -> bool:
        """Whether it is quarantined if its process dies once more."""
        return self.lost >= LOST - 1


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


class SentDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery, with what people want to know beside it.

    ``uid`` is that of the event, ``None`` when its record is gone. ``last_time`` is when its
    last attempt began, ``last_message`` what was said of it.
    """

    delivery: Delivery
    url: str
    enabled: bool
    uid: str | None = None
    last_time: int | None = None
    last_message: str | None = None


class Outbox(msgspec.Struct, frozen=True, kw_only=True):
    """How the queue of all endpoints does.

    ``pending`` and ``inflight`` are counted up to 100,000. If what could be sent longest has been
    due for many seconds, all is not well: that is the alarm. A record that no deliveries were made
    of yet could be sent; what waits on purpose could not, as that of an endpoint that is paused.
    ``disabled`` counts endpoints.
    """

    pending: int
    inflight: int
    oldest_due_seconds: float
    disabled: int


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """The attempts of some time: how many, the share that succeeded, how long they took.

    Of many it is a sample, spread over the time: ``is_exact`` says that it is all of them.
    ``success`` is of 0 to 1, ``p50`` and ``p95`` are milliseconds; ``None`` without attempts.
    """

    attempts: int
    success: float | None
    p50: float | None
    p95: float | None
    is_exact: bool


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """The attempts of the deliveries that were made from ``start`` to ``end`` (epoch ms).

    Of many, some are looked at, and the others taken to be like them: ``is_exact`` says that it
    is all. 95 % of the attempts took ``p95`` milliseconds at most; ``None`` without any.
    """

    start: int
    end: int
    succeeded: int
    failed: int
    p95: float | None
    is_exact: bool


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """How the deliveries of an endpoint do.

    ``states`` counts the deliveries in each state, up to 10,000. ``oldest_due_time`` is since
    when something waits (epoch ms), ``None`` if nothing is due.
    """

    states: dict[State, int]
    oldest_due_time: int | None
    day: Period
    week: Period


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt of a claimed delivery ended, and what becomes of the delivery.

    ``due_time`` is when it is tried next, for one that is ``pending`` again.
    """

    delivery: Delivery
    attempt: Attempt
    state: State
    due_time: int | None = None
