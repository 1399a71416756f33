"""What is done with deliveries from time to time, in pieces: what is over is removed, and what
nobody can send any more is put aside.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from ..search.reader import Reader
from ..writing import read_now
from ..writing import writing
from . import holding
from .removing import remove
from .tables import attempt
from .tables import delivery
from .tables import endpoint
from .tables import PENDING
from .tables import replay

# Most rows that one call changes of each kind: so its transaction is short.
PIECE = 1000

_DAY = 24 * 3600 * 1000
# How long, in days, the answers of receivers are kept, and what is known of ended deliveries.
BODIES_DAYS, ROWS_DAYS = 30, 90


class SqlUpkeep:
    """See :class:`.keeping.Upkeep`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def prune(
        self, *, bodies_days: int = BODIES_DAYS, rows_days: int = ROWS_DAYS, limit: int = PIECE
    ) -> int:
        """See :meth:`.keeping.Upkeep.prune`."""
        with writing(self._reader) as connection:
            now = read_now(connection)
            bodies, rows = now - bodies_days * _DAY, now - rows_days * _DAY

            return (
                _forget_bodies(connection, bodies, limit)
                + _forget_attempts(connection, rows, limit)
                + _forget(connection, delivery, rows, limit)
                + _forget(connection, replay, rows, limit)
            )

    def tidy(self, *, limit: int = PIECE) -> int:
        """See :meth:`.keeping.Upkeep.tidy`."""
        with writing(self._reader) as connection:
            deleting, disabled = _disabled(connection)
            changed = sum(remove(connection, each, limit=limit) for each in deleting)
            for endpoint_id in disabled:
                changed += holding.hold(connection, endpoint_id, limit=limit)
            for endpoint_id in _gone(connection):
                changed += holding.cancel(connection, endpoint_id, limit=limit)

        return changed


def _forget_bodies(connection: sa.Connection, before: int, limit: int) -> int:
    old = _attempts(
        connection,
        limit,
        attempt.c.started_time < before,
        # As its index has it.
        attempt.c.response_body.is_not(None),
    )
    if old:
        connection.execute(sa.update(attempt).where(_KEY.in_(old)).values(response_body=None))

    return len(old)


def _forget_attempts(connection: sa.Connection, before: int, limit: int) -> int:
    old = _attempts(connection, limit, attempt.c.started_time < before)
    if old:
        connection.execute(sa.delete(attempt).where(_KEY.in_(old)))

    return len(old)


_KEY = sa.tuple_(attempt.c.delivery_id, attempt.c.number)


def _attempts(
    connection: sa.Connection, limit: int, *conditions: sa.ColumnElement[bool]
) -> list[tuple[str, int]]:
    """The oldest attempts of which this is so."""
    statement = (
        sa.select(attempt.c.delivery_id, attempt.c.number)
        .where(*conditions)
        .order_by(attempt.c.started_time)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )

    return [(row.delivery_id, row.number) for row in connection.execute(statement)]


def _forget(connection: sa.Connection, table: sa.Table, before: int, limit: int) -> int:
    """Remove what ended before then. What has not ended has no such time."""
    some = (
        sa.select(table.c.id)
        .where(table.c.finished_time.is_not(None), table.c.finished_time < before)
        .order_by(table.c.finished_time)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    old = list(connection.scalars(some))
    if old:
        connection.execute(sa.delete(table).where(table.c.id.in_(old)))

    return len(old)


def _disabled(connection: sa.Connection) -> tuple[list[str], list[str]]:
    """The endpoints that are being deleted, and the disabled ones that something waits for.

    Held still: one that is enabled meanwhile would find its deliveries held.
    """
    waits = sa.exists().where(delivery.c.endpoint_id == endpoint.c.id, PENDING)
    is_deleted = endpoint.c.disabled_reason == "deleted"
    statement = (
        sa.select(endpoint.c.id, endpoint.c.disabled_reason)
        .where(sa.not_(endpoint.c.enabled), sa.or_(is_deleted, waits))
        .order_by(endpoint.c.id)
        .with_for_update(skip_locked=True, of=endpoint)
    )
    rows = connection.execute(statement).all()

    return (
        [row.id for row in rows if row.disabled_reason == "deleted"],
        [row.id for row in rows if row.disabled_reason != "deleted"],
    )


def _gone(connection: sa.Connection) -> Sequence[str]:
    """The endpoints that are not there, but deliveries to them are waiting.

    Each endpoint that ever had a delivery is one step through the index.
    """
    mine = delivery.alias("mine")
    least = sa.func.min(delivery.c.endpoint_id)
    names = sa.select(least.label("id")).cte("names", recursive=True)
    following = sa.select(least).where(delivery.c.endpoint_id > names.c.id).scalar_subquery()
    names = names.union_all(sa.select(following).where(names.c.id.is_not(None)))
    waits = sa.or_(
        *(
            sa.exists().where(mine.c.endpoint_id == names.c.id, mine.c.state == state)
            for state in ("pending", "held")
        )
    )
    statement = sa.select(names.c.id).where(
        names.c.id.is_not(None), names.c.id.not_in(sa.select(endpoint.c.id)), waits
    )

    return connection.scalars(statement).all()
