"""What attempts say of their endpoints, and what becomes of their deliveries."""

from __future__ import annotations

import random
from collections.abc import Mapping
from collections.abc import Sequence

import msgspec

from ..store import Store
from ..store.webhooks import Ending
from .health import after
from .health import Health
from .health import Notice
from .health import probing
from .trying import Tried
from .verdict import verdict

# Not the module's functions: their seed is the host's, who may count on what comes next.
_random = random.SystemRandom()


def read_health(kept: str | None) -> Health:
    """Return how an endpoint does, of what the store has kept."""
    return msgspec.json.decode(kept, type=Health) if kept else Health()


def learn(
    store: Store, tried: Sequence[Tried], now: int, *, skew: int = 0
) -> tuple[dict[str, Health], list[tuple[str, Notice]]]:
    """Keep what attempts say of their endpoints; return how these do, and what is to be told.

    :param now: by the database's clock, in epoch milliseconds.
    :param skew: how far that is ahead of ours, by which attempts know when they began.
    :raises StoreUnavailable: when the log cannot be reached. Then nothing is kept.
    """
    by_endpoint: dict[str, list[Tried]] = {}
    for each in tried:
        by_endpoint.setdefault(each.delivery.endpoint_id, []).append(each)
    healths: dict[str, Health] = {}
    notices: list[tuple[str, Notice]] = []

    def change(endpoint_id: str, kept: str | None) -> tuple[str, int, int]:
        health = read_health(kept)
        for each in by_endpoint[endpoint_id]:
            if each.outcome.is_moot:
                continue
            health, told = after(
                probing(health, each.attempt.started_time + skew), each.outcome, now
            )
            notices.extend((endpoint_id, notice) for notice in told)
        healths[endpoint_id] = health

        return msgspec.json.encode(health).decode(), health.paused_until, health.allowed

    store.healths.change(list(by_endpoint), change)

    return healths, notices


def endings(
    tried: Sequence[Tried],
    now: int,
    *,
    disabled: Mapping[str, object],
    schedule: Sequence[int],
) -> list[Ending]:
    """Return how attempts ended, and what becomes of their deliveries.

    :param disabled: endpoints that are not enabled any more.
    """
    ended = []
    for each in tried:
        said = verdict(
            each.outcome,
            attempts=each.delivery.attempts,
            is_enabled=each.delivery.endpoint_id not in disabled,
            now=now,
            random=_random,
            schedule=schedule,
        )
        ended.append(
            Ending(
                delivery=each.delivery,
                attempt=each.attempt,
                state=said.state,
                due_time=said.due_time,
            )
        )

    return ended
