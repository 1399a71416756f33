"""How an endpoint does and what became of its deliveries, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from ....delivery.health import DISABLE_AFTER
from ....delivery.health import Health
from ....store.webhooks import Cause
from ....store.webhooks import DisabledReason
from ....store.webhooks import Endpoint
from ....store.webhooks import State
from .. import moments

# The shape and the colour beside a word: a dot, a square, a diamond.
Tone = Literal["good", "warn", "bad", "none"]

REASONS: Mapping[DisabledReason, str] = {
    "manual": "somebody disabled it",
    "failing": "nothing succeeded for five days",
    "gone": "the receiver answered 410 Gone",
    "policy": "its address is not one that webhooks may go to",
    "receiver": "the receiver asked for it",
    "deleted": "it is being deleted",
}
CAUSES: Mapping[Cause, str] = {
    "auto": "the event",
    "manual": "somebody sent it again",
    "replay": "a replay",
    "test": "a test",
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
_NAMES: Mapping[State, str] = {"inflight": "In flight"}


@dataclass(frozen=True, slots=True)
class Standing:
    """A word with its tone; ``lead`` and ``rest`` are what is to be known of it, if anything is."""

    word: str
    tone: Tone
    lead: str = ""
    rest: str = ""


def standing_of(endpoint: Endpoint, health: Health, now: int) -> Standing:
    """Return how an endpoint does at *now* (epoch ms)."""
    if not endpoint.enabled:
        return _disabled(endpoint, now)
    if (word := _trouble(health, now)) is not None:
        return Standing(word, "warn", *_failing(health, now))
    if health.paused_until > now:
        rest = f"It goes on in {moments.span(health.paused_until - now)}. Nothing is lost."
        return Standing("Paused", "warn", "The receiver asked for a pause.", rest)
    if health.last_success is None:
        return Standing("Polled" if endpoint.is_only_polled else "Nothing sent yet", "none")

    return Standing("Works", "good")


def _trouble(health: Health, now: int) -> str | None:
    if health.breaker != "closed":
        is_open = health.breaker == "open" and health.paused_until > now
        return "Breaker open" if is_open else "Trying one"

    return "Failing" if health.first_failure is not None else None


def _disabled(endpoint: Endpoint, now: int) -> Standing:
    reason = endpoint.disabled_reason or "manual"
    since = endpoint.disabled_time or endpoint.updated_time
    lead = f"Nothing is sent since {moments.date(since, now)}: {REASONS[reason]}."
    tone: Tone = "none" if reason == "manual" else "bad"

    rest = "What it would have had is held until it is enabled."
    if endpoint.is_only_polled:
        lead, rest = lead.replace("sent", "given", 1), "Whoever polls it goes on where they were."

    return Standing("Disabled", tone, lead, rest)


def _failing(health: Health, now: int) -> tuple[str, str]:
    since = health.first_failure if health.first_failure is not None else now
    lead = f"No success for {moments.span(max(now - since, 0))}."
    end = since + DISABLE_AFTER
    last = f"{moments.date(end, now)}, {moments.moment(end):%H:%M} UTC"
    rest = "Nothing is lost: what is due is tried again."
    if health.breaker == "open" and health.paused_until > now:
        wait = moments.span(health.paused_until - now)
        rest = (
            "Nothing is lost, and no tries are used up while the breaker is open. "
            f"The next try is in {wait}."
        )

    return lead, f"{rest} Only if nothing succeeds until {last} is the webhook disabled."


def state_of(state: State, attempts: int) -> Standing:
    """Return the state of a delivery; one that waits after a failure is told from a fresh one."""
    tone = "warn" if state == "pending" and attempts else _STATES[state]

    return Standing(_NAMES.get(state, state.capitalize()), tone)


def answer_of(status: int | None, error: str | None) -> str:
    """Return what came of the last attempt: ``204``, ``timeout``; empty when there was none."""
    return str(status) if status is not None else (error or "")


def status_line(status: int) -> str:
    """``503 Service Unavailable``."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
