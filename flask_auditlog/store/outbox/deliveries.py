"""The queue of deliveries. It is in SQL, and nowhere else: a wake-up may be lost, a delivery not."""

from __future__ import annotations

import functools
from collections.abc import Collection
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from ...event import Record
from ..followers import step
from ..promises.outward import Expand
from ..search.reader import Reader
from ..tables import record
from ..webhooks import Attempt
from ..webhooks import Delivery
from ..webhooks import Ending
from ..webhooks import Endpoint
from ..webhooks import ENDS
from ..webhooks import FOLLOWER
from ..writing import insert_all
from ..writing import now_ms
from ..writing import read_now
from ..writing import update_all
from ..writing import writing
from . import claims
from .endpoints import every
from .tables import attempt
from .tables import delivery
from .tables import endpoint
from .tables import follower
from .tables import health
from .tables import INFLIGHT
from .tables import PENDING

# How long a claim is good for, in seconds, if it is not renewed.
LEASE = 60.0

# So many records nobody wants are passed over at a time, where there is no endpoint.
BEHIND = 10_000

_OLDEST = sa.select(sa.func.min(delivery.c.due_time)).where(PENDING)


# Built once, as all that a turn of the drain asks: to build one takes as long as to answer it.
@functools.cache
def _is_any_due() -> sa.Select[Any]:
    position = sa.select(follower.c.position).where(follower.c.name == FOLLOWER).scalar_subquery()
    last = sa.select(sa.func.max(record.c.position)).scalar_subquery()
    behind = sa.func.coalesce(last, 0) - sa.func.coalesce(position, 0)
    some = sa.exists(sa.select(endpoint.c.id))
    # The first of the index, and then the clock: to look for one that is due reads all that wait
    # for later, where many do.
    due = sa.func.coalesce(_OLDEST.scalar_subquery() <= now_ms(), False)

    return sa.select(sa.or_(due, sa.and_(some, behind > 0), behind > BEHIND))


_JSON = ("phases", "request_headers", "response_headers")


