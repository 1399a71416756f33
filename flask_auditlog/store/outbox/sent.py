"""What became of deliveries, and what people do to them.

Every question takes a scope: whoever may see an endpoint sees what went to it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ...errors import Gone
from ...errors import NotFound
from ...errors import WebhookDisabled
from ...event import new_uid
from .. import followers
from ..query import Scope
from ..search.reader import Reader
from ..tables import record
from ..webhooks import Attempt
from ..webhooks import Delivery
from ..webhooks import FOLLOWER
from ..webhooks import SentDelivery
from ..webhooks import State
from ..writing import read_now
from ..writing import writing
from . import holding
from .deliveries import add
from .deliveries import attempt_of
from .endpoints import change
from .endpoints import must_find
from .endpoints import within
from .tables import attempt
from .tables import delivery
from .tables import endpoint

# Most deliveries that are held or let go in one transaction.
PIECE = 10_000

_last = attempt.alias("last")
_LAST = sa.and_(
    _last.c.delivery_id == delivery.c.id,
    _last.c.number
    == sa.select(sa.func.max(attempt.c.number))
    .where(attempt.c.delivery_id == delivery.c.id)
    .scalar_subquery(),
)
# Of a record that is not there any more the delivery still is.
_SENT = (
    sa.select(
        *delivery.c,
        endpoint.c.url,
        endpoint.c.enabled,
        record.c.uid,
        _last.c.started_time.label("last_time"),
        _last.c.message.label("last_message"),
    )
    .join(endpoint, endpoint.c.id == delivery.c.endpoint_id)
    .outerjoin(record, record.c.position == delivery.c.position)
    .outerjoin(_last, _LAST)
)

# What is sent again, and whether it may be. The endpoint stays as it is meanwhile.
_AGAIN = (
    sa.select(
        delivery.c.endpoint_id,
        delivery.c.position,
        delivery.c.type,
        endpoint.c.enabled,
        sa.exists().where(record.c.position == delivery.c.position).label("is_there"),
    )
    .join(endpoint, endpoint.c.id == delivery.c.endpoint_id)
    .with_for_update(read=True, of=endpoint)
)


class SqlSent:
    """See :class:`.outward.Sent`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def get(self, delivery_id: str, scope: Scope) -> SentDelivery | None:
        """See :meth:`.outward.Sent.get`."""
        found = self._all(_SENT.where(delivery.c.id == delivery_id, *within(scope)))

        return found[0] if found else None

    def attempts(self, delivery_id: str, scope: Scope) -> list[Attempt]:
        """See :meth:`.outward.Sent.attempts`."""
        statement = (
            sa.select(*attempt.c)
            .join(delivery, delivery.c.id == attempt.c.delivery_id)
            .join(endpoint, endpoint.c.id == delivery.c.endpoint_id)
            .where(attempt.c.delivery_id == delivery_id, *within(scope))
            .order_by(attempt.c.number)
        )
        with self._reader.connect() as connection:
            return [attempt_of(row) for row in connection.execute(statement).mappings()]

    def to_endpoint(
        self,
        endpoint_id: str,
        scope: Scope,
        *,
        state: State | None = None,
        first: int = 0,
        limit: int = 100,
    ) -> list[SentDelivery]:
        """See :meth:`.outward.Sent.to_endpoint`."""
        statement = _SENT.where(delivery.c.endpoint_id == endpoint_id, *within(scope))
        if state is not None:
            statement = statement.where(delivery.c.state == state)

        return self._all(_page(statement, first, limit))

    def of_record(
        self, position: int, scope: Scope, *, first: int = 0, limit: int = 100
    ) -> list[SentDelivery]:
        """See :meth:`.outward.Sent.of_record`."""
        statement = _SENT.where(delivery.c.position == position, *within(scope))

        return self._all(_page(statement, first, limit))

    def ping(self, endpoint_id: str, scope: Scope, *, position: int, type: str) -> Delivery:  # noqa: A002
        """See :meth:`.outward.Sent.ping`."""
        made = Delivery(
            id=new_uid(),
            endpoint_id=endpoint_id,
            position=position,
            type=type,
            batch="test",
            cause="test",
        )
        mine = sa.select(endpoint.c.enabled).where(endpoint.c.id == endpoint_id, *within(scope))
        with writing(self._reader) as connection:
            # Held, so that it is not disabled or deleted meanwhile.
            is_enabled = connection.scalar(mine.with_for_update())
            if is_enabled is None:
                raise NotFound("There is no such webhook.")
            if not is_enabled:
                raise WebhookDisabled
            add(connection, [made], read_now(connection))

        return made

    def resend(self, delivery_id: str, scope: Scope, *, force: bool = False) -> Delivery:
        """See :meth:`.outward.Sent.resend`."""
        with writing(self._reader) as connection:
            row = connection.execute(_AGAIN.where(delivery.c.id == delivery_id, *within(scope)))
            known = row.one_or_none()
            if known is None:
                raise NotFound("There is no such delivery.")
            if not known.is_there:
                raise Gone("The event is not in the log any more: it cannot be sent again.")
            if not known.enabled and not force:
                raise WebhookDisabled(
                    "The webhook is disabled. Enable it, or force it: then it is held."
                )
            again = new_uid()
            made = Delivery(
                id=again,
                endpoint_id=known.endpoint_id,
                position=known.position,
                type=known.type,
                batch=again,
                cause="manual",
                state="pending" if known.enabled else "held",
            )
            add(connection, [made], read_now(connection))

        return made

    def hold(self, endpoint_id: str, scope: Scope) -> int:
        """See :meth:`.outward.Sent.hold`."""
        mine = sa.select(endpoint.c.id).where(
            endpoint.c.id == endpoint_id, sa.not_(endpoint.c.enabled), *within(scope)
        )
        held = 0
        while True:
            with writing(self._reader) as connection:
                if connection.scalar(mine.with_for_update(read=True)) is None:
                    return held
                piece = holding.hold(connection, endpoint_id, limit=PIECE)
            held += piece
            if piece < PIECE:
                return held

    def resume(self, endpoint_id: str, scope: Scope, *, since: int = 0) -> int:
        """See :meth:`.outward.Sent.resume`."""
        resumed = 0
        while True:
            with writing(self._reader) as connection:
                known = must_find(connection, endpoint_id, scope)
                # What happens meanwhile is not held for it after it is enabled.
                followers.hold(connection, FOLLOWER)
                piece = holding.resume(connection, endpoint_id, since=since, limit=PIECE)
                # With the last of it: else what is fresh could go before what was held.
                if piece < PIECE:
                    change(connection, known, {"enabled": True})
            resumed += piece
            if piece < PIECE:
                return resumed

    def _all(self, statement: sa.Select[Any]) -> list[SentDelivery]:
        with self._reader.connect() as connection:
            return [_sent_of(row) for row in connection.execute(statement).mappings()]


def _page(statement: sa.Select[Any], first: int, limit: int) -> sa.Select[Any]:
    return statement.order_by(delivery.c.id.desc()).offset(first).limit(limit)


_OWN = frozenset(SentDelivery.__struct_fields__)


def _sent_of(row: sa.RowMapping) -> SentDelivery:
    values: dict[str, Any] = dict(row)
    own = {name: values.pop(name) for name in _OWN & values.keys()}

    return SentDelivery(delivery=Delivery(**values), **own)
