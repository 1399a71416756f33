"""What a replay makes deliveries of, a page at a time. Nothing is written here.

Each page is read by the beginning of an index, and looks at no more than so many rows: it
takes as long in a log of millions.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import sqlalchemy as sa

from ..promises.again import Replay
from ..promises.again import Wanted
from ..query import Query
from ..query import Scope
from ..search.plan import in_sequence
from ..search.reader import head
from ..search.reader import RECORD
from ..search.reader import records_of
from ..tables import record
from ..webhooks import Endpoint
from ..webhooks import State
from .tables import delivery

# Most records, or deliveries, that are read for a page, and most positions they are looked for among: those
# of other realms lie between.
READ, SPAN = 500, 10_000

_FAILED: tuple[State, ...] = ("exhausted", "quarantined")
# What came to its receiver, or still may.
_GOOD: tuple[State, ...] = ("succeeded", "pending", "inflight")


class Found(NamedTuple):
    """A record to deliver, and the delivery that is held of it, if it takes its place."""

    position: int
    type: str
    held: str | None = None


class Page(NamedTuple):
    """Some of what is to be delivered, and where the next page begins."""

    found: list[Found]
    cursor: str
    is_last: bool


def page(
    connection: sa.Connection, job: Replay, endpoint: Endpoint, wanted: Wanted, limit: int
) -> Page:
    """Return the next page of a replay, with at most *limit* to deliver."""
    if job.kind == "recover":
        return _failed(connection, job, limit)

    return _records(connection, job, endpoint, wanted, limit)


def first_since(connection: sa.Connection, time: int) -> int:
    """Return the first position received at *time* or later; that behind the last if none was.

    In the order of positions, times of arrival never fall: so it is found by halving.
    """
    low = connection.scalar(sa.select(sa.func.min(record.c.position))) or 1
    high = head(connection) + 1
    while low < high:
        middle = (low + high) // 2
        # Positions may be missing: the old ones, where records are kept for a time only.
        there = connection.execute(_FROM, {"middle": middle}).one()
        if there.received_time >= time:
            high = middle
        else:
            low = there.position + 1

    return low


_FROM = (
    sa.select(record.c.position, record.c.received_time)
    .where(record.c.position >= sa.bindparam("middle"))
    .order_by(record.c.position)
    .limit(1)
)


def _records(
    connection: sa.Connection, job: Replay, endpoint: Endpoint, wanted: Wanted, limit: int
) -> Page:
    here, last = int(job.cursor), job.before_position - 1
    end = min(here + SPAN, last)
    scope = Scope(realm=endpoint.realm, organization_id=endpoint.organization_id)
    statement = (
        sa.select(*RECORD)
        .where(*in_sequence(Query(reads=True), scope))
        .where(record.c.position > here, record.c.position <= end)
        .order_by(record.c.position)
        .limit(READ)
    )
    records = records_of(connection.execute(statement))
    if len(records) == READ:
        end = records[-1].position
    chosen = wanted(records, endpoint)
    if job.kind == "missing":
        had = _had(connection, endpoint.id, here, end)
        chosen = [each for each in chosen if each.position not in had]
    if len(chosen) > limit:
        chosen = chosen[:limit]
        end = chosen[-1].position
    found = [Found(each.position, each.event.type) for each in chosen]

    return Page(found, str(end), is_last=end >= last)


def _had(connection: sa.Connection, endpoint_id: str, after: int, until: int) -> set[int]:
    """The positions that the endpoint had a delivery of. One that was cancelled is none."""
    statement = sa.select(delivery.c.position).where(
        delivery.c.endpoint_id == endpoint_id,
        delivery.c.position > after,
        delivery.c.position <= until,
        delivery.c.state != "cancelled",
    )

    return set(connection.scalars(statement))


def _failed(connection: sa.Connection, job: Replay, limit: int) -> Page:
    states = (*_FAILED, "held") if job.held else _FAILED
    rows = sorted(
        (row for state in states for row in _in_state(connection, job, state)),
        key=lambda row: row.id,
    )[:READ]
    good = _good(connection, job, {row.position for row in rows})
    asked = [row for row in rows if row.position not in good and _is_asked(row.since, job)]
    cursor, is_last = rows[-1].id if rows else job.cursor, len(rows) < READ
    if len(asked) > limit:
        asked = asked[:limit]
        cursor, is_last = asked[-1].id, False
    # What is held of a record goes before what failed of it: else it would be sent as well.
    chosen = {row.position: row for row in sorted(asked, key=lambda row: row.state == "held")}
    found = [
        Found(each.position, each.type, each.id if each.state == "held" else None)
        for each in sorted(chosen.values(), key=lambda row: row.position)
    ]

    return Page(found, cursor, is_last)


def _in_state(connection: sa.Connection, job: Replay, state: str) -> Sequence[Any]:
    """The next deliveries in one state: of several, no index has them in one order."""
    statement = (
        sa.select(
            delivery.c.id,
            delivery.c.position,
            delivery.c.type,
            delivery.c.state,
            sa.func.coalesce(delivery.c.finished_time, delivery.c.created_time).label("since"),
        )
        .where(delivery.c.endpoint_id == job.endpoint_id, delivery.c.state == state)
        .where(delivery.c.id > job.cursor)
        .order_by(delivery.c.id)
        .limit(READ)
    )

    return connection.execute(statement).all()


def _is_asked(since: int, job: Replay) -> bool:
    """Whether it failed in time, and before the replay began: not one of its own."""
    before = job.created_time if job.before_time is None else job.before_time

    return (job.after_time or 0) <= since < min(before, job.created_time)


def _good(connection: sa.Connection, job: Replay, positions: Collection[int]) -> set[int]:
    """Those of *positions* that need not be sent again: that is done, or on its way."""
    if not positions:
        return set()
    statement = sa.select(delivery.c.position).where(
        delivery.c.endpoint_id == job.endpoint_id,
        delivery.c.position.in_(positions),
        sa.or_(delivery.c.state.in_(_GOOD), delivery.c.batch == job.id),
    )

    return set(connection.scalars(statement))
