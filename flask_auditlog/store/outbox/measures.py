"""Figures of the queue. Each is read through an index, and counts up to a bound."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ..query import Scope
from ..search.reader import Reader
from ..tables import record
from ..webhooks import FOLLOWER
from ..webhooks import Interval
from ..webhooks import Outbox
from ..webhooks import Period
from ..webhooks import State
from ..webhooks import STATES
from ..webhooks import Statistics
from ..writing import read_now
from .claims import room
from .course import course
from .endpoints import must_find
from .foremost import soonest_of_all
from .sampling import quantile
from .sampling import sampled
from .tables import attempt
from .tables import delivery
from .tables import endpoint
from .tables import follower
from .tables import health
from .tables import INFLIGHT
from .tables import PENDING

# Most that is counted: of one state of an endpoint, and of all endpoints.
COUNTED, COUNTED_OF_ALL = 10_000, 100_000
# A time is looked at in so many parts, and of each the first so many deliveries.
PARTS, OF_EACH = 24, 100

_HOUR = 3600 * 1000
_DAY, _WEEK = 24 * _HOUR, 7 * 24 * _HOUR


class SqlMeasures:
    """See :class:`.keeping.Measures`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def of_endpoint(self, endpoint_id: str, scope: Scope) -> Statistics:
        """See :meth:`.keeping.Measures.of_endpoint`."""
        with self._reader.connect() as connection:
            must_find(connection, endpoint_id, scope, lock=False)
            now = read_now(connection)

            return Statistics(
                states=_states(connection, endpoint_id),
                oldest_due_time=_oldest_due(connection, endpoint_id, now),
                day=_period(connection, endpoint_id, now, _DAY),
                week=_period(connection, endpoint_id, now, _WEEK),
            )

    def course(self, endpoint_id: str, scope: Scope) -> list[Interval]:
        """See :meth:`.keeping.Measures.course`."""
        with self._reader.connect() as connection:
            must_find(connection, endpoint_id, scope, lock=False)

            return course(connection, endpoint_id, read_now(connection))

    def of_all(self) -> Outbox:
        """See :meth:`.keeping.Measures.of_all`."""
        with self._reader.connect() as connection:
            now = read_now(connection)
            waiting = (_oldest_late(connection, now), _oldest_unread(connection))
            oldest = min((each for each in waiting if each is not None), default=now)
            off = (
                sa.select(sa.func.count()).select_from(endpoint).where(sa.not_(endpoint.c.enabled))
            )

            return Outbox(
                pending=_count(connection, COUNTED_OF_ALL, PENDING),
                inflight=_count(connection, COUNTED_OF_ALL, INFLIGHT),
                oldest_due_seconds=max(0, now - oldest) / 1000,
                disabled=connection.scalar(off) or 0,
            )


def _oldest_late(connection: sa.Connection, now: int) -> int | None:
    """Since when what could be sent longest is not, each endpoint's by the beginning of an index.

    What waits on purpose is not late: its endpoint is disabled, its receiver asked for a pause,
    its breaker is open, or it has what its rate allows, or as much under way as it may have.
    When that is over, it is late from then on.
    """
    # Leases that are over are of processes that died: nothing is under way with them.
    under_way = sa.and_(INFLIGHT, delivery.c.lease_time >= now)
    each = (
        sa.select(
            soonest_of_all().label("due"),
            sa.func.coalesce(health.c.paused_until, 0).label("paused_until"),
            sa.func.coalesce(health.c.next_time, 0).label("next_time"),
            room(under_way).label("room"),
        )
        .select_from(endpoint.outerjoin(health, health.c.endpoint_id == endpoint.c.id))
        .where(endpoint.c.enabled)
        .subquery()
    )
    since = _later(each.c.due, _later(each.c.paused_until, each.c.next_time))

    found: int | None = connection.scalar(sa.select(sa.func.min(since)).where(each.c.room > 0))

    return found


def _later(one: sa.ColumnElement[Any], other: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The later of two times; nothing, if *one* is nothing."""
    return sa.case((one < other, other), else_=one)


def _oldest_unread(connection: sa.Connection) -> int | None:
    """Since when the first record waits that no deliveries were made of yet.

    Without it all would seem well where nobody delivers: then there are no deliveries at all.
    """
    reached = sa.select(follower.c.position).where(follower.c.name == FOLLOWER).scalar_subquery()
    # What is older than every endpoint is not waited for; where there is none, nothing is.
    wanted = sa.select(sa.func.min(endpoint.c.since_position)).scalar_subquery()

    return connection.scalar(
        sa.select(record.c.received_time)
        .where(record.c.position > sa.func.coalesce(reached, 0), record.c.position > wanted)
        .order_by(record.c.position)
        .limit(1)
    )


def _states(connection: sa.Connection, endpoint_id: str) -> dict[State, int]:
    some = [
        sa.select(delivery.c.state)
        .where(delivery.c.endpoint_id == endpoint_id, delivery.c.state == state)
        .limit(COUNTED)
        .subquery()
        for state in STATES
    ]
    each = sa.union_all(*map(sa.select, some)).subquery()
    counted = sa.select(each.c.state, sa.func.count()).group_by(each.c.state)
    found = {row[0]: row[1] for row in connection.execute(counted)}

    return {state: found.get(state, 0) for state in STATES}


def _count(connection: sa.Connection, at_most: int, *which: sa.ColumnElement[bool]) -> int:
    some = sa.select(delivery.c.id).where(*which).limit(at_most).subquery()

    return connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def _oldest_due(connection: sa.Connection, endpoint_id: str, now: int) -> int | None:
    due = connection.scalar(sa.select(soonest_of_all()).where(endpoint.c.id == endpoint_id))

    return due if due is not None and due <= now else None


def _period(connection: sa.Connection, endpoint_id: str, now: int, length: int) -> Period:
    starts = [now - length + length * part // PARTS for part in range(PARTS)]
    found = sampled(connection, endpoint_id, starts, OF_EACH)
    ids = [each for some in found for each in some[:OF_EACH]]
    tried = sa.select(attempt.c.error, attempt.c.milliseconds).where(attempt.c.delivery_id.in_(ids))
    rows = connection.execute(tried).all()
    times = sorted(row.milliseconds for row in rows if row.milliseconds is not None)
    succeeded = sum(row.error is None for row in rows)

    return Period(
        attempts=len(rows),
        success=succeeded / len(rows) if rows else None,
        p50=quantile(times, 0.5),
        p95=quantile(times, 0.95),
        is_exact=all(len(some) <= OF_EACH for some in found),
    )
