"""How an endpoint does, and what follows from it. A value, and what an answer makes of it.

All of it is kept in SQL as one JSON text, so a restart forgets nothing: not how long an
endpoint has failed, and not that its breaker is open.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ..store.webhooks import DisabledReason
from ..store.webhooks import IN_FLIGHT
from .schedule import HOUR
from .schedule import MINUTE
from .schedule import SECOND

# The breaker opens after so many failures in a row, or when this share of at least so many
# within five minutes failed; for half a minute, twice as long each time, at most a quarter
# of an hour. (Convoy's, with a pause that grows.)
IN_A_ROW = 10
SHARE, OF_AT_LEAST, WITHIN = 0.7, 20, 5 * MINUTE
OPEN_FIRST, OPEN_LONGEST = 30 * SECOND, 15 * MINUTE

# In flight at a time: after as many successes as there may be, twice as many, from where it was
# too much one more; half after the receiver has said that it is (slow start and AIMD, as TCP
# has them).
IN_FLIGHT_MOST = 256
TOO_MUCH = frozenset({429, 502, 503, 504})

# Slower than this, in milliseconds, an endpoint has a small part of the workers only.
SLOW = 1000.0
_WEIGHT = 0.2

# Disabled after failing for so long, without one success; warned of before.
DISABLE_AFTER = 5 * 24 * HOUR
WARN_AFTER = (24 * HOUR, 72 * HOUR)

GONE = 410
# The error of an attempt whose event or endpoint is not there any more.
MOOT = "gone"

Breaker = Literal["closed", "open", "half-open"]
Says = Literal["failing", "recovered", "disabled"]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator is to be told. ``since`` is when it began to fail, in epoch ms."""

    says: Says
    since: int
    reason: DisabledReason | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an attempt: ``error`` is ``None`` for a success. Times are milliseconds.

    ``wants`` is what the receiver asked for in ``webhook-delivery``: ``disable``, or
    ``abort-message``.
    """

    error: str | None = None
    status: int | None = None
    milliseconds: float = 0.0
    retry_after: int | None = None
    wants: str | None = None

    @property
    def is_moot(self) -> bool:
        """Whether there was nothing to send, or nobody to send it to."""
        return self.error == MOOT


class Health(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an endpoint does. Times are epoch milliseconds.

    ``recent`` holds when the last attempts ended, negative for those that failed.
    """

    breaker: Breaker = "closed"
    open_for: int = 0
    paused_until: int = 0
    in_a_row: int = 0
    recent: tuple[int, ...] = ()
    in_flight_limit: int = IN_FLIGHT
    ceiling: int = IN_FLIGHT_MOST
    successes: int = 0
    latency: float = 0.0
    first_failure: int | None = None
    last_success: int | None = None
    warned: int = 0

    @property
    def allowed(self) -> int:
        """How many deliveries may be in flight to it, once its pause is over: while its
        breaker is not closed, one finds out.
        """
        return self.in_flight_limit if self.breaker == "closed" else 1

    @property
    def is_slow(self) -> bool:
        """Whether it may have a small part of the workers only."""
        return self.breaker != "closed" or self.latency > SLOW


def after(health: Health, outcome: Outcome, now: int) -> tuple[Health, list[Notice]]:
    """Return *health* after an attempt that ended *now*, and what is to be told of it.

    One that is disabled begins with a new :class:`Health` when it is enabled again.
    """
    recent = _recent(health, outcome, now)
    known = msgspec.structs.replace(
        health, recent=recent, latency=_latency(health, outcome.milliseconds)
    )
    if outcome.error is not None:
        return _failed(known, outcome, now)
    changed, told = _succeeded(known, now)
    if outcome.wants == "disable":
        told = [Notice(says="disabled", since=now, reason="receiver")]

    return changed, told


def probing(health: Health, now: int) -> Health:
    """Return *health* with its breaker half open, if it was open for long enough: then one
    attempt finds out.
    """
    if health.breaker == "open" and health.paused_until <= now:
        return msgspec.structs.replace(health, breaker="half-open")
    return health


