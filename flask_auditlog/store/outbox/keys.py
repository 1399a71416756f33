"""The secrets that an endpoint's deliveries are signed with, as they are kept: sealed."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from ...event import new_uid
from ..webhooks import Secret
from ..webhooks import SecretKind
from .tables import secret

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
    expire(connection, mine, now=now, grace=grace)
    add(connection, endpoint_id, sealed, kind=kind, now=now)
    trim(connection, mine, now=now)


def expire(
    connection: sa.Connection, mine: sa.ColumnElement[bool], *, now: int, grace: int
) -> None:
    """Let the current one end, *grace* milliseconds from now."""
    end = now + max(0, min(grace, LONGEST_GRACE))
    connection.execute(
        sa.update(secret).where(mine, secret.c.expires_time.is_(None)).values(expires_time=end)
    )


def trim(connection: sa.Connection, mine: sa.ColumnElement[bool], *, now: int) -> None:
    """Remove what is over, and of too many those that end first."""
    kept = [each.id for each in alive(connection, mine, now)[:LIVE]]
    connection.execute(sa.delete(secret).where(mine, secret.c.id.not_in(kept)))


def retire(connection: sa.Connection, endpoint_id: str) -> int:
    """Remove all but the current one; return how many there were."""
    old = sa.delete(secret).where(
        secret.c.endpoint_id == endpoint_id, secret.c.expires_time.is_not(None)
    )

    return connection.execute(old).rowcount


def live(connection: sa.Connection, endpoint_id: str, now: int) -> list[Secret]:
    """Return those of an endpoint that sign at *now*, the current one first."""
    return alive(connection, secret.c.endpoint_id == endpoint_id, now)


def alive(connection: sa.Connection, mine: sa.ColumnElement[bool], now: int) -> list[Secret]:
    """Return those of *mine* that are good at *now*, the current one first."""
    is_live = sa.or_(secret.c.expires_time.is_(None), secret.c.expires_time > now)
    statement = (
        sa.select(*secret.c)
        .where(mine, is_live)
        .order_by(
            secret.c.expires_time.is_(None).desc(), secret.c.expires_time.desc(), secret.c.id.desc()
        )
    )

    return [Secret(**dict(row)) for row in connection.execute(statement).mappings()]
