"""Deliveries of an endpoint that is disabled: held, and later let go or cancelled.

Nothing is claimed of a disabled endpoint anyway. So each of these may be done in pieces, and
a backlog of any length needs no long transaction: call it again until it returns 0.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from .claims import PENDING
from .outbox import delivery
from .writing import now_ms

_HELD = delivery.c.state == "held"


def hold(connection: sa.Connection, endpoint_id: str, *, limit: int) -> int:
    """Hold at most *limit* of those that are pending; return how many there were.

    What is in flight is not touched: whoever has claimed it says how it ended.
    """
    return _change(connection, endpoint_id, PENDING, limit, state="held")


def resume(connection: sa.Connection, endpoint_id: str, *, since: int, limit: int) -> int:
    """Let at most *limit* of those that are held go; they are due now. Return how many.

    :param since: only those made then or later, in epoch milliseconds; 0 for all.
    """
    which = sa.and_(_HELD, delivery.c.created_time >= since)

    return _change(
        connection, endpoint_id, which, limit, state="pending", due_time=now_ms(connection)
    )


def cancel(connection: sa.Connection, endpoint_id: str, *, limit: int) -> int:
    """Cancel at most *limit* of those that are pending or held; return how many there were."""
    which = sa.or_(PENDING, _HELD)

    return _change(
        connection, endpoint_id, which, limit, state="cancelled", finished_time=now_ms(connection)
    )


def _change(
    connection: sa.Connection,
    endpoint_id: str,
    which: sa.ColumnElement[bool],
    limit: int,
    **values: Any,
) -> int:
    some = (
        sa.select(delivery.c.id)
        .where(delivery.c.endpoint_id == endpoint_id, which)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.scalars(some))
    if not ids:
        return 0

    return connection.execute(
        sa.update(delivery).where(delivery.c.id.in_(ids), which).values(**values)
    ).rowcount
