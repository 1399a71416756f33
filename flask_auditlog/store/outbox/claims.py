"""Whose turn it is: deliveries that are due are claimed for a time, and nobody waits for HTTP
with a transaction open.

A claim is a lease. Who does not come back in time has lost it: then another may try, and what
the first says later is not heard.
"""

from __future__ import annotations

import functools
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple
from uuid import uuid4

import sqlalchemy as sa

from ..webhooks import Delivery
from ..webhooks import FRESH
from ..webhooks import IN_FLIGHT
from ..webhooks import LOST
from ..webhooks import REPLAYED
from ..writing import insert_unless_there
from .foremost import heads
from .foremost import is_in_order
from .foremost import OF_ENDPOINT
from .foremost import oldest
from .foremost import soonest
from .tables import attempt
from .tables import delivery
from .tables import endpoint
from .tables import health
from .tables import INFLIGHT

# Most endpoints served by one claim, those that have waited longest first.
_AT_ONCE = 100


class _Due(NamedTuple):
    """An endpoint that something is due for, and how much it may have at a time."""

    endpoint_id: str
    room: int
    rate: float | None
    in_order: bool
    # The lanes in which something is due.
    lanes: tuple[int, ...]


def claim(
    connection: sa.Connection,
    now: int,
    *,
    limit: int,
    lease_milliseconds: int,
    but: Collection[str] = (),
    last_chances: int = 1,
) -> list[Delivery]:
    """Claim at most *limit* deliveries that are due, in fair shares of their endpoints.

    :param but: endpoints that get nothing this time.
    :param last_chances: how many of those may be among them that are quarantined if their
        process dies once more.
    """
    due = _due(connection, now, but)
    shares = _shares([(each.endpoint_id, each.room) for each in due], limit)
    found: dict[str, list[str]] = {endpoint_id: [] for endpoint_id in shares}
    for endpoint_id, delivery_id, lost in _foremost(connection, now, due, shares, found):
        if lost >= LOST - 1:
            last_chances -= 1
            if last_chances < 0:
                continue
        found[endpoint_id].append(delivery_id)
    ids = [delivery_id for each in found.values() for delivery_id in each][:limit]
    if not ids:
        return []
    _slow_down(connection, now, {e.endpoint_id: e.rate for e in due if e.rate}, found)
    return _taken(connection, ids, now + lease_milliseconds)


def _foremost(
    connection: sa.Connection,
    now: int,
    due: Sequence[_Due],
    shares: Mapping[str, int],
    found: Mapping[str, Sequence[str]],
) -> Iterator[tuple[str, str, int]]:
    """Yield what may be claimed: endpoint, delivery, and how often it was lost.

    :param found: what of it is claimed, of each endpoint; it grows meanwhile.
    """
    due = [each for each in due if each.endpoint_id in shares]
    yield from heads(connection, now, [each.endpoint_id for each in due if each.in_order])
    for lane in (FRESH, REPLAYED):
        ids = [e.endpoint_id for e in due if not e.in_order and lane in e.lanes]
        left = {each: shares[each] - len(found[each]) for each in ids}
        wanted = {each: count for each, count in left.items() if count > 0}
        yield from oldest(connection, now, lane, wanted)


def _taken(connection: sa.Connection, ids: Sequence[str], lease_time: int) -> list[Delivery]:
    given = {"ids": ids, "new_lease": uuid4().hex, "until": lease_time}
    claimed = {row.id: delivery_of(row) for row in connection.execute(_TAKE, given)}

    return [claimed[each] for each in ids]


_TAKE = (
    sa.update(delivery)
    .where(delivery.c.id.in_(sa.bindparam("ids")))
    .values(
        state="inflight",
        attempts=delivery.c.attempts + 1,
        lease=sa.bindparam("new_lease"),
        lease_time=sa.bindparam("until"),
    )
    .returning(*delivery.c)
)


def delivery_of(row: Any) -> Delivery:
    """Return the delivery of a row."""
    return Delivery(**row._mapping)  # noqa: SLF001 (documented)


