"""What the system tells of webhooks by itself: into the log, and to who listens to the signal."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from ..event import Draft
from ..logs import logger
from ..recorder import Context
from ..signals import delivery_finished
from ..state import send
from ..state import State
from ..store.webhooks import Delivery
from ..store.webhooks import Endpoint
from ..store.webhooks import ENDS
from ..store.webhooks import EVERY_REALM
from .health import Notice
from .matching import OPERATIONAL

# Most deliveries that one event names.
NAMED = 10


def tell_notice(state: State, endpoint: Endpoint, notice: Notice) -> None:
    """Record that an endpoint fails, has recovered, or was disabled."""
    details: dict[str, Any] = {"since": notice.since}
    if notice.reason is not None:
        details["reason"] = notice.reason
    _record(state, endpoint, f"{OPERATIONAL}{notice.says.upper()}", details)


def tell_ended(state: State, endpoints: Mapping[str, Endpoint], ended: Sequence[Delivery]) -> None:
    """Say of deliveries that they have ended; record those that ended badly.

    One event for all of an endpoint: a thousand that are given up at once are one piece of
    news. Of what tells such news itself nothing is told: that would never end.
    """
    if delivery_finished.receivers:
        for each in ended:
            if each.state in ENDS:
                send(state, delivery_finished, delivery=each)
    bad: dict[tuple[str, str], list[Delivery]] = {}
    for each in ended:
        if each.state in ("exhausted", "quarantined") and not each.type.startswith(OPERATIONAL):
            bad.setdefault((each.endpoint_id, each.state), []).append(each)
    for (endpoint_id, how), deliveries in bad.items():
        if (endpoint := endpoints.get(endpoint_id)) is not None:
            details = {"count": len(deliveries), "deliveries": [e.id for e in deliveries[:NAMED]]}
            _record(state, endpoint, f"{OPERATIONAL}DELIVERY_{how.upper()}", details)


def _record(state: State, endpoint: Endpoint, type_: str, details: dict[str, Any]) -> None:
    """Record it. That it was told is no reason to deliver it all again: an error is logged."""
    # That of the operator's own endpoint is no realm.
    own = endpoint.realm if endpoint.realm != EVERY_REALM else state.settings.realms[0]
    context = Context(
        realm=own,
        source="system",
        trusted=True,
        organization_id=endpoint.organization_id,
    )
    draft = Draft(
        type=type_,
        resource_type="WEBHOOK",
        resource_path=f"webhooks/{endpoint.id}",
        details=details,
    )
    try:
        state.recorder.record(draft, context)
    except Exception:
        state.recorder.count("tell_failed")
        logger.exception("%s could not be recorded", type_)
