"""How an endpoint does and what became of its deliveries, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from datetime import UTC
from http import HTTPStatus
from typing import Literal

from ....delivery.health import DISABLE_AFTER
from ....delivery.health import Health
from ....store.webhooks import Cause
from ....store.webhooks import DisabledReason
from ....store.webhooks import Endpoint
from ....store.webhooks import State
from ...words import _
from ...words import N_
from .. import dates
from .. import moments

# The shape and the colour beside a word: a dot, a square, a diamond.
Tone = Literal["good", "warn", "bad", "none"]

REASONS: Mapping[DisabledReason, str] = {
    "manual": N_("somebody disabled it"),
    "failing": N_("nothing succeeded for five days"),
    "gone": N_("the receiver answered 410 Gone"),
    "policy": N_("its address is not one that webhooks may go to"),
    "receiver": N_("the receiver asked for it"),
    "deleted": N_("it is being deleted"),
}
CAUSES: Mapping[Cause, str] = {
    "auto": N_("the event"),
    "manual": N_("somebody sent it again"),
    "replay": N_("a replay"),
    "test": N_("a test"),
}
_STATES: Mapping[State, Tone] = {
    "pending": "none",
    "inflight": "none",
    "succeeded": "good",
    "exhausted": "bad",
    "held": "warn",
    "quarantined": "bad",
    "cancelled": "none",
}
_NAMES: Mapping[State, str] = {
    "pending": N_("Pending"),
    "inflight": N_("In flight"),
    "succeeded": N_("Succeeded"),
    "exhausted": N_("Exhausted"),
    "held": N_("Held"),
    "quarantined": N_("Quarantined"),
    "cancelled": N_("Cancelled"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A word with its tone; ``lead`` and ``rest`` are what is to be known of it, if anything is."""

    word: str
    tone: Tone
    lead: str = ""
    rest: str = ""


def standing_of(endpoint: Endpoint, health: Health, now: int, zone: tzinfo = UTC) -> Standing:
    """Return how an endpoint does at *now* (epoch ms), with times of *zone*."""
    if not endpoint.enabled:
        return _disabled(endpoint, now, zone)
    if (word := _trouble(health, now)) is not None:
        return Standing(word, "warn", *_failing(health, now, zone))
    if health.paused_until > now:
        wait = moments.span(health.paused_until - now)
        rest = _("It goes on in %(time)s. Nothing is lost.", time=wait)
        return Standing(_("Paused"), "warn", _("The receiver asked for a pause."), rest)
    if health.last_success is None:
        return Standing(_("Polled") if endpoint.is_only_polled else _("Nothing sent yet"), "none")

    return Standing(_("Works"), "good")


def _trouble(health: Health, now: int) -> str | None:
    if health.breaker != "closed":
        is_open = health.breaker == "open" and health.paused_until > now
        return _("Breaker open") if is_open else _("Trying one")

    return _("Failing") if health.first_failure is not None else None


def _disabled(endpoint: Endpoint, now: int, zone: tzinfo) -> Standing:
    reason = endpoint.disabled_reason or "manual"
    since = endpoint.disabled_time or endpoint.updated_time
    told = {"day": moments.date(since, now, zone=zone), "reason": _(REASONS[reason])}
    lead = _("Nothing is sent since %(day)s: %(reason)s.", **told)
    tone: Tone = "none" if reason == "manual" else "bad"

    rest = _("What it would have had is held until it is enabled.")
    if endpoint.is_only_polled:
        lead = _("Nothing is given since %(day)s: %(reason)s.", **told)
        rest = _("Whoever polls it goes on where they were.")

    return Standing(_("Disabled"), tone, lead, rest)


def _failing(health: Health, now: int, zone: tzinfo) -> tuple[str, str]:
    since = health.first_failure if health.first_failure is not None else now
    lead = _("No success for %(time)s.", time=moments.span(max(now - since, 0)))
    end = since + DISABLE_AFTER
    at = moments.moment(end, zone)
    clock = f"{at:%H:%M} {moments.short(at)}"
    last = dates.at_clock(moments.date(end, now, zone=zone), clock)
    rest = _("Nothing is lost: what is due is tried again.")
    if health.breaker == "open" and health.paused_until > now:
        rest = _(
            "Nothing is lost, and no tries are used up while the breaker is open. "
            "The next try is in %(time)s.",
            time=moments.span(health.paused_until - now),
        )
    only = _("Only if nothing succeeds until %(time)s is the webhook disabled.", time=last)

    return lead, f"{rest} {only}"


def state_of(state: State, attempts: int) -> Standing:
    """Return the state of a delivery; one that waits after a failure is told from a fresh one."""
    tone = "warn" if state == "pending" and attempts else _STATES[state]

    return Standing(_(_NAMES[state]), tone)


def answer_of(status: int | None, error: str | None) -> str:
    """Return what came of the last attempt: ``204``, ``timeout``; empty when there was none."""
    return str(status) if status is not None else (error or "")


def status_line(status: int) -> str:
    """``503 Service Unavailable``."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
