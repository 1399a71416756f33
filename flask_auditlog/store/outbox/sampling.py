"""Some deliveries of each part of a time, by the beginning of an index: as fast in a queue of millions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import sqlalchemy as sa

from .tables import delivery


def sampled(
    connection: sa.Connection, endpoint_id: str, starts: Sequence[int], at_most: int
) -> list[list[str]]:
    """Return the ids of the first deliveries that were made from each of *starts* to the next (epoch
    milliseconds): *at_most* of each, and one more where there are more.

    The last has no end: who made a delivery may have a clock that is ahead.
    """
    parts = [
        sa.select(delivery.c.id, sa.literal(part).label("part"))
        .where(*made_between(endpoint_id, start, end))
        .order_by(delivery.c.id)
        .limit(at_most + 1)
        .subquery()
        for part, (start, end) in enumerate(zip_longest(starts, starts[1:]))
    ]
    found: list[list[str]] = [[] for _ in parts]
    # One statement: the way to PostgreSQL costs more than the answer.
    for row in connection.execute(sa.union_all(*map(sa.select, parts))):
        found[row.part].append(row.id)

    return [sorted(ids) for ids in found]


def made_between(
    endpoint_id: str, after: int, before: int | None
) -> Sequence[sa.ColumnElement[bool]]:
    """Whether a delivery is the endpoint's, and was made in this time: its id begins with it."""
    mine = [delivery.c.endpoint_id == endpoint_id, delivery.c.id >= _first_id(after)]

    return mine if before is None else [*mine, delivery.c.id < _first_id(before)]


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that this share of all is not above."""
    if not ordered:
        return None

    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)]


def _first_id(time: int) -> str:
    """What no UUIDv7 of *time*, or later, comes before."""
    digits = f"{time:012x}"

    return f"{digits[:8]}-{digits[8:]}"
