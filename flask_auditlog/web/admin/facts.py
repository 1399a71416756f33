"""What is known about an event, as the sections beside it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from datetime import UTC

from ...event import Actor
from ...event import Event
from ...event import Record
from ...store.query import Scope
from . import moments
from .addresses import read_address
from .agent import read_agent
from .sentence import resource_name
from .sentence import stood_for


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value. ``filter`` is the search that finds the same; ``note`` says more."""

    name: str
    value: str
    filter: str | None = None
    mono: bool = False
    note: str | None = None
    folded: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Facts under a heading."""

    name: str
    facts: tuple[Fact, ...]


def facts_of(record: Record, scope: Scope, zone: tzinfo = UTC) -> list[Section]:
    """The sections that have something to say, for somebody of this scope."""
    event = record.event
    sections = [
        ("Actor", _actor(event)),
        ("Resource", _resource(event)),
        ("Request", _request(event)),
        ("Record", _record(record, event, scope, zone)),
    ]

    return [
        Section(name, tuple(fact for fact in facts if fact.value))
        for name, facts in sections
        if any(fact.value for fact in facts)
    ]


def _actor(event: Event) -> list[Fact]:
    actor = event.auth_details or Actor()
    foreign = actor.realm_id if actor.realm_id != event.realm_id else None

    return [
        Fact("User", actor.username or "", "actor"),
        Fact("User id", actor.user_id or "", "user", mono=True),
        _stood_for(event),
        Fact("Realm", foreign or ""),
        Fact("Organization", event.organization_id or "", "org"),
        Fact("Session", actor.session_id or "", "session", mono=True),
    ]


def _stood_for(event: Event) -> Fact:
    key, name = stood_for(event) or ("", "")
    return Fact("On behalf of", name, f"details.onBehalfOf.{key}")


def _resource(event: Event) -> list[Fact]:
    return [
        Fact("Type", event.resource_type or "", "resource_type"),
        Fact("Path", event.resource_path or "", "resource", mono=True),
        Fact("Name", resource_name(event) or ""),
        Fact("Operation", event.operation_type or "", "operation"),
    ]


def _request(event: Event) -> list[Fact]:
    actor = event.auth_details or Actor()

    return [
        _ip(actor.ip_address or ""),
        Fact("Client", actor.client_id or "", "client"),
        _agent(event.user_agent or ""),
        Fact("Request", event.request_id or "", "request", mono=True),
        _trace(event.traceparent or ""),
    ]


def _ip(address: str) -> Fact:
    return Fact("IP", address, "ip", mono=True, note=read_address(address))


def _agent(user_agent: str) -> Fact:
    reading = read_agent(user_agent)
    if reading is None:
        return Fact("Agent", user_agent, mono=True)
    return Fact(reading.kind, reading.name, folded=user_agent)


def _trace(traceparent: str) -> Fact:
    # https://www.w3.org/TR/trace-context/: version-traceid-parentid-flags
    parts = traceparent.split("-")
    return Fact("Trace", parts[1] if len(parts) == 4 else traceparent, mono=True)


def _record(record: Record, event: Event, scope: Scope, zone: tzinfo) -> list[Fact]:
    later = record.received_time - event.time
    note = f"{moments.span(later)} later" if later >= 0 else f"{moments.span(-later)} earlier"
    days = {moments.moment(at, zone).date() for at in (event.time, record.received_time)}
    received = moments.full(record.received_time, weekday="%a", zone=zone)

    return [
        Fact("uid", event.uid, mono=True),
        Fact("Position", f"{record.position:,}" if scope.shows_position else ""),
        Fact("Received", received.partition(", ")[2] if len(days) == 1 else received, note=note),
        Fact("Source", event.source),
        Fact("Token", event.token_id or "", mono=True),
        Fact("Type version", str(event.type_version or "")),
        Fact("Digest", record.digest.hex(), mono=True),
    ]
