"""What comes next of an endpoint: by when it is due, or, where the order counts, by its place.

The place of a delivery is its lane, and in it the position of its event. So what is sent again
stands where its event stood, before all that is newer; and what is replayed comes after all
that is fresh.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from ..webhooks import FRESH
from ..webhooks import REPLAYED
from .tables import delivery
from .tables import endpoint
from .tables import INFLIGHT
from .tables import PENDING

OF_ENDPOINT = delivery.c.endpoint_id == endpoint.c.id

is_in_order = endpoint.c.ordering == sa.literal_column("'fifo'")


def soonest(lane: int) -> sa.ColumnElement[Any]:
    """When something of the endpoint's lane is due: the first one, where the order counts.

    It is answered by the beginning of an index.
    """
    mine = (OF_ENDPOINT, PENDING, delivery.c.lane == lane)
    place = (delivery.c.position, delivery.c.id)
    first = sa.select(delivery.c.due_time).where(*mine).order_by(*place).limit(1)
    any_ = sa.select(sa.func.min(delivery.c.due_time)).where(*mine)

    return sa.case((is_in_order, first.scalar_subquery()), else_=any_.scalar_subquery())


def soonest_of_all() -> sa.ColumnElement[Any]:
    """When something of the endpoint is due, in whichever lane.

    What waits behind another, where the order counts, is not due: that one is.
    """
    fresh, replayed = soonest(FRESH), soonest(REPLAYED)

    return sa.case(
        (is_in_order, sa.func.coalesce(fresh, replayed)),
        (fresh <= replayed, fresh),
        else_=sa.func.coalesce(replayed, fresh),
    )


def heads(
    connection: sa.Connection, now: int, endpoint_ids: Collection[str]
) -> Iterator[tuple[str, str, int]]:
    """Yield the first delivery of each of these endpoints, if it is due and nothing is in flight:
    endpoint, delivery, and how often it was lost.
    """
    if not endpoint_ids:
        return
    # Held until the commit, and only then is looked who is first: whoever looks at the same time
    # would else find the same, and one of them the next. Nobody waits: who has it claims.
    mine = (
        sa.select(endpoint.c.id)
        .where(endpoint.c.id.in_(endpoint_ids), endpoint.c.enabled)
        .order_by(endpoint.c.id)
        .with_for_update(skip_locked=True)
    )
    free = list(connection.scalars(mine))
    in_flight = sa.select(delivery.c.endpoint_id).where(delivery.c.endpoint_id.in_(free), INFLIGHT)
    busy = set(connection.scalars(in_flight))
    wanted = {each: 1 for each in free if each not in busy}
    for endpoint_id, row in _of_each(connection, wanted, _head, {}):
        if row.due_time <= now:
            yield endpoint_id, row.id, row.lost


def _head(endpoint_id: Any, count: Any) -> sa.Select[Any]:
    return (
        sa.select(delivery.c.id, delivery.c.lost, delivery.c.due_time)
        .where(delivery.c.endpoint_id == endpoint_id, PENDING)
        .order_by(delivery.c.lane, delivery.c.position, delivery.c.id)
        .limit(count)
        # Whoever holds it is waited for: to skip it would be another order.
        .with_for_update()
    )


def oldest(
    connection: sa.Connection, now: int, lane: int, wanted: Mapping[str, int]
) -> Iterator[tuple[str, str, int]]:
    """Yield those that have been due for longest, as many of each endpoint as is *wanted*:
    endpoint, delivery, and how often it was lost.
    """
    for endpoint_id, row in _of_each(connection, wanted, _first, {"now": now, "which": lane}):
        yield endpoint_id, row.id, row.lost


def _first(endpoint_id: Any, count: Any) -> sa.Select[Any]:
    return (
        sa.select(delivery.c.id, delivery.c.lost)
        .where(delivery.c.endpoint_id == endpoint_id, PENDING)
        .where(delivery.c.lane == sa.bindparam("which"))
        .where(delivery.c.due_time <= sa.bindparam("now"))
        .order_by(delivery.c.due_time)
        .limit(count)
        .with_for_update(skip_locked=True)
    )


# Of one endpoint, and how many of it.
First = Callable[[Any, Any], sa.Select[Any]]


def _of_each(
    connection: sa.Connection, wanted: Mapping[str, int], first: First, given: Mapping[str, Any]
) -> Iterator[tuple[str, sa.Row[Any]]]:
    """Yield the rows that *first* says of each endpoint, given how many are *wanted*.

    :param given: the other parameters of *first*.
    """
    if not wanted:
        return
    if connection.dialect.name == "sqlite":
        for endpoint_id, count in wanted.items():
            one = {"endpoint": endpoint_id, "count": count, **given}
            for row in connection.execute(_of_one(first), one).all():
                yield endpoint_id, row
        return
    many = {"endpoints": list(wanted), "counts": list(wanted.values()), **given}
    for row in connection.execute(_of_many(first), many).all():
        yield row[0], row


@functools.cache
def _of_one(first: First) -> sa.Select[Any]:
    return first(sa.bindparam("endpoint", type_=sa.Text), sa.bindparam("count", type_=sa.Integer))


@functools.cache
def _of_many(first: First) -> sa.Select[Any]:
    """One statement for all of them: the way to PostgreSQL costs more than the answer."""
    each = sa.func.unnest(
        sa.bindparam("endpoints", type_=sa.ARRAY(sa.Text)),
        sa.bindparam("counts", type_=sa.ARRAY(sa.Integer)),
    ).table_valued(sa.column("endpoint_id", sa.Text), sa.column("share", sa.Integer))
    each = each.render_derived()
    found = first(each.c.endpoint_id, each.c.share).lateral()

    return sa.select(each.c.endpoint_id, found).select_from(each.join(found, sa.true()))
