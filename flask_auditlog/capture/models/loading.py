"""What was not loaded, read before it is overwritten: one SELECT for all rows of a class.

Rows are read by their primary key in the host's own transaction, with Core, so that neither
its session nor its objects notice.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import nullcontext
from typing import Any

import sqlalchemy as sa

from .plan import Plan

Key = tuple[Any, ...]
Row = Mapping[str, Any]

# Rows in one SELECT; some databases take no more than a thousand parameters.
AT_ONCE = 300

# Statement capture leaves alone what is marked so.
OURS: Mapping[str, Any] = {"auditlog": True}


def load(
    connection: sa.Connection, plan: Plan, keys: Sequence[Key], names: Collection[str]
) -> dict[Key, Row]:
    """Return what is stored now under *names* in the rows of *keys*.

    :raises sqlalchemy.exc.SQLAlchemyError: as the database does; its transaction goes on.
    """
    found: dict[Key, Row] = {}
    for first in range(0, len(keys), AT_ONCE):
        with _unharmed(connection):
            found.update(_rows(connection, plan, keys[first : first + AT_ONCE], sorted(names)))

    return found


def _rows(
    connection: sa.Connection, plan: Plan, keys: Sequence[Key], names: Sequence[str]
) -> Iterator[tuple[Key, Row]]:
    mapper = plan.tracked.mapper
    identity = list(mapper.primary_key)
    query = (
        sa.select(*identity, *(plan.columns[name] for name in names))
        .select_from(mapper.persist_selectable)
        .where(_among(identity, keys))
    )
    size = len(identity)
    for row in connection.execute(query, execution_options=OURS):
        yield tuple(row[:size]), dict(zip(names, row[size:], strict=True))


def _among(columns: Sequence[sa.ColumnElement[Any]], keys: Sequence[Key]) -> sa.ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    same = (
        sa.and_(*(column == part for column, part in zip(columns, key, strict=True)))
        for key in keys
    )
    return sa.or_(*same)


def _unharmed(connection: sa.Connection) -> AbstractContextManager[Any]:
    """On PostgreSQL alone a statement that fails ends the transaction it is in."""
    return connection.begin_nested() if connection.dialect.name == "postgresql" else nullcontext()