def _due(connection: sa.Connection, now: int, but: Collection[str]) -> list[_Due]:
    """The endpoints that something is due for, the longest waiting first, and their room."""
    given = {"now": now, "but": list(but)}

    return [_read_due(row, now) for row in connection.execute(_due_statement(), given)]


# Built once, and not before it is needed: to build it takes longer than the answer.
@functools.cache
def _due_statement() -> sa.Select[Any]:
    """Each question is answered by the beginning of an index: it takes as long with a million
    deliveries behind it.
    """
    now = sa.bindparam("now", type_=sa.BigInteger)
    each = (
        sa.select(
            endpoint.c.id,
            endpoint.c.rate_limit,
            room(INFLIGHT).label("room"),
            is_in_order.label("in_order"),
            soonest(FRESH).label("fresh"),
            soonest(REPLAYED).label("replayed"),
        )
        .outerjoin(health, health.c.endpoint_id == endpoint.c.id)
        .where(
            endpoint.c.enabled,
            endpoint.c.id.not_in(sa.bindparam("but")),
            sa.func.coalesce(health.c.paused_until, 0) <= now,
            sa.func.coalesce(health.c.next_time, 0) <= now,
        )
        .subquery()
    )
    # In order, nothing goes before what is fresh, also while that waits for its next attempt.
    is_free = sa.or_(sa.not_(each.c.in_order), each.c.fresh.is_(None))

    return (
        sa.select(each)
        .where(each.c.room > 0)
        .where(sa.or_(each.c.fresh <= now, sa.and_(each.c.replayed <= now, is_free)))
        # What is fresh and due later is no reason to come later.
        .order_by(sa.case((each.c.fresh <= now, each.c.fresh), else_=each.c.replayed), each.c.id)
        .limit(_AT_ONCE)
    )


def _read_due(row: Any, now: int) -> _Due:
    room, rate = row.room, row.rate_limit
    lanes = {FRESH: row.fresh, REPLAYED: row.replayed}

    return _Due(
        row.id,
        min(room, _burst(rate)) if rate else room,
        rate,
        row.in_order,
        tuple(lane for lane, since in lanes.items() if since is not None and since <= now),
    )


def room(under_way: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """How much more may be in flight to an endpoint, beside the deliveries that are *under_way*."""
    allowed = sa.func.coalesce(health.c.in_flight_limit, IN_FLIGHT)
    in_flight = sa.select(sa.func.count()).where(OF_ENDPOINT, under_way).scalar_subquery()

    return sa.case((is_in_order, 1), else_=allowed) - in_flight


def _burst(rate: float) -> int:
    """How many of an endpoint with a rate go at a time: those of a tenth of a second."""
    return max(1, int(rate / 10))


def _shares(due: Sequence[tuple[str, int]], limit: int) -> dict[str, int]:
    """Share *limit* out: nobody gets more than their room, and what one leaves others take."""
    left = limit
    waiting = sorted(due, key=lambda each: each[1])
    shares: dict[str, int] = {}
    for place, (endpoint_id, room) in enumerate(waiting):
        # At least one: else who waits longest would wait on.
        shares[endpoint_id] = min(room, max(1, left // (len(waiting) - place)))
        left -= shares[endpoint_id]

    # Those who waited longest first: of a small limit the others get nothing.
    return dict(_cut(due, shares, limit))


def _cut(
    due: Sequence[tuple[str, int]], shares: Mapping[str, int], limit: int
) -> Iterator[tuple[str, int]]:
    for endpoint_id, _ in due:
        share = min(shares[endpoint_id], limit)
        limit -= share
        if share > 0:
            yield endpoint_id, share


def _slow_down(
    connection: sa.Connection,
    now: int,
    rates: Mapping[str, float],
    found: Mapping[str, Sequence[str]],
) -> None:
    """Of who has a rate, nothing is claimed until it allows the next."""
    for endpoint_id, rate in rates.items():
        if not (count := len(found.get(endpoint_id, ()))):
            continue
        values = {"next_time": now + int(count * 1000 / rate)}
        mine = health.c.endpoint_id == endpoint_id
        if not connection.execute(sa.update(health).where(mine).values(values)).rowcount:
            connection.execute(
                insert_unless_there(connection, health).values(endpoint_id=endpoint_id, **values)
            )


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
