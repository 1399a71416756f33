"""What was given and who gave it -> a complete event. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from uuid import UUID

import msgspec

from ..errors import Fault
from ..errors import InvalidEvent
from ..errors import ReservedType
from ..errors import ScopeError
from ..event import Actor
from ..event import Draft
from ..event import Event
from ..event import new_uid
from ..event import RESERVED
from ..event import Source
from ..redact.shapes import mask_shapes
from ..redact.shapes import may_hold_shape

# How far a caller's clock may be ahead of ours, in milliseconds. Up to that its time is
# taken for now; beyond, the event is refused.
CLOCK_SKEW = 5 * 60 * 1000

# The longest values, in bytes of UTF-8. What is indexed must fit a page of the index.
LENGTHS: Mapping[str, int] = {
    "type": 255,
    "organizationId": 255,
    "operationType": 255,
    "resourceType": 255,
    "resourcePath": 2000,
    "error": 2000,
    "realmId": 255,
    "clientId": 255,
    "userId": 255,
    "ipAddress": 255,
    "username": 255,
    "sessionId": 255,
}


# In the details: who is stood for, in the words of an actor, and what a caller claimed of it.
ON_BEHALF_OF = "onBehalfOf"
GIVEN_ON_BEHALF_OF = "givenOnBehalfOf"
_NAMES_OTHERS = ("api", "import")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Who and where, and what they may say: everything about an event but the event.

    ``trusted`` callers (the app itself, ``publish-as``) may name uid, actor, organization
    and reserved types. A ``bound`` one stays within ``organization_id``, and names no uid:
    the answer would tell whether another organization has it.
    """

    realm: str
    source: Source
    actor: Actor | None = None
    on_behalf_of: Actor | None = None
    organization_id: str | None = None
    bound: bool = False
    trusted: bool = False
    request_id: str | None = None
    traceparent: str | None = None
    user_agent: str | None = None
    token_id: str | None = None


def prepare(draft: Draft, context: Context, *, now: int) -> Event:
    """Complete *draft* with *context*. Pure, but for the uid it makes.

    :param now: the server's time in epoch milliseconds.
    :raises ReservedType: when an ordinary caller names a type of ours.
    :raises ScopeError: when the caller may not speak for that organization.
    :raises InvalidEvent: when a value is too long or holds a secret, when the time is in
        the future, or missing beside a uid.
    """
    if draft.type.lower().startswith(RESERVED) and not context.trusted:
        message = "Types that begin with access., admin. or system. are reserved."
        raise ReservedType(faults=[Fault("type", message)])
    check(draft)
    named = _is_named(draft, context)
    moment, details = _time(draft, now, kept=named)
    details = _for_whom(draft, details, context)

    return Event(
        uid=_uid(draft) if named else new_uid(),
        time=moment,
        realm_id=context.realm,
        organization_id=_organization(draft, context),
        type=draft.type,
        operation_type=draft.operation_type,
        resource_type=draft.resource_type,
        resource_path=draft.resource_path,
        representation=draft.representation,
        error=draft.error,
        auth_details=_who(draft, context, named=named),
        # A caller that names the uid may send the event again: nothing that differs from
        # one try to the next may be part of it.
        request_id=None if named else context.request_id,
        traceparent=None if named else context.traceparent,
        user_agent=None if named else context.user_agent,
        source=context.source,
        token_id=context.token_id,
        details=details,
    )


def check(draft: Draft) -> None:
    """Raise :class:`InvalidEvent` when a value is too long, or not what it must be.

    What an event is filed under cannot be masked: a type and an organization that look
    like a secret are refused.
    """
    type_ = draft.type
    if not type_ or type_ != type_.strip() or not type_.isprintable():
        message = "A type is printable text without spaces around it."
        raise InvalidEvent(faults=[Fault("type", message)])
    _check_secret("type", type_)
    check_organization(draft.organization_id)
    for part in (draft, draft.auth_details):
        if part is None:
            continue
        for name, wire, limit in _CHECKED[type(part)]:
            value = getattr(part, name)
            if not value:
                continue
            # Most values are short: only those that may be too long are encoded.
            if len(value) * 4 > limit and len(value.encode()) > limit:
                message = f"{wire} is longer than {limit} bytes."
                raise InvalidEvent(faults=[Fault(wire, message)])
            if "\0" in value:
                raise InvalidEvent(faults=[Fault(wire, f"{wire} holds a NUL character.")])


