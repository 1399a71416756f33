"""Whose turn it is: deliveries that are due are claimed for a time, and nobody waits for HTTP
with a transaction open.

A claim is a lease. Who does not come back in time has lost it: then another may try, and what
the first says later is not heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from .outbox import attempt
from .outbox import delivery
from .outbox import endpoint
from .outbox import health
from .webhooks import Delivery
from .webhooks import FRESH
from .webhooks import IN_FLIGHT
from .webhooks import REPLAYED

# Whose process dies so often over it is not tried again by itself.
LOST = 3
# Most endpoints served by one claim, those that have waited longest first.
_AT_ONCE = 100

# Not parameters: SQLite takes an index of some rows only for what is written out.
PENDING = delivery.c.state == sa.literal_column("'pending'")
INFLIGHT = delivery.c.state == sa.literal_column("'inflight'")


def claim(
    connection: sa.Connection, now: int, *, limit: int, lease_milliseconds: int
) -> list[Delivery]:
    """Claim at most *limit* deliveries that are due, in fair shares of their endpoints."""
    ids: list[str] = []
    for endpoint_id, share in _shares(_due(connection, now), limit):
        end = min(len(ids) + share, limit)
        for lane in (FRESH, REPLAYED):
            if len(ids) < end:
                ids += _oldest(connection, now, endpoint_id, lane, end - len(ids))
    if not ids:
        return []
    statement = (
        sa.update(delivery)
        .where(delivery.c.id.in_(ids))
        .values(
            state="inflight",
            attempts=delivery.c.attempts + 1,
            lease=uuid4().hex,
            lease_time=now + lease_milliseconds,
        )
        .returning(*delivery.c)
    )
    claimed = {row.id: delivery_of(row) for row in connection.execute(statement)}

    return [claimed[each] for each in ids]


def delivery_of(row: Any) -> Delivery:
    """Return the delivery of a row."""
    return Delivery(**row._mapping)  # noqa: SLF001 (documented)


def _due(connection: sa.Connection, now: int) -> list[tuple[str, int]]:
    """The endpoints that something is due for, the longest waiting first, and their room.

    Each question is answered by the beginning of an index: it takes as long with a million
    deliveries behind it.
    """
    in_flight = (
        sa.select(sa.func.count())
        .where(delivery.c.endpoint_id == endpoint.c.id, INFLIGHT)
        .scalar_subquery()
    )
    oldest = [
        sa.select(sa.func.min(delivery.c.due_time))
        .where(delivery.c.endpoint_id == endpoint.c.id, PENDING, delivery.c.lane == lane)
        .scalar_subquery()
        for lane in (FRESH, REPLAYED)
    ]
    each = (
        sa.select(
            endpoint.c.id,
            (sa.func.coalesce(health.c.in_flight_limit, IN_FLIGHT) - in_flight).label("room"),
            oldest[0].label("fresh"),
            oldest[1].label("replayed"),
        )
        .outerjoin(health, health.c.endpoint_id == endpoint.c.id)
        .where(endpoint.c.enabled, sa.func.coalesce(health.c.paused_until, 0) <= now)
        .subquery()
    )
    statement = (
        sa.select(each.c.id, each.c.room)
        .where(each.c.room > 0, sa.or_(each.c.fresh <= now, each.c.replayed <= now))
        # What is fresh and due later is no reason to come later.
        .order_by(sa.case((each.c.fresh <= now, each.c.fresh), else_=each.c.replayed), each.c.id)
        .limit(_AT_ONCE)
    )

    return [(row.id, row.room) for row in connection.execute(statement)]


def _shares(due: Sequence[tuple[str, int]], limit: int) -> Iterator[tuple[str, int]]:
    """Share *limit* out: nobody gets more than their room, and what one leaves others take."""
    left = limit
    waiting = sorted(due, key=lambda each: each[1])
    shares: dict[str, int] = {}
    for place, (endpoint_id, room) in enumerate(waiting):
        # At least one: else who waits longest would wait on.
        shares[endpoint_id] = min(room, max(1, left // (len(waiting) - place)))
        left -= shares[endpoint_id]
    for endpoint_id, _ in due:
        yield endpoint_id, shares[endpoint_id]


def _oldest(
    connection: sa.Connection, now: int, endpoint_id: str, lane: int, limit: int
) -> list[str]:
    statement = (
        sa.select(delivery.c.id)
        .where(delivery.c.endpoint_id == endpoint_id, PENDING, delivery.c.lane == lane)
        .where(delivery.c.due_time <= now)
        .order_by(delivery.c.due_time)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )

    return list(connection.scalars(statement))


def expire(connection: sa.Connection, now: int, *, limit: int) -> list[Delivery]:
    """Take back the deliveries whose lease is over; return them as they are now.

    Each was lost once more: its process died, or was stopped for too long. What it may have
    sent is not known, so it is sent again, but not for ever.
    """
    statement = (
        sa.select(*delivery.c)
        .where(INFLIGHT, delivery.c.lease_time < now)
        .order_by(delivery.c.lease_time)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    lost = [delivery_of(row) for row in connection.execute(statement)]
    if not lost:
        return []
    connection.execute(sa.insert(attempt), [_lost(each, now) for each in lost])
    is_over = delivery.c.lost + 1 >= LOST
    update = (
        sa.update(delivery)
        .where(delivery.c.id.in_([each.id for each in lost]))
        .values(
            state=sa.case((is_over, "quarantined"), else_="pending"),
            finished_time=sa.case((is_over, now)),
            lost=delivery.c.lost + 1,
            last_error="lost",
            last_status=None,
            due_time=now,
            lease=None,
            lease_time=None,
        )
        .returning(*delivery.c)
    )

    return [delivery_of(row) for row in connection.execute(update)]


def _lost(claimed: Delivery, now: int) -> dict[str, Any]:
    """The attempt that nobody told the end of."""
    return {
        "delivery_id": claimed.id,
        "number": claimed.attempts,
        "started_time": now,
        "error": "lost",
        "message": "Whoever tried it never said how it ended.",
    }
