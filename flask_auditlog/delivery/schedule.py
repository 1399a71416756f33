"""When a delivery is tried again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from random import Random

from ..settings import Webhooks

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

# Before each attempt, in milliseconds, where the configuration says nothing else.
SCHEDULE = tuple(int(each * SECOND) for each in Webhooks().schedule)
# So that those who failed together do not come back together.
JITTER = 0.2
# The longest that a receiver may ask us to wait, in milliseconds.
LONGEST = 24 * HOUR

_SECONDS = re.compile(r"[0-9]{1,20}")


def next_due(
    attempts: int,
    now: int,
    *,
    random: Random,
    retry_after: int | None = None,
    schedule: Sequence[int] = SCHEDULE,
) -> int | None:
    """Return when to try again after so many *attempts*; ``None`` when that was the last.

    :param now: epoch milliseconds, as the result.
    :param retry_after: what the receiver asked for, in milliseconds from now. It makes the
        pause longer, never shorter.
    """
    if attempts >= len(schedule):
        return None
    planned = schedule[attempts] * random.uniform(1 - JITTER, 1 + JITTER)

    return now + max(int(planned), min(retry_after or 0, LONGEST))


def retry_after(value: str | None, now: int) -> int | None:
    """Return what a ``Retry-After`` says, in milliseconds from *now*, at most a day.

    Seconds or a date (RFC 9110, 10.2.3). ``None`` for what is neither, or lies in the past.
    """
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return min(int(text) * SECOND, LONGEST)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    wait = int(moment.timestamp() * SECOND) - now

    return min(wait, LONGEST) if wait > 0 else None
