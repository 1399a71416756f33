"""Everything there is in the log's database, made from the models: for a database in memory,
and for the test that holds the migrations to them.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from .charts import hours as _  # noqa: F401 (its tables)
from .kept import exports as _exports  # noqa: F401 (its tables)
from .outbox import tables as outbox
from .sieve import table as _sieve  # noqa: F401 (its tables)
from .tables import GUARDS
from .tables import metadata
from .tables import record
from .tables import SCHEMA

# Each answers one filter in the order of the pages, without a sort. Partial where the
# field is often absent: what is not there costs nothing to write.
_NEEDLES = (
    "organization_id",
    "type",
    "resource_type",
    "resource_path",
    "user_id",
    "username",
    "client_id",
    "ip",
    "session_id",
    "request_id",
)


def with_indexes() -> sa.MetaData:
    """Return the tables with the log's indexes, which who only reads and writes need not know.

    A partial index loads the dialects of both databases: a fifth of importing this package.
    """
    if record.indexes:
        return metadata
    outbox.add_indexes()
    sa.Index("ix_audit_record_realm_time", record.c.realm, record.c.time, record.c.position)
    for name in _NEEDLES:
        column = record.c[name]
        _partial_index(name, column, only=column if column.nullable else None)
    # What an organization reads from a position on. Each of its records stands here once more.
    sa.Index(
        "ix_audit_record_organization_position",
        record.c.organization_id,
        record.c.position,
        postgresql_where=record.c.organization_id.is_not(None),
        sqlite_where=record.c.organization_id.is_not(None),
    )
    # Errors are asked for as such, not by their code. Without the realm, so that SQLite
    # cannot take the index of all records for as good.
    _partial_index("error", only=record.c.error)

    return metadata


def _partial_index(name: str, *columns: sa.Column[Any], only: sa.Column[Any] | None) -> None:
    where = only.is_not(None) if only is not None else None
    sa.Index(
        f"ix_audit_record_{name}",
        *columns,
        record.c.time,
        record.c.position,
        postgresql_where=where,
        sqlite_where=where,
    )


# What makes a SQLite database like one that was made from the models. An app in a test has one
# in memory, a suite makes thousands, and writing these statements takes most of the time.
_of_sqlite: list[str] = []


def create(connection: sa.Connection) -> None:
    """Create everything from the models, in a database that has nothing of ours."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.schema.CreateSchema(SCHEMA, if_not_exists=True))
        _create_anew(connection)
    elif _of_sqlite:
        for statement in _of_sqlite:
            connection.exec_driver_sql(statement)
    else:
        _create_anew(connection)
        made = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
        _of_sqlite[:] = connection.exec_driver_sql(made).scalars()


def _create_anew(connection: sa.Connection) -> None:
    with_indexes().create_all(connection, checkfirst=False)
    for statement in GUARDS[connection.dialect.name]:
        connection.exec_driver_sql(statement)
