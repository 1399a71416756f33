"""Bringing the tables to the newest version. The only module that imports Alembic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from .promises import Upgrade
from .tables import LOCK
from .tables import SCHEMA

VERSION_TABLE = "audit_version"
_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: sa.Engine) -> Upgrade:
    """Run the migrations that are missing, in one transaction; return which they were.

    Safe twice, and from any number of processes at once: each waits for the other and
    finds the work done.
    """
    with engine.connect() as connection, alone(connection):
        missing = _missing(connection)
        to(connection, "head")

        return missing


def to(connection: sa.Connection, revision: str) -> None:
    """Run the migrations up to *revision*, inside :func:`alone`."""
    command.upgrade(_config(connection), revision)


def pending(engine: sa.Engine) -> list[str]:
    """Return the migrations that :func:`upgrade` would run, oldest first."""
    with engine.connect() as connection:
        return list(_missing(connection).ran)


def _missing(connection: sa.Connection) -> Upgrade:
    context = MigrationContext.configure(connection, opts=options(connection))
    done = context.get_current_heads()
    script = ScriptDirectory.from_config(_config(connection))
    steps = script.iterate_revisions("head", done[0] if done else "base")
    ran = [step.revision for step in reversed(list(steps))]

    return Upgrade(since=done[0] if done else None, ran=tuple(ran))


def options(connection: sa.Connection) -> dict[str, Any]:
    """Where the version is kept: beside our tables, not in the host's ``alembic_version``."""
    schema = SCHEMA if connection.dialect.name == "postgresql" else None

    return {"version_table": VERSION_TABLE, "version_table_schema": schema}


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection

    return config


@contextmanager
def alone(connection: sa.Connection) -> Iterator[None]:
    """Hold the log to ourselves for one transaction, also against writers."""
    if connection.dialect.name == "postgresql":
        with connection.begin():
            # Between two statements Alembic may be imported, on a machine that is busy.
            for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
                connection.exec_driver_sql(f"SET LOCAL {limit} = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            connection.execute(sa.schema.CreateSchema(SCHEMA, if_not_exists=True))
            yield
        return
    connection = connection.execution_options(isolation_level="AUTOCOMMIT")
    connection.exec_driver_sql("PRAGMA busy_timeout = 60000")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")
    connection.exec_driver_sql("PRAGMA busy_timeout = 5000")
