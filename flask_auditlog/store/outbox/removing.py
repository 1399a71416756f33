"""The end of an endpoint: what waits for it is cancelled, in pieces, and then it goes.

What is in flight is not touched: whoever has claimed it says how it ended. If it is to be tried
again then, nobody claims it, and it is cancelled as all that nobody can send any more.
"""

from __future__ import annotations

import sqlalchemy as sa

from .. import followers
from ..webhooks import FOLLOWER
from .holding import cancel
from .tables import endpoint
from .tables import health
from .tables import secret

# Most deliveries that are cancelled in one transaction.
PIECE = 10_000


def remove(connection: sa.Connection, endpoint_id: str, *, limit: int) -> int:
    """Cancel at most *limit* deliveries of an endpoint, and with the last ones remove it.

    Return how many there were.
    """
    # Who makes deliveries of records knows the endpoints of now until it has committed.
    followers.hold(connection, FOLLOWER)
    count = cancel(connection, endpoint_id, limit=limit)
    if count < limit:
        _forget(connection, endpoint_id)

    return count


def _forget(connection: sa.Connection, endpoint_id: str) -> None:
    for table in (secret, health):
        connection.execute(sa.delete(table).where(table.c.endpoint_id == endpoint_id))
    connection.execute(sa.delete(endpoint).where(endpoint.c.id == endpoint_id))
