"""How the last day went for an endpoint: by the half hour in which its deliveries were made."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from ..webhooks import Interval
from .sampling import made_between
from .sampling import quantile
from .sampling import sampled
from .tables import attempt
from .tables import delivery

HALF_HOUR = 30 * 60 * 1000
PARTS = 48
# Of each half hour so many deliveries are looked at; of more, it is counted how many, up to so many.
OF_EACH, COUNTED = 50, 1_000

# Of an attempt its error, and how many milliseconds it took.
Try = tuple[str | None, float | None]


def course(connection: sa.Connection, endpoint_id: str, now: int) -> list[Interval]:
    """Return the half hours of a day that ends with the one of *now*, the first one first."""
    end = (now // HALF_HOUR + 1) * HALF_HOUR
    starts = [end - (PARTS - part) * HALF_HOUR for part in range(PARTS)]
    found = sampled(connection, endpoint_id, starts, OF_EACH)
    tried = _tried(connection, [each for ids in found for each in ids[:OF_EACH]])
    numbers = _numbers(
        connection,
        endpoint_id,
        [start for start, ids in zip(starts, found, strict=True) if len(ids) > OF_EACH],
    )

    return [
        _interval(
            start,
            max(len(ids), numbers.get(start, 0)),
            [tried.get(each, []) for each in ids[:OF_EACH]],
        )
        for start, ids in zip(starts, found, strict=True)
    ]


def _interval(start: int, number: int, looked_at: Sequence[Sequence[Try]]) -> Interval:
    """What is to be told of a half hour in which *number* deliveries were made."""
    tries = [each for of_delivery in looked_at for each in of_delivery]
    succeeded = sum(error is None for error, _ in tries)
    scale = number / len(looked_at) if looked_at else 1

    return Interval(
        start=start,
        end=start + HALF_HOUR,
        succeeded=round(succeeded * scale),
        failed=round((len(tries) - succeeded) * scale),
        p95=quantile(sorted(took for _, took in tries if took is not None), 0.95),
        is_exact=number == len(looked_at),
    )


def _tried(connection: sa.Connection, ids: Sequence[str]) -> dict[str, list[Try]]:
    """The attempts of these deliveries."""
    statement = sa.select(attempt.c.delivery_id, attempt.c.error, attempt.c.milliseconds)
    found: dict[str, list[Try]] = {}
    for row in connection.execute(statement.where(attempt.c.delivery_id.in_(ids))):
        found.setdefault(row.delivery_id, []).append((row.error, row.milliseconds))

    return found


def _numbers(connection: sa.Connection, endpoint_id: str, starts: Sequence[int]) -> dict[int, int]:
    """How many deliveries were made in the half hours from these on, up to a bound."""
    if not starts:
        return {}
    counts = []
    for start in starts:
        mine = made_between(endpoint_id, start, start + HALF_HOUR)
        some = sa.select(delivery.c.id).where(*mine).limit(COUNTED).subquery()
        number = sa.select(sa.func.count()).select_from(some).scalar_subquery()
        counts.append(
            sa.select(sa.literal(start, sa.BigInteger).label("start"), number.label("number"))
        )

    return {row.start: row.number for row in connection.execute(sa.union_all(*counts))}
