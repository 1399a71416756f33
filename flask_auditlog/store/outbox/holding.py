"""Deliveries of an endpoint that is disabled: held, and later let go or cancelled.

Nothing is claimed of a disabled endpoint anyway. So each of these may be done in pieces, and
a backlog of any length needs no long transaction: call it again until it returns 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from ..writing import now_ms
from .tables import delivery
from .tables import PENDING

_HELD = delivery.c.state == "held"


def hold(connection: sa.Connection, endpoint_id: str, *, limit: int) -> int:
    """Hold at most *limit* of those that are pending; return how many there were.

    What is in flight is not touched: whoever has claimed it says how it ended.
    """
    return _change(connection, endpoint_id, PENDING, limit, state="held")


def resume(connection: sa.Connection, endpoint_id: str, *, since: int, limit: int) -> int:
    """Let at most *limit* of those that are held go, the oldest first; they are due now. Return
    how many.

    :param since: only those made then or later, in epoch milliseconds; 0 for all.
    """
    which = sa.and_(_HELD, delivery.c.created_time >= since)

    return _change(
        connection,
        endpoint_id,
        which,
        limit,
        oldest_first=True,
        state="pending",
        due_time=now_ms(),
    )


def cancel(
    connection: sa.Connection, endpoint_id: str, *, limit: int, batch: str | None = None
) -> int:
    """Cancel at most *limit* of those that are pending or held; return how many there were.

    :param batch: only those of this resend or replay.
    """
    which = sa.or_(PENDING, _HELD)
    if batch is not None:
        which = sa.and_(which, delivery.c.batch == batch)

    return _change(connection, endpoint_id, which, limit, state="cancelled", finished_time=now_ms())


def replace(connection: sa.Connection, ids: Sequence[str]) -> set[str]:
    """Cancel those of *ids* that are held, as others take their place; return which they were."""
    statement = (
        sa.update(delivery)
        .where(delivery.c.id.in_(ids), _HELD)
        .values(state="cancelled", finished_time=now_ms())
        .returning(delivery.c.id)
    )

    return set(connection.scalars(statement))


def _change(
    connection: sa.Connection,
    endpoint_id: str,
    which: sa.ColumnElement[bool],
    limit: int,
    *,
    oldest_first: bool = False,
    **values: Any,
) -> int:
    some = (
        sa.select(delivery.c.id)
        .where(delivery.c.endpoint_id == endpoint_id, which)
        .order_by(*((delivery.c.id,) if oldest_first else ()))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.scalars(some))
    if not ids:
        return 0

    return connection.execute(
        sa.update(delivery).where(delivery.c.id.in_(ids), which).values(**values)
    ).rowcount
