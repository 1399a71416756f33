"""How the rows of a tracked table are read and told."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ..models.tracked import Options
from ..models.tracked import Registry
from ..models.tracked import Tracked
from .elements import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is read of a table: the ``columns`` are the primary key first, then the ``fields``."""

    table: sa.Table
    keys: tuple[sa.Column[Any], ...]
    columns: tuple[sa.Column[Any], ...]
    fields: tuple[str, ...]

    def row_of(self, values: Sequence[Any]) -> tuple[Key, dict[str, Any]]:
        """Return the primary key and the fields of what was read."""
        width = len(self.keys)

        return tuple(values[:width]), dict(zip(self.fields, values[width:], strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape(Selection):
    """The columns of one written table, and the names of their attributes.

    Not read are the columns called ``unread``, which hold files, or are loaded only when they
    are asked for.
    """

    tracked: Tracked
    key_names: tuple[str, ...]
    options: Options
    unread: frozenset[str]


def selection_of(table: sa.Table) -> Selection:
    """Return how the keys alone of *table* are read."""
    keys = tuple(table.primary_key) or tuple(table.columns)

    return Selection(table=table, keys=keys, columns=keys, fields=())


def shape_of(registry: Registry, tracked: Tracked, table: sa.Table) -> Shape:
    """Return how rows of *table* are read, in which *tracked* and what inherits from it live.

    Of a table without a primary key, as one between two others may be, the whole row is the key.
    """
    family = [
        each
        for mapper in tracked.mapper.self_and_descendants
        if (each := registry.of_mapper(mapper))
    ]
    # One statement may meet rows of all of them: what one of them hides stays hidden.
    options = replace(
        tracked.options,
        mask=frozenset().union(*(each.options.mask for each in family)),
        hash=frozenset().union(*(each.options.hash for each in family)),
    )
    named = [(_name(tracked.mapper, column), column) for column in table.columns]
    told = [(name, column) for name, column in named if name not in options.ignore]
    read = [(name, column) for name, column in told if _is_read(tracked.mapper, column)]
    keys = tuple(table.primary_key) or tuple(table.columns)

    return Shape(
        tracked=tracked,
        table=table,
        keys=keys,
        key_names=tuple(_name(tracked.mapper, column) for column in keys),
        columns=(*keys, *(column for _, column in read)),
        fields=tuple(name for name, _ in read),
        options=options,
        unread=frozenset(column.name for each in told if each not in read for column in each[1:]),
    )


def _name(mapper: orm.Mapper[Any], column: sa.Column[Any]) -> str:
    return next((prop.key for prop in _properties(mapper, column)), column.name)


def _is_read(mapper: orm.Mapper[Any], column: sa.Column[Any]) -> bool:
    if isinstance(column.type, sa.LargeBinary):
        return False
    return not any(prop.deferred for prop in _properties(mapper, column))


def _properties(
    mapper: orm.Mapper[Any], column: sa.Column[Any]
) -> Iterator[orm.ColumnProperty[Any]]:
    """Yield the attributes of *column*, of the class or of one that inherits from it."""
    for each in mapper.self_and_descendants:
        for prop in each.column_attrs:
            if column in prop.columns:
                yield prop
