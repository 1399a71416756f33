"""The rows of a write, as they were before it and are after it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..models.loading import AT_ONCE
from .elements import given
from .elements import Key
from .elements import Parameters
from .shape import Selection

Row = Mapping[str, Any]

# Marks statements of ours, which nobody records.
OURS = {"auditlog": True}


@dataclass(frozen=True, slots=True)
class Rows:
    """What was read: the values of each row by its primary key.

    ``complete`` is false where there were more than were asked for.
    """

    by_key: Mapping[Key, Row]
    complete: bool = True


class Reader:
    """Reads rows of one written table in the host's transaction.

    :param most: more rows than these are not read.
    :param guard: holds back what goes wrong. Nothing is known of the rows then.
    """

    def __init__(
        self,
        connection: sa.Connection,
        shape: Selection,
        most: int,
        guard: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._connection = connection
        self._shape = shape
        self.most = most
        self._guard = guard

    def matching(self, element: Any, parameters: Parameters, *, most: int | None = None) -> Rows:
        """Return the rows that an UPDATE or DELETE is about to change, and lock them.

        So that what is told of them is what the statement finds. The database would lock them
        a moment later by itself.

        :param most: where it is not the usual number.
        """
        shape, where = self._shape, element.whereclause
        query = sa.select(*shape.columns).options(*getattr(element, "_with_options", ()))
        entity = element.entity_description.get("entity")
        query = query.select_from(shape.table if entity is None else entity)
        if where is not None:
            query = query.where(where)
        is_update = isinstance(element, sa.Update)
        query = query.with_for_update(of=shape.table, key_share=is_update)

        return self._read(query, given(where, parameters), most or self.most)

    def of_keys(self, keys: Sequence[Key], *, lock: bool = False) -> Rows:
        """Return the rows with those primary keys."""
        if len(keys) > self.most:
            return Rows({}, complete=False)
        query = sa.select(*self._shape.columns).where(_is_one_of(self._shape.keys, keys))
        if lock:
            query = query.with_for_update(of=self._shape.table)

        return self._read(query, {}, self.most)

    def referring(self, columns: Sequence[sa.Column[Any]], keys: Sequence[Key]) -> Rows:
        """Return the rows that refer by *columns* to those keys."""
        found: dict[Key, Row] = {}
        for first in range(0, len(keys), AT_ONCE):
            some = _is_one_of(columns, keys[first : first + AT_ONCE])
            rows = self._read(sa.select(*self._shape.columns).where(some), {}, self.most)
            found.update(rows.by_key)
            if not rows.complete or len(found) > self.most:
                return Rows({}, complete=False)

        return Rows(found)

    def _read(self, query: sa.Select[Any], parameters: Parameters, most: int) -> Rows:
        limited, rows = query.limit(most + 1), Rows({}, complete=False)
        with self._guard(), _shielded(self._connection):
            found = self._connection.execute(limited, parameters, execution_options=OURS).fetchall()
            if len(found) <= most:
                rows = Rows(dict(self._shape.row_of(values) for values in found))

        return rows


def _is_one_of(columns: Sequence[sa.Column[Any]], keys: Sequence[Key]) -> Any:
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return sa.or_(
        *(
            sa.and_(*(column == part for column, part in zip(columns, key, strict=True)))
            for key in keys
        )
    )


@contextmanager
def _shielded(connection: sa.Connection) -> Iterator[None]:
    """Keep the host's transaction alive when a statement of ours fails.

    On PostgreSQL a failed statement ends the transaction it is in, but for a savepoint.
    """
    if connection.dialect.name != "postgresql" or _commits_by_itself(connection):
        yield
        return
    _send(connection, "SAVEPOINT auditlog")
    try:
        yield
    except BaseException:
        _send(connection, "ROLLBACK TO SAVEPOINT auditlog")
        _send(connection, "RELEASE SAVEPOINT auditlog")
        raise
    _send(connection, "RELEASE SAVEPOINT auditlog")


def _commits_by_itself(connection: sa.Connection) -> bool:
    options = connection.get_execution_options()
    level = options.get("isolation_level") or connection.default_isolation_level

    return level == "AUTOCOMMIT"


def _send(connection: sa.Connection, sql: str) -> None:
    connection.exec_driver_sql(sql, execution_options=OURS)
