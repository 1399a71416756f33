"""How endpoints do, as it is kept: it changes with every answer, and what they are does not."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from ..promises.outward import Change
from ..search.reader import Reader
from ..writing import insert_all
from ..writing import update_all
from ..writing import writing
from .tables import endpoint
from .tables import health


class SqlHealths:
    """See :class:`.outward.Healths`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def of(self, endpoint_ids: Collection[str]) -> dict[str, str]:
        """See :meth:`.outward.Healths.of`."""
        with self._reader.connect() as connection:
            found = _states(connection, endpoint_ids)

        return {each: state for each, state in found.items() if state is not None}

    def change(self, endpoint_ids: Collection[str], change: Change) -> None:
        """See :meth:`.outward.Healths.change`."""
        with writing(self._reader) as connection:
            # The endpoint's row stands for one of its health that is not there yet. In one
            # order, so that two who change the same do not wait for each other.
            held = connection.scalars(_HOLD, {"ids": list(endpoint_ids)}).all()
            known = _states(connection, held)
            new: list[dict[str, Any]] = []
            old: list[dict[str, Any]] = []
            for each in held:
                state, paused_until, limit = change(each, known.get(each))
                values = {"state": state, "paused_until": paused_until, "in_flight_limit": limit}
                (old if each in known else new).append({"endpoint_id": each, **values})
            if old:
                update_all(connection, health, "endpoint_id", old)
            if new:
                insert_all(connection, health, new)


def _states(connection: sa.Connection, endpoint_ids: Collection[str]) -> dict[str, str | None]:
    found = connection.execute(_STATES, {"ids": list(endpoint_ids)})

    return {row[0]: row[1] for row in found}


_HOLD = (
    sa.select(endpoint.c.id)
    .where(endpoint.c.id.in_(sa.bindparam("ids")))
    .order_by(endpoint.c.id)
    .with_for_update()
)
_STATES = sa.select(health.c.endpoint_id, health.c.state).where(
    health.c.endpoint_id.in_(sa.bindparam("ids"))
)