class SqlDeliveries:
    """See :class:`.outward.Deliveries`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def fan_out(self, expand: Expand, *, limit: int) -> int | None:
        """See :meth:`.outward.Deliveries.fan_out`."""
        with writing(self._reader) as connection:
            return _fan_out(connection, read_now(connection), expand, limit)

    def is_any_due(self) -> bool:
        """See :meth:`.outward.Deliveries.is_any_due`."""
        with self._reader.connect() as connection:
            return bool(connection.scalar(_is_any_due()))

    def clock(self) -> int:
        """See :meth:`.outward.Deliveries.clock`."""
        with self._reader.connect() as connection:
            return read_now(connection)

    def claim(
        self,
        *,
        limit: int,
        lease_seconds: float = LEASE,
        but: Collection[str] = (),
        last_chances: int = 1,
        expand: Expand | None = None,
        records: int = 0,
    ) -> list[Delivery]:
        """See :meth:`.outward.Deliveries.claim`."""
        # On SQLite, who may write keeps all others from it: not for nothing.
        if self._reader.engine.dialect.name == "sqlite" and not self.is_any_due():
            return []
        with writing(self._reader) as connection:
            now = read_now(connection)
            if expand is not None:
                _fan_out(connection, now, expand, records)
            return claims.claim(
                connection,
                now,
                limit=limit,
                lease_milliseconds=int(lease_seconds * 1000),
                but=but,
                last_chances=last_chances,
            )

    def renew(self, claimed: Sequence[Delivery], *, lease_seconds: float = LEASE) -> set[str]:
        """See :meth:`.outward.Deliveries.renew`."""
        with writing(self._reader) as connection:
            mine = _mine(connection, claimed)
            until = read_now(connection) + int(lease_seconds * 1000)
            connection.execute(
                sa.update(delivery).where(delivery.c.id.in_(list(mine))).values(lease_time=until)
            )

        return set(mine)

    def release(self, claimed: Sequence[Delivery]) -> set[str]:
        """See :meth:`.outward.Deliveries.release`."""
        with writing(self._reader) as connection:
            mine = _mine(connection, claimed)
            connection.execute(
                sa.update(delivery)
                .where(delivery.c.id.in_(list(mine)))
                .values(
                    state="pending",
                    attempts=delivery.c.attempts - 1,
                    lease=None,
                    lease_time=None,
                )
            )

        return set(mine)

    def finish(self, endings: Sequence[Ending]) -> set[str]:
        """See :meth:`.outward.Deliveries.finish`."""
        with writing(self._reader) as connection:
            mine = _mine(connection, [each.delivery for each in endings])
            heard = [each for each in endings if mine.get(each.delivery.id) == each.delivery.lease]
            if heard:
                now = read_now(connection)
                update_all(connection, delivery, "id", [_end_of(each, now) for each in heard])
                attempts = [_row_of(each.attempt) for each in heard]
                insert_all(connection, attempt, attempts)

        return set(mine)

    def expire(self, *, limit: int) -> list[Delivery]:
        """See :meth:`.outward.Deliveries.expire`."""
        with writing(self._reader) as connection:
            return claims.expire(connection, read_now(connection), limit=limit)

    def allowed_in(self) -> float | None:
        """See :meth:`.outward.Deliveries.allowed_in`."""
        with self._reader.connect() as connection:
            now = read_now(connection)
            found: int | None = connection.scalar(
                sa.select(sa.func.min(health.c.next_time))
                .join(endpoint, endpoint.c.id == health.c.endpoint_id)
                .where(endpoint.c.enabled, endpoint.c.rate_limit.is_not(None))
                .where(sa.func.coalesce(health.c.paused_until, 0) <= now)
                .where(
                    sa.exists().where(
                        delivery.c.endpoint_id == endpoint.c.id,
                        PENDING,
                        delivery.c.due_time <= now,
                    )
                )
            )

        return None if found is None else max(0, found - now) / 1000

    def oldest_due(self) -> int | None:
        """See :meth:`.outward.Deliveries.oldest_due`."""
        with self._reader.connect() as connection:
            found: int | None = connection.scalar(_OLDEST)

        return found


def _fan_out(connection: sa.Connection, now: int, expand: Expand, limit: int) -> int | None:
    endpoints: list[Endpoint] = []

    def is_wanted(connection: sa.Connection) -> bool:
        endpoints.extend(every(connection))
        return bool(endpoints)

    def effect(connection: sa.Connection, records: Sequence[Record]) -> None:
        add(connection, expand(records, endpoints), now)

    return step(connection, FOLLOWER, effect, limit=limit, wanted=is_wanted)


def add(connection: sa.Connection, deliveries: Sequence[Delivery], now: int) -> None:
    """Add *deliveries* in a transaction: the effect of whoever makes them of records.

    One that is there already, of the same record, endpoint and batch, stays as it is.

    :param now: by the database's clock, in epoch milliseconds. None is due earlier.
    """
    if not deliveries:
        return
    insert_all(
        connection,
        delivery,
        [
            msgspec.structs.asdict(each)
            | {"created_time": now, "due_time": max(now, each.due_time)}
            for each in deliveries
        ],
        unless_there=True,
    )


def _mine(connection: sa.Connection, claimed: Sequence[Delivery]) -> dict[str, str]:
    """The ids of those of *claimed* whose lease is still the one they were claimed with, and
    that lease. They are held until the end of the transaction.
    """
    given = {(each.id, each.lease) for each in claimed}
    found = connection.execute(_LEASES, {"ids": [each.id for each in claimed]})

    return {row.id: row.lease for row in found if (row.id, row.lease) in given}


_LEASES = (
    sa.select(delivery.c.id, delivery.c.lease)
    .where(delivery.c.id.in_(sa.bindparam("ids")), INFLIGHT)
    # In one order, so that two who have claimed the same do not wait for each other.
    .order_by(delivery.c.id)
    .with_for_update()
)


def _end_of(ending: Ending, now: int) -> dict[str, Any]:
    due = ending.due_time if ending.due_time is not None else ending.delivery.due_time

    return {
        "id": ending.delivery.id,
        "state": ending.state,
        "due_time": due,
        "last_status": ending.attempt.status,
        "last_error": ending.attempt.error,
        "finished_time": now if ending.state in ENDS else None,
        "lease": None,
        "lease_time": None,
    }


def _row_of(tried: Attempt) -> dict[str, Any]:
    row = msgspec.structs.asdict(tried)

    return row | {name: msgspec.json.encode(row[name]).decode() for name in _JSON}


def attempt_of(row: sa.RowMapping) -> Attempt:
    """Return the attempt of a row."""
    given: dict[str, Any] = {name: row[name] for name in Attempt.__struct_fields__}

    return Attempt(**given | {name: msgspec.json.decode(row[name] or "{}") for name in _JSON})
