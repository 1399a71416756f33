"""What there is to know of a mapped class, found out once: its flushes only look it up."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import orm

from .tracked import Registry
from .tracked import Tracked

Mapper = orm.Mapper[Any]
Reading = Callable[[Any], Any]


# Compared by identity, as what it is about.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """How the changes of one mapped class are read. All names are of attributes.

    :param columns: what is told, and where it is stored. Expressions, synonyms and hybrids are
        not stored, and a version counter says nothing that the change does not.
    :param key: the primary key.
    :param refreshed: what the database or the model changes by itself with every UPDATE.
    :param deferred: what is not loaded for our sake.
    :param collections: the many-to-many relationships that this end tells of.
    :param references: for the column of a foreign key the relationship that follows it.
    :param readings: how a value that was set in another type is read, as ``"5"`` in a column
        of numbers.
    """

    tracked: Tracked
    columns: Mapping[str, sa.Column[Any]]
    key: tuple[str, ...]
    refreshed: tuple[str, ...]
    deferred: frozenset[str]
    collections: frozenset[str]
    references: Mapping[str, orm.RelationshipProperty[Any]]
    readings: Mapping[str, Reading]


def plan_of(mapper: Mapper, registry: Registry) -> Plan | None:
    """Return the plan of a mapped class; ``None`` if it is not tracked."""
    model = mapper.class_
    try:
        found: Plan | None = registry.plans[model]
    except KeyError:
        # In its first flush all mappers are configured.
        tracked = registry.of_class(model)
        found = registry.plans[model] = None if tracked is None else _made(tracked, registry)

    return found


def _made(tracked: Tracked, registry: Registry) -> Plan:
    mapper, ignored = tracked.mapper, tracked.options.ignore
    columns = {name: column for name, column in _stored(mapper) if name not in ignored}
    by_column: dict[sa.ColumnElement[Any], str] = {column: name for name, column in _stored(mapper)}

    return Plan(
        tracked=tracked,
        columns=columns,
        key=tuple(mapper.get_property_by_column(column).key for column in mapper.primary_key),
        refreshed=tuple(
            name
            for name, column in columns.items()
            if column.onupdate is not None or column.server_onupdate is not None
        ),
        deferred=frozenset(prop.key for prop in mapper.column_attrs if prop.deferred),
        collections=frozenset(
            prop.key
            for prop in mapper.relationships
            if prop.key not in ignored and _tells(prop, registry)
        ),
        references=_references(mapper, by_column),
        readings={
            name: reading
            for name, column in columns.items()
            if (reading := _READINGS.get(_type_of(column))) is not None
        },
    )


def _stored(mapper: Mapper) -> Iterator[tuple[str, sa.Column[Any]]]:
    for prop in mapper.column_attrs:
        column = prop.columns[0]
        if isinstance(column, sa.Column) and column is not mapper.version_id_col:
            yield prop.key, column


def _tells(prop: orm.RelationshipProperty[Any], registry: Registry) -> bool:
    """Whether an event of this end tells what changed in a many-to-many relationship.

    Where both ends could, it is the one that the association table names first: of
    ``user_roles(user_id, role_id)`` the user.
    """
    if prop.secondary is None or prop.viewonly:
        return False
    columns = list(prop.secondary.c)
    others = [each for each in prop.mapper.relationships if _is_other_end(each, prop)]
    if not any(_is_told(each, registry) for each in others):
        return True
    theirs = {column for _, column in prop.secondary_synchronize_pairs or ()}

    return next((each not in theirs for each in columns if each.foreign_keys), True)


def _is_other_end(each: orm.RelationshipProperty[Any], prop: orm.RelationshipProperty[Any]) -> bool:
    names = (each.back_populates, prop.back_populates)
    linked = each.key == prop.back_populates or prop.key == each.back_populates

    return linked and each.secondary is prop.secondary and any(names) and not each.viewonly


def _is_told(prop: orm.RelationshipProperty[Any], registry: Registry) -> bool:
    tracked = registry.of_mapper(prop.parent)

    return tracked is not None and prop.key not in tracked.options.ignore


def _references(
    mapper: Mapper, by_column: Mapping[sa.ColumnElement[Any], str]
) -> dict[str, orm.RelationshipProperty[Any]]:
    found: dict[str, orm.RelationshipProperty[Any]] = {}
    for prop in mapper.relationships:
        pairs = prop.local_remote_pairs
        if prop.direction is not orm.MANYTOONE or len(pairs or ()) != 1 or not pairs:
            continue
        ((local, remote),) = pairs
        if local in by_column and tuple(prop.mapper.primary_key) == (remote,):
            found.setdefault(by_column[local], prop)

    return found


def _type_of(column: sa.Column[Any]) -> type[Any] | None:
    try:
        kind: type[Any] = column.type.python_type
    except Exception:  # noqa: BLE001 (of a type of the host, that may raise anything)
        return None
    return kind


def _reading(kind: Callable[[Any], Any], *known: type[Any]) -> Reading:
    def read(value: Any) -> Any:
        if type(value) not in known:
            return value
        try:
            return kind(value)
        except (ValueError, ArithmeticError):
            return value

    return read


_READINGS: Mapping[type[Any] | None, Reading] = {
    int: _reading(int, str, bool),
    bool: _reading(bool, int),
    float: _reading(float, str, int),
    Decimal: _reading(lambda value: Decimal(str(value)), str, int, float),
    UUID: _reading(UUID, str),
}
