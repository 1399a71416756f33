"""The INSERT of one event into an inbox, made once for each dialect, and given to the driver.

What SQLAlchemy does before and after a statement would cost the host's transaction several
times what the statement itself does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import BindTyping

from ...event import Finished
from .table import inbox

# In the order of the table, which is that of the statement.
_NAMES = ("uid", "time", "body")

# For databases without schemas. SQLAlchemy's types have forgotten that this may be None.
_here = inbox.to_metadata(sa.MetaData(), schema=None)  # type: ignore[arg-type]

# Gives the SQL and the parameters of one event.
OneInsert = Callable[[str, int, bytes], tuple[str, Any]]


def put_one(connection: sa.Connection, one: Finished, time: int) -> bool:
    """Write an event in the transaction of *connection*; return whether that could be done here.

    Nothing is done without a transaction, and for a driver that is told the types apart. Whoever
    listens to the engine's statements does not hear of it.

    :param time: when it is written, in epoch milliseconds.
    :raises sqlalchemy.exc.DBAPIError: as the database does.
    """
    dialect = connection.dialect
    insert = one_insert(dialect)
    if insert is None or not connection.in_transaction():
        return False
    sql, values = insert(one.event.uid, time, one.body)
    cursor: Any = connection.connection.cursor()
    try:
        dialect.do_execute(cursor, sql, values)
    except dialect.loaded_dbapi.Error as error:
        raise _told(connection, cursor, sql, error) from error
    finally:
        cursor.close()

    return True


def _told(connection: sa.Connection, cursor: Any, sql: str, error: Exception) -> BaseException:
    """Return *error* as SQLAlchemy tells it, which has to be told if the connection is gone."""
    dialect: Any = connection.dialect
    is_gone = dialect.is_disconnect(error, connection.connection, cursor)
    if is_gone:
        connection.invalidate(error)

    return sa.exc.DBAPIError.instance(
        sql,
        None,
        error,
        dialect.loaded_dbapi.Error,
        connection_invalidated=is_gone,
        dialect=dialect,
    )


_made: WeakKeyDictionary[sa.Dialect, OneInsert | None] = WeakKeyDictionary()


def one_insert(dialect: sa.Dialect) -> OneInsert | None:
    """Return how one event is written; ``None`` for a driver that is told the types apart."""
    try:
        return _made[dialect]
    except KeyError:
        # Another thread may make it too: the two are the same.
        made = _made[dialect] = _make(dialect)
    return made


def _make(dialect: sa.Dialect) -> OneInsert | None:
    if dialect.bind_typing is BindTyping.SETINPUTSIZES:
        return None
    table = inbox if dialect.name == "postgresql" else _here
    compiled = table.insert().inline().compile(dialect=dialect, column_keys=_NAMES)
    sql, positional = str(compiled), dialect.positional
    # Of the three, bytes alone are anything to a driver but what they are to us.
    binary = table.c.body.type.dialect_impl(dialect).bind_processor(dialect) or bytes

    def insert(uid: str, time: int, body: bytes) -> tuple[str, Any]:
        values = (uid, time, binary(body))

        return sql, values if positional else dict(zip(_NAMES, values, strict=True))

    return insert
