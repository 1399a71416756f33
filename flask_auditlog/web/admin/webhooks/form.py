"""What is typed into the form of a webhook -> what somebody wants it to be, and back. Pure.

The fields are named as on the wire, so that a fault finds its field.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from msgspec import UNSET
from msgspec import UnsetType

from ....delivery.given import Given
from ....errors import Fault
from ....errors import InvalidWebhook
from ....redact import MASK
from ....store.webhooks import Endpoint
from ...words import _
from ...words import N_
from ...words import told

Typed = Mapping[str, str]

# What a new one begins with: everything, signed both ways, from now on.
NEW: Typed = {
    "eventTypes": "*",
    "authType": "hmac",
    "algorithm": "HmacSHA256",
    "signatures": "both",
    "ordering": "none",
    "enabled": "on",
}
# The fields that few need: folded away while they are empty.
MORE = ("headers", "excludeClients", "timeout", "rateLimit")
ORDERINGS = (
    ("none", N_("Many at a time, as they come")),
    ("fifo", N_("One at a time, in their order")),
)
AUTH_TYPES = (
    ("hmac", N_("By signatures with a shared secret")),
    ("bearer", N_("By a signed token (Authorization: Bearer)")),
    ("none", N_("Not at all")),
)
SIGNATURES = (
    ("both", N_("Standard Webhooks and X-Keycloak-Signature")),
    ("standard", "Standard Webhooks"),
    ("phasetwo", "X-Keycloak-Signature"),
)
ALGORITHMS = ("HmacSHA256", "HmacSHA1")
# What a guest says, and what one of theirs begins with.
_GUESTS = ("url", "description", "eventTypes", "filter", "enabled")
_BEGINS = ("authType", "algorithm", "signatures", "ordering")
FIXED = N_("The address stays: keys are sent along that are for this receiver alone.")


def typed_of(endpoint: Endpoint, header_names: Sequence[str]) -> Typed:
    """Return the form of an endpoint. The values of its headers are not shown."""
    return {
        "url": endpoint.url,
        "description": endpoint.description or "",
        "eventTypes": "\n".join(endpoint.event_types),
        "filter": endpoint.filter or "",
        "excludeClients": "\n".join(endpoint.exclude_clients),
        "authType": endpoint.auth_type,
        "algorithm": endpoint.algorithm,
        "audience": endpoint.audience or "",
        "signatures": endpoint.signatures,
        "ordering": endpoint.ordering,
        "headers": "\n".join(f"{name}: {MASK}" for name in header_names),
        "timeout": _shown(endpoint.timeout),
        "rateLimit": _shown(endpoint.rate_limit),
    }


def given_of(sent: Typed, before: Typed | None) -> Given:
    """Return what the form says. Whether it can be is checked behind this.

    :param before: the form as it was shown, of an endpoint that is there.
    """
    # Of who is only polled the form shows nothing of these.
    polled = "pollingOnly" in sent if before is None else not before["url"]
    auth = "none" if polled else sent.get("authType", "")
    signs = auth == "hmac"
    said: dict[str, Any] = {
        "url": sent.get("url", "").strip(),
        "description": sent.get("description", "").strip() or None,
        "event_types": _lines(sent.get("eventTypes", "")),
        "filter": sent.get("filter", "").strip() or None,
        "exclude_clients": _lines(sent.get("excludeClients", "")),
        "auth_type": auth,
        "algorithm": (sent.get("algorithm") or UNSET) if signs else UNSET,
        "signatures": (sent.get("signatures") or UNSET) if signs else UNSET,
        "secret": (sent.get("secret") or UNSET) if signs else UNSET,
        "audience": sent.get("audience", "").strip() or UNSET,
        "ordering": sent.get("ordering") or UNSET,
        "headers": _headers(sent.get("headers", ""), before),
        "timeout": _number(sent.get("timeout", "")),
        "rate_limit": _number(sent.get("rateLimit", "")),
    }
    if before is None:
        said |= {
            "enabled": "enabled" in sent,
            "polling_only": polled,
            "organization_id": sent.get("organizationId", "").strip() or UNSET,
        }

    return Given(**said)


def given_by_guest(sent: Typed, before: Typed | None, *, is_fixed: bool = False) -> Given:
    """Return what the shorter form of somebody with a viewer link says. Nothing else is read.

    :param before: as of :func:`given_of`.
    :param is_fixed: whether its address is not theirs to change: see :func:`is_fixed`.
    :raises InvalidWebhook: when they change it all the same.
    """
    typed = {name: sent[name] for name in _GUESTS if name in sent}
    if before is None:
        return given_of({name: NEW[name] for name in _BEGINS} | typed, None)
    said = given_of(typed, before)
    url = said.url if before["url"] and said.url != before["url"] else UNSET
    if is_fixed and url is not UNSET:
        raise InvalidWebhook(faults=[Fault("url", FIXED)])

    return Given(
        url=url, description=said.description, event_types=said.event_types, filter=said.filter
    )


def is_fixed(endpoint: Endpoint) -> bool:
    """Whether an endpoint has what only its receiver shall see: headers of its own, certificates,
    or tokens for an audience. Who may not read those may not send them elsewhere either.
    """
    return bool(endpoint.headers or endpoint.tls) or endpoint.auth_type == "bearer"


def faults_by_field(faults: Iterable[Fault]) -> dict[str, list[str]]:
    """Return the messages for each field; what is of no field under an empty name."""
    found: dict[str, list[str]] = {}
    for fault in faults:
        said = told(fault.message)
        if fault.index is not None:
            said = _("Line %(number)s: %(message)s", number=fault.index + 1, message=said)
        messages = found.setdefault(fault.field or "", [])
        if said not in messages:
            messages.append(said)

    return found


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _headers(text: str, before: Typed | None) -> dict[str, object] | UnsetType:
    """Return the headers, a line each. One that is shown masked keeps its value."""
    lines = _lines(text)
    if lines == _lines(before["headers"] if before else ""):
        return UNSET
    headers: dict[str, object] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        # A line without a colon may be a secret that was pasted: it is not taken for a name.
        kept = UNSET if value.strip() == MASK else value.strip()
        headers[name.strip() if colon else ""] = kept

    return headers


def _number(text: str) -> float | None:
    """Return the number; what is none as one that no field takes."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        return math.nan


def _shown(number: float | None) -> str:
    return "" if number is None else f"{number:g}"