def _succeeded(health: Health, now: int) -> tuple[Health, list[Notice]]:
    successes = health.successes + 1
    grows = successes >= health.in_flight_limit < IN_FLIGHT_MOST
    was_closed = health.breaker == "closed"
    # What was in flight as it opened says nothing of now: that is for the probe to find out.
    opens = health.breaker == "open"
    changed = msgspec.structs.replace(
        health,
        breaker="open" if opens else "closed",
        open_for=health.open_for if opens else 0,
        in_a_row=0,
        # Those that failed before it recovered are no sign of what comes. A pause that the
        # receiver has asked for stays.
        recent=health.recent if was_closed else (now,),
        in_flight_limit=_more(health) if grows else health.in_flight_limit,
        successes=0 if grows else successes,
        first_failure=None,
        last_success=now,
        warned=0,
    )
    told = health.warned > 0 or health.breaker == "half-open"

    return changed, [Notice(says="recovered", since=health.first_failure or now)] * told


def _more(health: Health) -> int:
    twice = 2 * health.in_flight_limit

    return twice if twice <= health.ceiling else health.in_flight_limit + 1


def _failed(health: Health, outcome: Outcome, now: int) -> tuple[Health, list[Notice]]:
    since = health.first_failure if health.first_failure is not None else now
    too_much = outcome.status in TOO_MUCH or outcome.error == "timeout"
    half = max(1, health.in_flight_limit // 2)
    changed = msgspec.structs.replace(
        health,
        in_a_row=health.in_a_row + 1,
        in_flight_limit=half if too_much else health.in_flight_limit,
        ceiling=half if too_much else health.ceiling,
        successes=0,
        first_failure=since,
        paused_until=max(health.paused_until, now + _asked_pause(outcome)),
    )
    changed = _opened(changed, now)
    reason = _disabling(outcome, changed, now)
    if reason is not None:
        return changed, [Notice(says="disabled", since=since, reason=reason)]
    level = sum(now - since >= each for each in WARN_AFTER)
    if level > health.warned:
        warned = msgspec.structs.replace(changed, warned=level)
        return warned, [Notice(says="failing", since=since)]

    return changed, []


def _opened(health: Health, now: int) -> Health:
    """Open the breaker, if that is due. A probe that failed opens it for longer."""
    failed = sum(each < 0 for each in health.recent)
    many = len(health.recent) >= OF_AT_LEAST and failed >= SHARE * len(health.recent)
    if health.breaker == "open" and health.paused_until > now:
        return health  # What was in flight as it opened says nothing new.
    if health.breaker == "closed" and not many and health.in_a_row < IN_A_ROW:
        return health
    longer = min(health.open_for * 2, OPEN_LONGEST) or OPEN_FIRST

    return msgspec.structs.replace(
        health,
        breaker="open",
        open_for=longer,
        paused_until=max(health.paused_until, now + longer),
    )


def _disabling(outcome: Outcome, health: Health, now: int) -> DisabledReason | None:
    if outcome.status == GONE:
        return "gone"
    if outcome.wants == "disable":
        return "receiver"
    # Two failures of a quiet one, a week apart, are not five days of failures.
    is_long = now - (health.first_failure or now) >= DISABLE_AFTER

    return "failing" if is_long and health.in_a_row >= IN_A_ROW else None


def _asked_pause(outcome: Outcome) -> int:
    """Only from who says that it is too much: others tell when to repeat one delivery."""
    return (outcome.retry_after or 0) if outcome.status in (429, 503) else 0


def _recent(health: Health, outcome: Outcome, now: int) -> tuple[int, ...]:
    ended = now if outcome.error is None else -now
    # As many as the smallest number that says something of five minutes, and a few more.
    kept = [each for each in health.recent if now - abs(each) <= WITHIN][-2 * OF_AT_LEAST + 1 :]

    return (*kept, ended)


def _latency(health: Health, milliseconds: float) -> float:
    if not health.recent:
        return round(milliseconds, 3)
    return round(health.latency + _WEIGHT * (milliseconds - health.latency), 3)
