"""What was given and who gave it -> a complete event. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Who and where, and what they may say: everything about an event but the event.

    ``trusted`` callers (the app itself, ``publish-as``) may name uid, actor, organization
    and reserved types. A ``bound`` one stays within ``organization_id``.
    """

    realm: str
    source: Source
    actor: Actor | None = None
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
    :raises InvalidEvent: when a value is too long, or the time is in the future.
    """
    if draft.type.lower().startswith(RESERVED) and not context.trusted:
        message = "Types that begin with access., admin. or system. are reserved."
        raise ReservedType(faults=[Fault("type", message)])
    check(draft)
    moment, details = _time(draft, now)
    named = context.trusted and draft.uid is not None

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
        auth_details=_who(draft, context),
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
    """Raise :class:`InvalidEvent` when a value is too long, or not what it must be."""
    type_ = draft.type
    if not type_ or type_ != type_.strip() or not type_.isprintable():
        message = "A type is printable text without spaces around it."
        raise InvalidEvent(faults=[Fault("type", message)])
    for part in (draft, draft.auth_details):
        if part is None:
            continue
        for name, wire in _CHECKED[type(part)]:
            value = getattr(part, name)
            limit = LENGTHS[wire]
            # Most values are short: only those that may be too long are encoded.
            if value and len(value) * 4 > limit and len(value.encode()) > limit:
                message = f"{wire} is longer than {limit} bytes."
                raise InvalidEvent(faults=[Fault(wire, message)])
            if value and "\0" in value:
                raise InvalidEvent(faults=[Fault(wire, f"{wire} holds a NUL character.")])


_CHECKED: Mapping[type[Any], Sequence[tuple[str, str]]] = {
    kind: [
        (f.name, f.encode_name) for f in msgspec.structs.fields(kind) if f.encode_name in LENGTHS
    ]
    for kind in (Draft, Actor)
}


def _uid(draft: Draft) -> str:
    try:
        return str(UUID(draft.uid))
    except ValueError:
        raise InvalidEvent(faults=[Fault("uid", "A uid is a UUID.")]) from None


def _time(draft: Draft, now: int) -> tuple[int, dict[str, Any] | None]:
    """Return when it happened, and the details, with the caller's time if it was ahead."""
    if draft.time is None:
        return now, draft.details
    if not 0 <= draft.time <= now + CLOCK_SKEW:
        message = "time is in milliseconds since 1970, and not in the future."
        raise InvalidEvent(faults=[Fault("time", message)])
    if draft.time <= now:
        return draft.time, draft.details

    return now, {**(draft.details or {}), "givenTime": draft.time}


def _organization(draft: Draft, context: Context) -> str | None:
    given = draft.organization_id
    if given is None or given == context.organization_id:
        return context.organization_id
    if context.bound or not context.trusted:
        raise ScopeError("You may not publish for that organization (organizationId).")
    return given


def _who(draft: Draft, context: Context) -> Actor | None:
    if draft.type.startswith("system."):
        return None
    return draft.auth_details if context.trusted and draft.auth_details else context.actor
