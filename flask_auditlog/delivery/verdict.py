"""What becomes of a delivery after an attempt."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import msgspec

from ..store.webhooks import State
from .health import Outcome
from .schedule import next_due
from .schedule import SCHEDULE

# What a receiver may ask for in the header `webhook-delivery`.
ABORT, DISABLE = "abort-message", "disable"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The next state of a delivery; of one that is pending again, when it is due (epoch ms)."""

    state: State
    due_time: int | None = None


def verdict(
    outcome: Outcome,
    *,
    attempts: int,
    is_enabled: bool,
    now: int,
    random: Random,
    schedule: Sequence[int] = SCHEDULE,
) -> Verdict:
    """Return what becomes of a delivery after so many *attempts*.

    :param is_enabled: whether its endpoint still is, after what this attempt said of it. Of
        one that is not, it is held: it has attempts left, and nobody to send it to.
    """
    if outcome.error is None:
        return Verdict(state="succeeded")
    if outcome.wants == ABORT or outcome.is_moot:
        return Verdict(state="cancelled")
    due = next_due(attempts, now, random=random, retry_after=outcome.retry_after, schedule=schedule)
    if due is None:
        return Verdict(state="exhausted")

    return Verdict(state="pending" if is_enabled else "held", due_time=due)
