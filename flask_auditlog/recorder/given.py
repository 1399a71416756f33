"""What Python's callers give, and what the host says of its users -> values of the wire. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import msgspec

from ..errors import Fault
from ..errors import InvalidEvent
from ..event import Actor
from ..event import Draft
from ..event import Event
from ..event import OPERATIONS
from .plain import clean
from .prepare import check
from .prepare import check_organization
from .prepare import is_address
from .prepare import LENGTHS

Part = type[Draft] | type[Actor]


def _texts(kind: Part, *but: str) -> Mapping[str, str]:
    """The fields that are text, and their names on the wire."""
    return {f.name: f.encode_name for f in msgspec.structs.fields(kind) if f.name not in but}


_DRAFT = _texts(Draft, "time", "details", "auth_details")
_ACTOR = _texts(Actor)


def draft_of(given: Mapping[str, Any]) -> Draft:
    """Return what a caller of ours gave, in the types of the wire.

    Ids may be numbers or UUIDs, an error an exception: they are written as text. The API
    has a stricter door.

    :raises InvalidEvent: when a value cannot be what its name says.
    :raises TypeError: for a name that does not exist.
    """
    values = dict(given)
    for name, wire in _DRAFT.items():
        if values.get(name) is not None or name == "type":
            values[name] = _text(wire, values[name])
    operation = values.get("operation_type")
    if operation is not None and operation not in OPERATIONS:
        raise _wrong("operationType", f"operationType must be one of {', '.join(OPERATIONS)}.")
    time = values.get("time")
    if time is not None and type(time) is not int:
        raise _wrong("time", "time is a whole number: milliseconds since 1970.")
    details = values.get("details")
    if details is not None:
        if not isinstance(details, Mapping):
            raise _wrong("details", "details is a dict.")
        values["details"] = dict(details)
    if values.get("auth_details") is not None:
        values["auth_details"] = _who(values["auth_details"])

    return Draft(**values)


def person(actor: Actor, realm: str | None) -> Actor:
    """Return *actor* as one of *realm*, in text that fits, without an address that is none:
    what the host knows of its users is no reason to lose an event.
    """
    changed: dict[str, Any] = {"realm_id": realm}
    for name, wire in _ACTOR.items():
        value = getattr(actor, name)
        if value is not None and name != "realm_id" and not _fits(value, LENGTHS[wire]):
            fitting = _cut(_text(wire, value), LENGTHS[wire])
            if fitting is not value:
                changed[name] = fitting
    address = changed.get("ip_address", actor.ip_address)
    if address is not None and not is_address(address):
        changed["ip_address"] = None

    return msgspec.structs.replace(actor, **changed)


# What a hook of the host may change. The rest is said by the server alone.
_HOSTS = (
    "time",
    "organization_id",
    "type",
    "operation_type",
    "resource_type",
    "resource_path",
    "representation",
    "error",
    "auth_details",
    "details",
)


def enriched_of(value: Any, event: Event) -> Event:
    """Return *event* with what the host's ``before_record`` made of it.

    :raises TypeError: when that is no event.
    :raises InvalidEvent: when it is not one the log can store.
    """
    if not isinstance(value, Event):
        raise TypeError(f"before_record must return an Event or None, not {type(value).__name__}.")
    draft = draft_of({name: getattr(value, name) for name in _HOSTS})
    check(draft)
    agent = value.user_agent if isinstance(value.user_agent, str) else None

    return msgspec.structs.replace(
        event, user_agent=agent, **{name: getattr(draft, name) for name in _HOSTS}
    )


def _who(value: Any) -> Actor:
    if not isinstance(value, Actor):
        raise _wrong("authDetails", "authDetails is an Actor.")
    return person(value, value.realm_id)


def organization_of(value: Any) -> str | None:
    """Return what the host calls an organization as text; an empty one is none.

    :raises InvalidEvent: when it is too long, or a secret. Cut, it might be another
        organization's.
    """
    if value is None:
        return None
    text = _text("organizationId", value)
    if _cut(text, LENGTHS["organizationId"]) is not text:
        raise _wrong("organizationId", "organizationId is too long.")
    check_organization(text)

    return text or None


def _text(wire: str, value: Any) -> str:
    plain = clean(value) if type(value) not in _NO_TEXT else None
    if type(plain) is str:
        return plain
    if type(plain) in (int, float):
        return str(plain)
    raise _wrong(wire, f"{wire} is text, not {type(value).__name__}.")


_NO_TEXT: Sequence[type[Any]] = (dict, list, tuple, set, bool)


def _fits(value: Any, limit: int) -> bool:
    """Whether *value* is plain text and short, at a glance: nearly all are."""
    return type(value) is str and value.isascii() and len(value) <= limit and "\0" not in value


def _cut(text: str, limit: int) -> str:
    """Return the beginning of *text*, at most *limit* bytes of UTF-8."""
    if len(text) * 4 <= limit:
        return text
    raw = text.encode()

    return text if len(raw) <= limit else raw[:limit].decode(errors="ignore")


def _wrong(wire: str, message: str) -> InvalidEvent:
    return InvalidEvent(faults=[Fault(wire, message)])
