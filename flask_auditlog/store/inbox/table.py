"""The table of an inbox, and all that is said to it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from ..tables import LOCK
from ..tables import SCHEMA

TABLE = "audit_inbox"

# Most events that are moved at once.
AT_ONCE = 200

# One process moves at a time, so that no two do the same work. Nothing depends on it: an
# event that two append is in the log once.
TURN = LOCK + 1
# How long to wait for one's turn, and how long a holder may idle, in seconds.
PATIENCE = 5
IDLE = 60

inbox = sa.Table(
    TABLE,
    sa.MetaData(),
    sa.Column(
        "id",
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        sa.Identity(),
        primary_key=True,
    ),
    sa.Column("uid", sa.CHAR(36), nullable=False),
    # When it was written, in epoch milliseconds.
    sa.Column("time", sa.BigInteger, nullable=False),
    # The wire JSON in UTF-8. As bytes, since the host's database may have another encoding.
    sa.Column("body", sa.LargeBinary(2**24 - 1), nullable=False),
    # Why the log refused it. It is set aside, and no longer tried.
    sa.Column("error", sa.String(1000)),
    schema=SCHEMA,
)


class Row(msgspec.Struct, frozen=True):
    """An event that waits in an inbox."""

    id: int
    uid: str
    body: bytes


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """How many events wait in an inbox, since when (epoch milliseconds), and how many the
    log refused.
    """

    count: int = 0
    oldest: int | None = None
    aside: int = 0


INSERT = inbox.insert().inline()

OLDEST = (
    sa.select(inbox.c.id, inbox.c.uid, inbox.c.body)
    .where(inbox.c.error.is_(None))
    .order_by(inbox.c.id)
    .limit(AT_ONCE)
)
# Each row by its key: of a list MariaDB may make a scan, wait for the host's rows, and be
# waited for by the host. By the uid too, since a number may be given again.
DELETE = inbox.delete().where(
    inbox.c.id == sa.bindparam("row"), inbox.c.uid == sa.bindparam("its_uid")
)
REFUSE = inbox.update().where(inbox.c.id == sa.bindparam("row")).values(error=sa.bindparam("error"))
AGAIN = inbox.update().where(inbox.c.error.is_not(None)).values(error=None)
# Not FILTER, which MySQL does not know.
WAITING = sa.select(
    sa.func.count(sa.case((inbox.c.error.is_(None), 1))).label("waiting"),
    sa.func.min(sa.case((inbox.c.error.is_(None), inbox.c.time))).label("oldest"),
    sa.func.count(inbox.c.error).label("aside"),
)

# GET_LOCK is of the connection, the other ends with the transaction. Who does not get it in
# time goes on without it, or comes again.
_NAME = "CONCAT('auditlog.', MD5(DATABASE()))"
_MYSQL_TURN = (sa.text(f"SELECT GET_LOCK({_NAME}, {PATIENCE})"),)
_MYSQL_END = sa.text(f"DO RELEASE_LOCK({_NAME})")
ENDS: Mapping[str, sa.TextClause] = {"mysql": _MYSQL_END, "mariadb": _MYSQL_END}
TURNS: Mapping[str, Sequence[sa.TextClause]] = {
    "postgresql": (
        sa.text(f"SET LOCAL lock_timeout = '{PATIENCE}s'"),
        sa.text(f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE}s'"),
        sa.text(f"SELECT pg_advisory_xact_lock({TURN})"),
    ),
    "mysql": _MYSQL_TURN,
    "mariadb": _MYSQL_TURN,
}

# Of the catalogue, which answers whatever the role may see.
MAY_PUT = sa.text(f"""
SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'INSERT')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = '{SCHEMA}' AND c.relname = '{TABLE}'
""")  # noqa: S608 (names of ours)

# NULL without the schema: a role that may not create one may still make a table in it.
FOUND = sa.text(f"""
SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class c
               WHERE c.relnamespace = n.oid AND c.relname = '{TABLE}')
FROM pg_catalog.pg_namespace n WHERE n.nspname = '{SCHEMA}'
""")  # noqa: S608 (names of ours)


def create(kind: str) -> sa.schema.CreateTable:
    """Return the statement that makes the table on a kind of database."""
    if kind in ENDS:
        # Of an engine without transactions the event would stay when the host rolls back.
        # Said now, since it imports the dialect.
        inbox.dialect_kwargs.update({f"{kind}_engine": "InnoDB", f"{kind}_charset": "utf8mb4"})

    return sa.schema.CreateTable(inbox, if_not_exists=True)


# What MariaDB says of a table that another process makes at this moment.
_IN_THE_MAKING = 1684


def has_table(connection: sa.Connection) -> bool:
    """Whether the table is there; once it is known, if another process makes it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return connection.dialect.has_table(connection, TABLE)
        except sa.exc.OperationalError as error:
            said = getattr(error.orig, "args", ())
            if said[:1] != (_IN_THE_MAKING,) or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def include_name(name: str | None, type_: str, parent_names: Mapping[str, Any]) -> bool:  # noqa: ARG001 (Alembic's)
    """Whether Alembic's autogenerate is to look at something: not at what is ours.

    For the host's ``env.py``: ``context.configure(..., include_name=include_name)``.
    """
    return (type_, name) not in {("schema", SCHEMA), ("table", TABLE)}
