"""The nouns: what happened, who did it, and its place in the log.

The wire format is Phase Two's representation of an event, with our additions: camelCase
in JSON, snake_case in Python, nulls left out. See ``docs/reference/event-format.md``.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from hashlib import sha256
from typing import Any
from typing import get_args
from typing import Literal

import msgspec

Source = Literal["capture", "api", "import", "system"]
SOURCES: tuple[Source, ...] = get_args(Source)

OPERATIONS = ("CREATE", "UPDATE", "DELETE", "ACTION")
# What types are of: three families are reserved for ours, and all others are the host's own.
Family = Literal["access", "admin", "system", "own"]
FAMILIES: tuple[Family, ...] = ("access", "admin", "system", "own")
RESERVED = ("access.", "admin.", "system.")

# What people do to the log itself (read it, upgrade it, make or end its tokens and realms),
# and its own news. Recorded by us, and hidden from the default view.
READ_TYPE = "admin.AUDIT_LOG-ACTION"
STARTED = "system.STARTED"
UPGRADED = "system.UPGRADED"
# What an endpoint is sent to see whether it hears.
WEBHOOK_TEST = "system.WEBHOOK_TEST"
OWN_TYPES = (
    READ_TYPE,
    "admin.AUDIT_LOG-CREATE",
    "admin.AUDIT_LOG-UPDATE",
    "admin.AUDIT_LOG-DELETE",
    STARTED,
    UPGRADED,
)
# Who asks for one of these by its type sees them.
OWN_PREFIXES = ("admin.AUDIT_LOG", "system.")


class Actor(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename="camel",
    forbid_unknown_fields=True,
):
    """Who did it, from where: ``authDetails`` on the wire."""

    realm_id: str | None = None
    client_id: str | None = None
    user_id: str | None = None
    ip_address: str | None = None
    username: str | None = None
    session_id: str | None = None


class Draft(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    rename="camel",
    forbid_unknown_fields=True,
):
    """An event as a caller gives it, before the recorder has completed it.

    Everything but ``type`` may be missing. What only the server may say is here too
    (``id``, ``uid``, ``realmId``, ``realmName``, ``authDetails``): Phase Two's clients
    send it, and it is replaced unless the caller may ``publish-as``.
    """

    type: str
    time: int | None = None
    organization_id: str | None = None
    operation_type: Literal["CREATE", "UPDATE", "DELETE", "ACTION"] | None = None
    resource_type: str | None = None
    resource_path: str | None = None
    representation: str | None = None
    error: str | None = None
    details: dict[str, Any] | None = None
    id: str | None = None
    uid: str | None = None
    realm_id: str | None = None
    realm_name: str | None = None
    auth_details: Actor | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Something that happened. Complete, but not yet part of the log.

    ``time`` is in milliseconds since the epoch; ``uid`` a UUID in its text form. The
    order of the fields is the order of the keys in the stored body.
    """

    uid: str
    time: int
    realm_id: str
    organization_id: str | None = None
    type: str
    operation_type: str | None = None
    resource_type: str | None = None
    resource_path: str | None = None
    representation: str | None = None
    error: str | None = None
    auth_details: Actor | None = None
    request_id: str | None = None
    traceparent: str | None = None
    user_agent: str | None = None
    source: Source
    token_id: str | None = None
    type_version: int | None = None
    details: dict[str, Any] | None = None


class Finished(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event and its bytes: the wire JSON, written once and never again."""

    event: Event
    body: bytes


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A finished event, ready to be appended.

    ``digest`` is SHA-256(salt ‖ body), so that erasing body and salt leaves every proof valid.
    """

    event: Event
    body: str
    salt: bytes
    digest: bytes


class Copy(msgspec.Struct, frozen=True, gc=False):
    """What is taken away of a record: an event at its ``position`` in the log.

    ``received_time`` is the log's own clock at the append, in milliseconds; it never
    goes back from one position to the next. ``time`` is the event's.
    """

    position: int
    received_time: int
    time: int
    body: str

    @property
    def event(self) -> Event:
        """The event in ``body``, decoded."""
        return _decode_event(self.body)


class Record(Copy, frozen=True, gc=False):
    """A record, whole: its ``digest`` is SHA-256(salt ‖ body)."""

    salt: bytes
    digest: bytes


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What ``record()`` returns.

    ``committed``: every later query sees it. ``pending``: it is in a transaction of yours,
    and in the log soon after that is committed. ``vetoed``: by ``before_record``.
    ``disabled``: ``AUDITLOG_ENABLED`` is off. Those last two have no ``uid``.
    """

    uid: str | None
    state: Literal["committed", "pending", "vetoed", "disabled"]


def family(type_: str) -> Family:
    """Which family a type is of."""
    return next((each for each in FAMILIES if type_.startswith(f"{each}.")), "own")


_encode = msgspec.json.Encoder().encode
_decode_event = msgspec.json.Decoder(Event).decode


def finished(event: Event) -> Finished:
    """Return *event* with the bytes that will be stored."""
    return Finished(event=event, body=_encode(event))


def filed(finished: Finished) -> Finished:
    """Return a finished event with no more of it than it is filed under.

    Its details are in its bytes; as objects, those of a large batch take twice as much memory.
    """
    event = msgspec.structs.replace(finished.event, details=None, representation=None)

    return Finished(event=event, body=finished.body)


def salted(finished: Finished) -> Entry:
    """Return a finished event with a salt of its own, and its digest."""
    salt, body = secrets.token_bytes(16), finished.body

    return Entry(
        event=finished.event,
        body=body.decode(),
        salt=salt,
        digest=sha256(salt + body).digest(),
    )


def encode(event: Event) -> Entry:
    """Return *event* with the bytes that will be stored, salted and digested."""
    return salted(finished(event))


def restore(body: bytes) -> Entry:
    """Return the entry of a *body* that was written before, with a salt of its own.

    :raises msgspec.MsgspecError: when it is not an event.
    """
    return salted(Finished(event=_decode_event(body), body=body))


_uid_lock = threading.Lock()
_uid_last = 0


def _unlock() -> None:
    """In a child process, another thread of the parent may have held the lock for ever."""
    global _uid_lock  # noqa: PLW0603
    _uid_lock = threading.Lock()


os.register_at_fork(after_in_child=_unlock)


def new_uid() -> str:
    """Return a new UUIDv7 (RFC 9562), ascending within this process.

    The 12 bits after the time count sub-milliseconds and then on, so that two events of
    one millisecond sort in the order they were made, also when the clock is set back.
    """
    global _uid_last  # noqa: PLW0603
    nanos = time.time_ns()
    stamp = nanos // 1_000_000 << 12 | (nanos % 1_000_000) * 4096 // 1_000_000
    with _uid_lock:
        stamp = max(stamp, _uid_last + 1)
        _uid_last = stamp
    high, low = stamp >> 12, stamp & 0xFFF

    rest = 2 << 62 | secrets.randbits(62)

    # Written out: the class of the standard library would take most of the time.
    return f"{high >> 16:08x}-{high & 0xFFFF:04x}-7{low:03x}-{rest >> 48:04x}-{rest & 0xFFFFFFFFFFFF:012x}"
