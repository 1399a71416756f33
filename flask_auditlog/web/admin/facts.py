"""What is known about an event, as the sections beside it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from datetime import UTC

from ...event import Actor
from ...event import Event
from ...event import Record
from ...store.query import Scope
from ..words import _
from ..words import N_
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
        (N_("Actor"), _actor(event)),
        (N_("Resource"), _resource(event)),
        (N_("Request"), _request(event)),
        (N_("Record"), _record(record, event, scope, zone)),
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
        Fact(N_("User"), actor.username or "", "actor"),
        Fact(N_("User id"), actor.user_id or "", "user", mono=True),
        _stood_for(event),
        Fact(N_("Realm"), foreign or ""),
        Fact(N_("Organization"), event.organization_id or "", "org"),
        Fact(N_("Session"), actor.session_id or "", "session", mono=True),
    ]


def _stood_for(event: Event) -> Fact:
    key, name = stood_for(event) or ("", "")
    return Fact(N_("On behalf of"), name, f"details.onBehalfOf.{key}")


def _resource(event: Event) -> list[Fact]:
    return [
        Fact(N_("Type"), event.resource_type or "", "resource_type"),
        Fact(N_("Path"), event.resource_path or "", "resource", mono=True),
        Fact(N_("Name"), resource_name(event) or ""),
        Fact(N_("Operation"), event.operation_type or "", "operation"),
    ]


def _request(event: Event) -> list[Fact]:
    actor = event.auth_details or Actor()

    return [
        _ip(actor.ip_address or ""),
        Fact(N_("Client"), actor.client_id or "", "client"),
        _agent(event.user_agent or ""),
        Fact(N_("Request"), event.request_id or "", "request", mono=True),
        _trace(event.traceparent or ""),
    ]


def _ip(address: str) -> Fact:
    return Fact("IP", address, "ip", mono=True, note=read_address(address))


def _agent(user_agent: str) -> Fact:
    reading = read_agent(user_agent)
    if reading is None:
        return Fact(N_("Agent"), user_agent, mono=True)
    return Fact(reading.kind, reading.name, folded=user_agent)


def _trace(traceparent: str) -> Fact:
    # https://www.w3.org/TR/trace-context/: version-traceid-parentid-flags
    parts = traceparent.split("-")
    return Fact(N_("Trace"), parts[1] if len(parts) == 4 else traceparent, mono=True)


def _record(record: Record, event: Event, scope: Scope, zone: tzinfo) -> list[Fact]:
    later = record.received_time - event.time
    said = _("%(time)s later") if later >= 0 else _("%(time)s earlier")
    days = {moments.moment(at, zone).date() for at in (event.time, record.received_time)}
    received = (
        moments.exact(record.received_time, zone=zone)
        if len(days) == 1
        else moments.full(record.received_time, whole=False, zone=zone)
    )

    return [
        Fact("uid", event.uid, mono=True),
        Fact(N_("Position"), f"{record.position:,}" if scope.shows_position else ""),
        Fact(N_("Received"), received, note=said % {"time": moments.span(abs(later))}),
        Fact(N_("Source"), event.source, "source"),
        Fact(N_("Token"), event.token_id or "", mono=True),
        Fact(N_("Type version"), str(event.type_version or "")),
        Fact(N_("Digest"), record.digest.hex(), mono=True),
    ]
