"""Transactions that write beside the log: to the tables of followers and webhooks."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import sqlalchemy as sa

from .search.reader import Reader


@contextmanager
def writing(reader: Reader) -> Iterator[sa.Connection]:
    """Give a connection in a transaction, committed at the end and rolled back by an error.

    On SQLite it may write from its beginning: one that reads first and then wants to write is
    refused if somebody wrote in between.

    :raises StoreUnavailable: when the database cannot be reached, or is busy for too long.
    """
    if reader.engine.dialect.name != "sqlite":
        with reader.begin() as connection:
            yield connection
        return
    with reader.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")


def now_ms(connection: sa.Connection) -> sa.ColumnElement[int]:
    """The database's own clock, in epoch milliseconds.

    It decides who may do what: those of the machines that ask it may differ by minutes.
    """
    if connection.dialect.name == "sqlite":
        return sa.literal_column(
            "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)", sa.BigInteger
        )

    # Not now(): that stands still for a whole transaction.
    return sa.literal_column(
        "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint", sa.BigInteger
    )


def read_now(connection: sa.Connection) -> int:
    """Return what :func:`now_ms` is."""
    now: int = connection.execute(sa.select(now_ms(connection))).scalar_one()

    return now


def inserting(connection: sa.Connection, table: sa.Table) -> Any:
    """Return an INSERT into *table* that can say what happens to a row that is there already."""
    # Loaded by now; imported above, both dialects would be, whichever is used.
    dialect: Any = importlib.import_module(f"sqlalchemy.dialects.{connection.dialect.name}")

    return dialect.insert(table)


def insert_unless_there(connection: sa.Connection, table: sa.Table) -> Any:
    """Return an INSERT into *table*; a row that is there already stays as it is.

    Two processes may both find that it is missing.
    """
    return inserting(connection, table).on_conflict_do_nothing()


def insert_all(connection: sa.Connection, insert: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute *insert*, an INSERT, for all *rows*: the same columns of each."""
    if connection.dialect.name == "sqlite":
        connection.execute(insert, rows)
        return
    each = _series(insert.table, rows)
    connection.execute(insert.from_select(list(rows[0]), sa.select(*each.c)))


def update_all(
    connection: sa.Connection, table: sa.Table, key: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Give rows of *table* new values, each found by its column *key*: the same columns of each."""
    names = [name for name in rows[0] if name != key]
    if connection.dialect.name == "sqlite":
        # A name of our own: the column's stands for its new value.
        update = sa.update(table).where(table.c[key] == sa.bindparam("which"))
        given = [{"which": row[key], **{name: row[name] for name in names}} for row in rows]
        connection.execute(update.values({name: sa.bindparam(name) for name in names}), given)
        return
    each = _series(table, rows)
    connection.execute(
        sa.update(table)
        .where(table.c[key] == each.c[key])
        .values({name: each.c[name] for name in names})
    )


def _series(table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> sa.TableValuedAlias:
    """*rows* as a table of PostgreSQL, in one parameter.

    One statement is planned and sent for all of them, instead of one for each. Not an array for
    each column: psycopg escapes the texts of those in Python.
    """
    given = sa.literal(msgspec.json.encode(rows).decode(), sa.Text)
    # Without their collations, which a column has that is no table's.
    types = [(name, table.c[name].type) for name in rows[0]]
    columns = [
        sa.column(name, sa.Text() if isinstance(type_, sa.String) else type_)
        for name, type_ in types
    ]
    series = sa.func.json_to_recordset(sa.cast(given, sa.JSON)).table_valued(*columns)

    return series.render_derived(with_types=True)
