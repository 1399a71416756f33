"""Events to look at."""

from __future__ import annotations

from typing import Any

from flask_auditlog.event import Actor
from flask_auditlog.event import encode
from flask_auditlog.event import Event
from flask_auditlog.event import new_uid
from flask_auditlog.event import Record

# 10 July 2023, 12:15:04 UTC.
NOON = 1_688_991_304_000

MAYA = Actor(
    realm_id="default",
    client_id="web-app",
    user_id="2b80c4de",
    ip_address="203.0.113.24",
    username="maya@acme.test",
    session_id="70c446c9",
)
MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/114.0.0.0 Safari/537.36"
)


def event(type_: str = "invoice.paid", **fields: Any) -> Event:
    """An event with these fields, at noon by default."""
    defaults: dict[str, Any] = {
        "uid": new_uid(),
        "time": NOON,
        "realm_id": "default",
        "source": "capture",
    }
    return Event(type=type_, **(defaults | fields))


def record(it: Event, position: int = 1, received_time: int | None = None) -> Record:
    """The event, stored."""
    entry = encode(it)
    received = it.time + 3 if received_time is None else received_time
    return Record(
        position=position,
        received_time=received,
        time=it.time,
        body=entry.body,
        salt=entry.salt,
        digest=entry.digest,
    )
