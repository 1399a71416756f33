"""The page of one webhook: how it does, its secrets, what was sent to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue

from ....delivery.desk import Desk
from ....delivery.health import Health
from ....delivery.settling import read_health
from ....event import Family
from ....event import family
from ....state import current
from ....store.webhooks import Delivery
from ....store.webhooks import Endpoint
from ....store.webhooks import SentDelivery
from ....store.webhooks import State
from ....store.webhooks import STATES
from ....store.webhooks import Statistics
from ...words import _
from .. import moments
from .. import zones
from ..search_form import local
from .course_chart import course_of
from .form import AUTH_TYPES
from .form import SIGNATURES
from .links import DONE
from .links import name_of
from .paging import AT_ONCE
from .paging import first_of
from .paging import page_of
from .standing import answer_of
from .standing import Standing
from .standing import standing_of
from .standing import state_of
from .timing import took
from .visitor import find
from .visitor import looking
from .visitor import Visitor

MINUTE, DAY = 60_000, 24 * 3600 * 1000
# Beyond this the store says no more than that there are so many.
_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """A delivery on one line. ``when`` is when it is tried next, if it is."""

    delivery: Delivery
    family: Family
    state: Standing
    answer: str
    is_bad: bool
    when: str


@dataclass(frozen=True, slots=True)
class Tab:
    """The deliveries of one state, or of all: an empty name."""

    name: str
    words: str
    number: str


def webhook(endpoint_id: str) -> ResponseReturnValue:
    """Show one webhook. :raises NotFound: when there is none that the visitor may see."""
    visitor = looking()
    endpoint = find(endpoint_id, visitor)
    store, at = current().store, moments.now()
    health = read_health(store.healths.of([endpoint.id]).get(endpoint.id))
    statistics = store.measures.of_endpoint(endpoint.id, visitor.scope)
    limit = (endpoint.timeout or current().settings.webhooks.timeout) * 1000

    return render_template(
        "auditlog/webhook.html",
        endpoint=endpoint,
        name=name_of(endpoint),
        standing=standing_of(endpoint, health, at, zones.here()),
        health=health,
        statistics=statistics,
        course=course_of(store.measures.course(endpoint.id, visitor.scope), limit, zones.here()),
        limit=limit,
        secrets=store.endpoints.secrets(endpoint.id),
        facts=_facts(endpoint, visitor),
        took=took,
        count=count,
        done=DONE.get(request.args.get("done", "")),
        may_change=visitor.may_change(endpoint),
        since=local((health.first_failure or at - DAY) // MINUTE * MINUTE, zones.here()),
        in_flight=_in_flight(endpoint, statistics, health),
        **_deliveries(endpoint, visitor, statistics, health.paused_until),
        **visitor.frame(),
    )


def line_of(sent: SentDelivery, now: int, *, paused_until: int) -> Line:
    """Return a delivery as one line of a list. While its endpoint is paused, nothing is tried."""
    delivery = sent.delivery
    due = max(delivery.due_time, paused_until) - now
    waits = delivery.state == "pending"

    return Line(
        delivery=delivery,
        family=family(delivery.type),
        state=state_of(delivery.state, delivery.attempts),
        answer=answer_of(delivery.last_status, delivery.last_error),
        is_bad=delivery.last_error is not None,
        when=_when(due) if waits else "",
    )


def _when(due: int) -> str:
    return _("now") if due <= 0 else _("in %(time)s", time=moments.span(due))


def count(number: int) -> str:
    """``1,172``; ``10,000+`` for what was not counted to its end."""
    return f"{number:,}+" if number >= _COUNTED else f"{number:,}"


def _deliveries(
    endpoint: Endpoint, visitor: Visitor, statistics: Statistics, paused_until: int
) -> dict[str, Any]:
    """The page of deliveries that was asked for, with the states there are."""
    wanted: State | None = next((s for s in STATES if s == request.args.get("state")), None)
    first, at = first_of(request.args.get("first")), moments.now()
    found = current().store.sent.to_endpoint(
        endpoint.id, visitor.scope, state=wanted, first=first, limit=AT_ONCE + 1
    )
    page = page_of(found, first)

    return {
        "page": page,
        "lines": [line_of(each, at, paused_until=paused_until) for each in page.items],
        "wanted": wanted,
        "tabs": _tabs(statistics, wanted),
    }


def _tabs(statistics: Statistics, wanted: State | None) -> Sequence[Tab]:
    tabs = [Tab("", _("All"), count(sum(statistics.states.values())))]
    for state in STATES:
        number = statistics.states.get(state, 0)
        if number or state == wanted:
            tabs.append(Tab(state, state_of(state, 0).word, count(number)))

    return tabs


def _in_flight(endpoint: Endpoint, statistics: Statistics, health: Health) -> tuple[int, int]:
    allowed = 1 if endpoint.ordering == "fifo" else health.allowed

    return statistics.states.get("inflight", 0), allowed


def _facts(endpoint: Endpoint, visitor: Visitor) -> list[tuple[str, str, bool]]:
    """What it is: names, values, and whether a machine reads them."""
    webhooks = current().settings.webhooks
    # Whose a webhook is, and what the operator gave it, is no matter of a guest.
    names = [] if visitor.is_guest else _desk(visitor).header_names(endpoint)
    maker = None if visitor.is_guest else endpoint.created_by
    organization = None if visitor.is_guest else endpoint.organization_id
    signed = {
        "hmac": _(dict(SIGNATURES)[endpoint.signatures]),
        "bearer": _(dict(AUTH_TYPES)["bearer"]),
        "none": _("Not signed"),
    }[endpoint.auth_type]
    rate, in_order = endpoint.rate_limit, endpoint.ordering == "fifo"
    facts = [
        (_("Events"), ", ".join(endpoint.event_types) or _("none"), True),
        (_("Filter"), endpoint.filter or "", True),
        (_("Not of"), ", ".join(endpoint.exclude_clients), True),
        (_("Organization"), organization or "", False),
        (_("Order"), _("One at a time, in their order") if in_order else "", False),
        (_("Signed"), signed, False),
        (_("Algorithm"), endpoint.algorithm if endpoint.auth_type == "hmac" else "", True),
        (_("Audience"), endpoint.audience or "", True),
        (_("Headers"), ", ".join(names), True),
        (_("Timeout"), f"{endpoint.timeout or webhooks.timeout:g} s", False),
        (_("Tries"), _tries(webhooks.schedule), False),
        (_("Rate"), _("at most %(rate)s a second", rate=f"{rate:g}") if rate else "", False),
        (_("Made by"), maker or "", False),
        (_("Made"), moments.brief(endpoint.created_time, zone=zones.here()), False),
        (_("Id"), endpoint.id, True),
    ]

    return [fact for fact in facts if fact[1]]


def _desk(visitor: Visitor) -> Desk:
    return Desk(current(), visitor.scope, visitor.context)


def _tries(schedule: Sequence[float]) -> str:
    within = moments.span(int(sum(schedule) * 1000))
    return _("%(tries)s within %(time)s", tries=len(schedule), time=within)