def check_organization(organization: str | None) -> None:
    """Raise :class:`InvalidEvent` when an organization looks like a secret."""
    # Ids are often numbers, and some of them pass for a card's.
    if organization and not organization.isdecimal():
        _check_secret("organizationId", organization)


def _check_secret(wire: str, value: str) -> None:
    # Only what holds none is remembered: types and organizations are few, and come again.
    if value in _harmless:
        return
    # The first is quicker, and says no to nearly all.
    if may_hold_shape(value) and mask_shapes(value) != value:
        raise InvalidEvent(faults=[Fault(wire, f"{wire} looks like a secret.")])
    if len(value) <= LENGTHS[wire]:
        if len(_harmless) >= _REMEMBERED:
            _harmless.clear()
        _harmless.add(value)


# So many texts are remembered at most.
_REMEMBERED = 1024
_harmless: set[str] = set()


@lru_cache(maxsize=1024)
def is_address(text: str) -> bool:
    """Whether *text* is an IP address. One with a zone is none: that may be any text."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text


_CHECKED: Mapping[type[Any], Sequence[tuple[str, str, int]]] = {
    kind: [
        (f.name, f.encode_name, LENGTHS[f.encode_name])
        for f in msgspec.structs.fields(kind)
        if f.encode_name in LENGTHS
    ]
    for kind in (Draft, Actor)
}


def _is_named(draft: Draft, context: Context) -> bool:
    """Whether the caller names the uid, and so may send the same event again.

    Over the API it must then be the same from one try to the next, whenever and wherever
    it is sent from.
    """
    named = context.trusted and not context.bound and draft.uid is not None
    if named and context.source == "api" and draft.time is None:
        message = "An event that is sent with its uid needs its time too."
        raise InvalidEvent(faults=[Fault("time", message)])
    return named


def _uid(draft: Draft) -> str:
    try:
        return str(UUID(draft.uid))
    except ValueError:
        raise InvalidEvent(faults=[Fault("uid", "A uid is a UUID.")]) from None


def _time(draft: Draft, now: int, *, kept: bool) -> tuple[int, dict[str, Any] | None]:
    """Return when it happened, and the details.

    A time that was ahead becomes now, and is put into the details; *kept*, it stays.
    """
    if draft.time is None:
        return now, draft.details
    if not 0 <= draft.time <= now + CLOCK_SKEW:
        message = "time is in milliseconds since 1970, and not in the future."
        raise InvalidEvent(faults=[Fault("time", message)])
    if draft.time <= now or kept:
        return draft.time, draft.details

    return now, {**(draft.details or {}), "givenTime": draft.time}


def _for_whom(
    draft: Draft, details: dict[str, Any] | None, context: Context
) -> dict[str, Any] | None:
    """Return the details with the person the actor stands for, as only the server says.

    What a caller wrote in that place is kept under another name, unless it may name others.
    """
    if details is not None and ON_BEHALF_OF in details:
        if context.trusted and context.source in _NAMES_OTHERS:
            return details
        details = {GIVEN_ON_BEHALF_OF if k == ON_BEHALF_OF else k: v for k, v in details.items()}
    stood_for = context.on_behalf_of
    # A draft that brings its actor says itself for whom.
    if stood_for is None or draft.auth_details is not None or draft.type.startswith("system."):
        return details
    said = {"userId": stood_for.user_id, "username": stood_for.username}
    known = {name: value for name, value in said.items() if value}

    return {**(details or {}), ON_BEHALF_OF: known} if known else details


def _organization(draft: Draft, context: Context) -> str | None:
    given = draft.organization_id
    if given is None or given == context.organization_id:
        return context.organization_id
    if context.bound or not context.trusted:
        raise ScopeError("You may not publish for that organization (organizationId).")
    return given


def _who(draft: Draft, context: Context, *, named: bool) -> Actor | None:
    if draft.type.startswith("system."):
        return None
    given = draft.auth_details if context.trusted else None
    if given is not None:
        if given.ip_address is not None and not is_address(given.ip_address):
            raise InvalidEvent(faults=[Fault("ipAddress", "ipAddress is not an IP address.")])
        return given
    if named and context.source == "api" and context.actor is not None:
        # The next try may come from another address.
        return msgspec.structs.replace(context.actor, ip_address=None)
    return context.actor
