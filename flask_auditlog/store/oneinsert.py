"""The INSERT of one event into an inbox, made once for each dialect.

What SQLAlchemy does to find it in its cache, put the schema in and sort the parameters would
cost the host's transaction four times what the statement itself does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import BindTyping

from .inboxtable import inbox

# In the order of the table, which is that of the statement.
_NAMES = ("uid", "time", "body")

# For databases without schemas. SQLAlchemy's types have forgotten that this may be None.
_here = inbox.to_metadata(sa.MetaData(), schema=None)  # type: ignore[arg-type]

# Gives the SQL and the parameters of one event.
OneInsert = Callable[[str, int, bytes], tuple[str, Any]]

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
