"""What is put on the wire, beside the event's own bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence

import msgspec

from ..errors import AuditLogError
from ..errors import Fault
from ..errors import InvalidEvent
from ..store.webhooks import Endpoint
from . import signing

# The headers that somebody may add to each delivery, in bytes of names and values.
HEADER_BYTES = 4096

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?")
# Ours, those of the connection, and those by which a request becomes another.
_TAKEN = frozenset(
    "accept-encoding connection content-encoding content-length content-type expect host "
    "keep-alive proxy-authenticate proxy-authorization proxy-connection te traceparent trailer "
    "transfer-encoding upgrade user-agent x-keycloak-signature".split()
)
_TAKEN_PREFIXES = ("webhook-", "x-auditlog-")
# Of a signature this much is shown: enough to tell one from another.
_SHOWN = 4


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent, and when.

    ``timestamp`` is that of the attempt, in seconds; ``uid`` the event's own, which is the
    same in the API, in search and here.
    """

    body: bytes
    uid: str
    delivery_id: str
    timestamp: int
    traceparent: str | None = None

    @property
    def id(self) -> str:
        """What a receiver knows repetitions by: the same at each attempt, of each endpoint."""
        return f"msg_{self.uid.replace('-', '')}"


def envelope(
    message: Message,
    endpoint: Endpoint,
    keys: Sequence[str],
    *,
    agent: str,
    extra: Mapping[str, str],
    bearer: str | None = None,
) -> dict[str, str]:
    """Return the headers of an attempt.

    :param keys: the secrets that sign now, the current first.
    :param agent: the product and its version.
    :param extra: the endpoint's own headers.
    :param bearer: a token made for this attempt, where the endpoint asks for one.
    :raises AuditLogError: when there is nothing to sign with. What is to be signed is never
        sent without.
    """
    headers = {
        "Content-Type": "application/json",
        "User-Agent": agent,
        "Accept-Encoding": "identity",
        **extra,
        "webhook-id": message.id,
        "webhook-timestamp": str(message.timestamp),
        "X-Auditlog-Delivery": message.delivery_id,
    }
    if message.traceparent is not None:
        headers["traceparent"] = message.traceparent
    if endpoint.auth_type == "hmac":
        headers |= _signatures(message, endpoint, keys)
    if endpoint.auth_type == "bearer":
        if bearer is None:
            raise AuditLogError("There is no token for this endpoint, so nothing is sent to it.")
        headers["Authorization"] = f"Bearer {bearer}"

    return headers


def _signatures(message: Message, endpoint: Endpoint, keys: Sequence[str]) -> dict[str, str]:
    headers = {}
    if keys and endpoint.signatures != "phasetwo":
        headers["webhook-signature"] = signing.standard(
            keys, message.id, message.timestamp, message.body
        )
    # It has one value, so only the newest secret signs; a key of two halves cannot.
    shared = [key for key in keys if not key.startswith(signing.PRIVATE)]
    if endpoint.signatures != "standard" and shared:
        headers["X-Keycloak-Signature"] = signing.phase_two(
            shared[0], endpoint.algorithm, message.body
        )
    if not headers:
        raise AuditLogError("This endpoint has nothing to sign with, so nothing is sent to it.")

    return headers


def check_headers(given: Mapping[str, object], *, bearer: bool) -> dict[str, str]:
    """Return the headers that somebody adds to each delivery.

    :param bearer: whether ``Authorization`` is ours.
    :raises InvalidEvent: when one is no header, or not theirs to set. No value is repeated.
    """
    faults: list[Fault] = []
    for name, value in given.items():
        taken = name.lower() in _TAKEN or name.lower().startswith(_TAKEN_PREFIXES)
        if not _NAME.fullmatch(name):
            faults.append(Fault("headers", "A header's name is letters, digits and dashes."))
        elif taken or (bearer and name.lower() == "authorization"):
            faults.append(Fault("headers", f"The header {name} is not yours to set."))
        elif not isinstance(value, str) or not _VALUE.fullmatch(value):
            faults.append(
                Fault("headers", f"The value of {name} is visible ASCII text on one line.")
            )
    if len({name.lower() for name in given}) < len(given):
        faults.append(Fault("headers", "A header is given twice."))
    if not faults and sum(len(n) + len(str(v)) for n, v in given.items()) > HEADER_BYTES:
        faults.append(Fault("headers", f"All headers together have at most {HEADER_BYTES} bytes."))
    if faults:
        raise InvalidEvent(faults=faults)

    return {name: str(value) for name, value in given.items()}


def shown(headers: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of an attempt as they are kept: what is secret in them is masked."""
    own = {name.lower() for name in extra}

    return {
        name.lower(): _masked(name.lower(), value, own=name.lower() in own)
        for name, value in headers.items()
    }


def _masked(name: str, value: str, *, own: bool) -> str:
    if own or name == "authorization":
        return "[masked]"
    if name == "webhook-signature":
        entries = (entry.partition(",") for entry in value.split(" "))
        return " ".join(f"{kind},{text[:_SHOWN]}…masked" for kind, _, text in entries)
    if name == "x-keycloak-signature":
        return f"{value[:_SHOWN]}…masked"

    return value
