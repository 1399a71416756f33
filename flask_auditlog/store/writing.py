"""Transactions that write beside the log: to the tables of followers and webhooks."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

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


class now_ms(FunctionElement[int]):  # noqa: N801 (a function in SQL)
    """The database's own clock, in epoch milliseconds.

    It decides who may do what: those of the machines that ask it may differ by minutes.
    """

    type = sa.BigInteger()
    inherit_cache = True
    name = "auditlog_now_ms"


@compiles(now_ms, "sqlite")
def _now_in_sqlite(*_: Any, **__: Any) -> str:
    return "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"


@compiles(now_ms)
def _now_in_postgres(*_: Any, **__: Any) -> str:
    # Not now(): that stands still for a whole transaction.
    return "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"


_NOW = sa.select(now_ms())


def read_now(connection: sa.Connection) -> int:
    """Return what :class:`now_ms` is."""
    now: int = connection.execute(_NOW).scalar_one()

    return now


def inserting(dialect: str, table: sa.Table) -> Any:
    """Return an INSERT into *table* that can say what happens to a row that is there already.

    :param dialect: the name of the database's.
    """
    # Loaded by now; imported above, both dialects would be, whichever is used.
    module: Any = importlib.import_module(f"sqlalchemy.dialects.{dialect}")

    return module.insert(table)


def insert_unless_there(connection: sa.Connection, table: sa.Table) -> Any:
    """Return an INSERT into *table*; a row that is there already stays as it is.

    Two processes may both find that it is missing.
    """
    return inserting(connection.dialect.name, table).on_conflict_do_nothing()


def insert_all(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    unless_there: bool = False,
) -> None:
    """Insert *rows*: the same columns of each.

    :param unless_there: as :func:`insert_unless_there`.
    """
    insert = _insert(connection.dialect.name, table, tuple(rows[0]), unless_there=unless_there)
    connection.execute(insert, _given(connection, rows))


@functools.cache
def _insert(dialect: str, table: sa.Table, names: tuple[str, ...], *, unless_there: bool) -> Any:
    insert = inserting(dialect, table)
    if unless_there:
        insert = insert.on_conflict_do_nothing()
    if dialect == "sqlite":
        return insert

    return insert.from_select(list(names), sa.select(*_series(table, names).c))


def update_all(
    connection: sa.Connection, table: sa.Table, key: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Give rows of *table* new values, each found by its column *key*: the same columns of each."""
    update = _update(connection.dialect.name, table, key, tuple(rows[0]))
    if connection.dialect.name == "sqlite":
        # A name of our own: the column's stands for its new value.
        rows = [
            {_WHICH: row[key]} | {name: row[name] for name in row if name != key} for row in rows
        ]
    connection.execute(update, _given(connection, rows))


_WHICH = "which"


@functools.cache
def _update(dialect: str, table: sa.Table, key: str, names: tuple[str, ...]) -> Any:
    names = tuple(name for name in names if name != key)
    if dialect == "sqlite":
        update = sa.update(table).where(table.c[key] == sa.bindparam(_WHICH))
        return update.values({name: sa.bindparam(name) for name in names})
    each = _series(table, (key, *names))

    return (
        sa.update(table)
        .where(table.c[key] == each.c[key])
        .values({name: each.c[name] for name in names})
    )


def _given(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> Any:
    """The parameters of a statement for *rows*: one of all of them for PostgreSQL."""
    if connection.dialect.name == "sqlite":
        return rows

    return {_ROWS: msgspec.json.encode(rows).decode()}


_ROWS = "rows"


def _series(table: sa.Table, names: Sequence[str]) -> sa.TableValuedAlias:
    """Rows with the columns *names* as a table of PostgreSQL, in one parameter.

    One statement is planned and sent for all of them, instead of one for each. Not an array for
    each column: psycopg escapes the texts of those in Python.
    """
    given = sa.bindparam(_ROWS, type_=sa.Text)
    # Without their collations, which a column has that is no table's.
    types = [(name, table.c[name].type) for name in names]
    columns = [
        sa.column(name, sa.Text() if isinstance(type_, sa.String) else type_)
        for name, type_ in types
    ]
    series = sa.func.json_to_recordset(sa.cast(given, sa.JSON)).table_valued(*columns)

    return series.render_derived(with_types=True)
