"""The secrets that an endpoint's deliveries are signed with, as they are kept: sealed."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from ..event import new_uid
from .outbox import secret
from .webhooks import Secret
from .webhooks import SecretKind

# Most that sign at a time.
LIVE = 10
# How long the one before signs too, in milliseconds, and the longest that can be asked for.
GRACE, LONGEST_GRACE = 24 * 3600 * 1000, 7 * 24 * 3600 * 1000


def add(
    connection: sa.Connection, endpoint_id: str, sealed: bytes, *, kind: SecretKind, now: int
) -> None:
    """Add a secret, which is the current one."""
    made = Secret(
        id=new_uid(), endpoint_id=endpoint_id, kind=kind, ciphertext=sealed, created_time=now
    )
    connection.execute(sa.insert(secret), msgspec.structs.asdict(made))


def replace(
    connection: sa.Connection,
    endpoint_id: str,
    sealed: bytes,
    *,
    kind: SecretKind,
    now: int,
    grace: int,
) -> None:
    """Add a secret; the one before signs too for *grace* milliseconds.

    What is over is removed, and of too many those that end first.
    """
    mine = secret.c.endpoint_id == endpoint_id
    end = now + max(0, min(grace, LONGEST_GRACE))
    connection.execute(
        sa.update(secret).where(mine, secret.c.expires_time.is_(None)).values(expires_time=end)
    )
    add(connection, endpoint_id, sealed, kind=kind, now=now)
    kept = [each.id for each in live(connection, endpoint_id, now)[:LIVE]]
    connection.execute(sa.delete(secret).where(mine, secret.c.id.not_in(kept)))


def live(connection: sa.Connection, endpoint_id: str, now: int) -> list[Secret]:
    """Return those that sign at *now*, the current one first."""
    is_live = sa.or_(secret.c.expires_time.is_(None), secret.c.expires_time > now)
    statement = (
        sa.select(*secret.c)
        .where(secret.c.endpoint_id == endpoint_id, is_live)
        .order_by(
            secret.c.expires_time.is_(None).desc(), secret.c.expires_time.desc(), secret.c.id.desc()
        )
    )

    return [Secret(**dict(row)) for row in connection.execute(statement).mappings()]
