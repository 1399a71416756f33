"""What somebody wants an endpoint to be -> what it will be. Pure.

Pages, API and commands ask here, so they refuse the same. Names in faults are those of the
wire.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import get_args

import msgspec
from msgspec import UNSET
from msgspec import UnsetType

from ..errors import Fault
from ..errors import InvalidEvent
from ..errors import InvalidWebhook
from ..store.webhooks import Algorithm
from ..store.webhooks import AuthType
from ..store.webhooks import Endpoint
from ..store.webhooks import Ordering
from ..store.webhooks import SecretKind
from ..store.webhooks import Signatures
from .envelope import check_headers
from .filters import check_filter
from .matching import check_patterns
from .signing import check_secret
from .signing import PRIVATE
from .target import target_of
from .tls import check_tls

DESCRIPTION_CHARS = 1000
AUDIENCE_CHARS = 2048
# The customer's own data of an endpoint, in bytes of JSON.
ATTRIBUTES_BYTES = 16 * 1024
CLIENTS, CLIENT_CHARS = 50, 255
# Seconds of an attempt, and deliveries a second.
LONGEST_TIMEOUT, HIGHEST_RATE = 30, 10_000


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said of an endpoint. What they left out is ``UNSET``, and stays as it is.

    ``headers`` replaces all of them; one whose value is ``UNSET`` keeps the value it had.
    ``None`` takes a description, a filter, a timeout, a rate, or what it wants of TLS back.
    """

    url: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    event_types: Sequence[object] | UnsetType = UNSET
    exclude_clients: Sequence[object] | UnsetType = UNSET
    attributes: Mapping[str, Any] | UnsetType = UNSET
    auth_type: str | UnsetType = UNSET
    algorithm: str | UnsetType = UNSET
    secret: str | UnsetType = UNSET
    audience: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    filter: str | UnsetType | None = UNSET
    signatures: str | UnsetType = UNSET
    ordering: str | UnsetType = UNSET
    headers: Mapping[str, object] | UnsetType = UNSET
    tls: Mapping[str, object] | UnsetType | None = UNSET
    timeout: float | UnsetType | None = UNSET
    rate_limit: float | UnsetType | None = UNSET
    organization_id: str | UnsetType = UNSET
    polling_only: bool | UnsetType = UNSET


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """What there was before: an endpoint, its own headers, and the kinds of secrets it has."""

    endpoint: Endpoint
    headers: Mapping[str, str]
    kinds: frozenset[SecretKind]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written: fields of the endpoint, its headers and its secret.

    ``headers`` and ``secret`` are ``None`` where they stay. ``lacks_secret``: it signs, and
    there is nothing to sign with, so one has to be made.
    """

    fields: Mapping[str, Any]
    headers: Mapping[str, str] | None = None
    secret: str | None = None
    lacks_secret: bool = False


# Of an endpoint that is not there yet.
NOTHING = Before(endpoint=Endpoint(id="", realm="", url=""), headers={}, kinds=frozenset())


def plan(given: Given, before: Before | None) -> Plan:
    """Return what to write of *given*, for a new endpoint or one that was there *before*.

    :raises InvalidWebhook: with everything that is wrong. No value is repeated.
    """
    faults: list[Fault] = []
    given = _addressed(given, before, faults)
    said = msgspec.structs.asdict(given)
    fields = {
        name: _heard(faults, check, said[name])
        for name, check in _CHECKS.items()
        if said[name] is not UNSET
    }
    # An empty one keeps what there is, as an empty secret does.
    if not fields.get("audience", True):
        del fields["audience"]
    secret = _heard(faults, check_secret, given.secret) if given.secret else None
    there = before or NOTHING
    auth = _auth(given, before, faults)
    fields |= {"auth_type": auth, "algorithm": _algorithm(given, there, auth, faults)}
    kinds = frozenset({kind_of(secret)}) if secret else there.kinds
    signatures = fields.get("signatures", there.endpoint.signatures)
    if auth == "hmac" and kinds == {"ed25519"} and signatures == "phasetwo":
        faults.append(Fault("signatures", "A key of two halves (whsk_) cannot sign as Phase Two."))
    headers = _headers(given, there, auth, faults)
    if faults:
        raise InvalidWebhook(faults=faults)

    return Plan(
        fields=fields,
        headers=headers,
        secret=secret,
        lacks_secret=auth == "hmac" and not kinds,
    )


def kind_of(secret: str) -> SecretKind:
    """Return what *secret* signs as."""
    return "ed25519" if secret.startswith(PRIVATE) else "hmac"


def _heard(faults: list[Fault], check: Callable[[Any], Any], value: Any) -> Any:
    """Return what *check* makes of *value*; ``None`` if it refuses it, with its faults noted."""
    try:
        return check(value)
    except InvalidEvent as error:
        faults += error.faults
        return None


def _addressed(given: Given, before: Before | None, faults: list[Fault]) -> Given:
    """Return *given* with a URL, or as what is only polled: then there is nothing to sign."""
    polled = before.endpoint.is_only_polled if before else given.polling_only is True
    if before and given.polling_only not in (UNSET, polled):
        faults.append(Fault("pollingOnly", "Whether a webhook is only polled never changes."))
    if not polled:
        if before is None and given.url is UNSET:
            faults.append(Fault("url", "A webhook needs a url."))
        return given
    if given.url:
        faults.append(Fault("url", "A webhook that is only polled has no url."))
    if given.secret or given.auth_type not in (UNSET, "none"):
        faults.append(Fault("authType", "To who polls nothing is sent, so nothing is signed."))

    return msgspec.structs.replace(given, url=UNSET, auth_type="none", secret=UNSET)


def _auth(given: Given, before: Before | None, faults: list[Fault]) -> Any:
    if given.auth_type is UNSET:
        # Never less than there was: leaving it out does not turn signing off.
        return before.endpoint.auth_type if before else ("hmac" if given.secret else "none")

    return _heard(faults, _one_of("authType", AuthType), given.auth_type)


def _algorithm(given: Given, before: Before, auth: Any, faults: list[Fault]) -> Any:
    """Return the algorithm: RS256 and bearer belong together, whoever was changed alone."""
    known = before.endpoint.algorithm
    if given.algorithm is UNSET or not given.algorithm:
        if auth == "bearer":
            return "RS256"
        return known if known != "RS256" else "HmacSHA256"
    chosen = _heard(faults, _one_of("algorithm", Algorithm), given.algorithm)
    if chosen is not None and auth == "bearer" and chosen != "RS256":
        faults.append(Fault("algorithm", "With authType bearer the algorithm is RS256."))
    if auth == "hmac" and chosen == "RS256":
        faults.append(Fault("algorithm", "RS256 is for authType bearer."))

    return chosen


def _headers(
    given: Given, before: Before, auth: Any, faults: list[Fault]
) -> Mapping[str, str] | None:
    """Return the new headers. Those that stay are looked at again: with a token of ours,
    ``Authorization`` is not theirs any more.
    """
    wanted = before.headers if given.headers is UNSET else _kept(given.headers, before.headers)
    checked = _heard(faults, lambda each: check_headers(each, bearer=auth == "bearer"), wanted)

    return None if given.headers is UNSET else checked


def _kept(wanted: Mapping[str, object], before: Mapping[str, str]) -> Mapping[str, object]:
    """Return the headers with the values they had, where those were not said anew."""
    return {
        name: before.get(name, UNSET) if value is UNSET else value for name, value in wanted.items()
    }


def _one_of(name: str, literal: Any) -> Callable[[Any], Any]:
    known = get_args(literal)

    def check(value: Any) -> Any:
        if value not in known:
            raise _wrong(name, f"{name} is one of {', '.join(known)}.")
        return value

    return check


def _url(url: str) -> str:
    target_of(url)

    return url


def _description(text: str | None) -> str | None:
    if not text:
        return None
    if len(text) > DESCRIPTION_CHARS or "\0" in text or not _is_whole(text):
        raise _wrong("description", f"description has at most {DESCRIPTION_CHARS} characters.")

    return text


def _audience(text: str) -> str | None:
    if len(text) > AUDIENCE_CHARS or (text and not text.isprintable()):
        said = f"audience is a text of 1 to {AUDIENCE_CHARS} characters, without line breaks."
        raise _wrong("audience", said)

    return text or None


def _attributes(value: Mapping[str, Any]) -> dict[str, Any]:
    try:
        raw = msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        raise _wrong("attributes", "attributes is an object of JSON.") from None
    if len(raw) > ATTRIBUTES_BYTES or b"\\u0000" in raw:
        raise _wrong("attributes", f"attributes has at most {ATTRIBUTES_BYTES} bytes of JSON.")

    return dict(value)


def _clients(given: Sequence[object]) -> tuple[str, ...]:
    fits = all(
        isinstance(each, str) and 0 < len(each) <= CLIENT_CHARS and each.isprintable()
        for each in given
    )
    if len(given) > CLIENTS or not fits:
        said = f"excludeClients is at most {CLIENTS} texts of 1 to {CLIENT_CHARS} characters."
        raise _wrong("excludeClients", said)

    return tuple(dict.fromkeys(str(each) for each in given))


def _number(name: str, most: float, unit: str) -> Callable[[float | None], float | None]:
    def check(value: float | None) -> float | None:
        if value is not None and not (math.isfinite(value) and 0 < value <= most):
            raise _wrong(name, f"{name} is more than 0 and at most {most} {unit}.")
        return value

    return check


def _is_whole(text: str) -> bool:
    """Whether there is no half of a character in *text*: no database keeps that."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "url": _url,
    "enabled": bool,
    "event_types": check_patterns,
    "exclude_clients": _clients,
    "attributes": _attributes,
    "audience": _audience,
    "description": _description,
    "filter": check_filter,
    "signatures": _one_of("signatures", Signatures),
    "ordering": _one_of("ordering", Ordering),
    "tls": check_tls,
    "timeout": _number("timeout", LONGEST_TIMEOUT, "seconds"),
    "rate_limit": _number("rateLimit", HIGHEST_RATE, "deliveries a second"),
}


def _wrong(name: str, message: str) -> InvalidWebhook:
    return InvalidWebhook(faults=[Fault(name, message)])
