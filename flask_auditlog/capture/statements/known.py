"""The tracked tables of one app, found by what a statement says."""

from __future__ import annotations

import re
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from ...state import State
from ..models.tracked import Tracked
from .shape import Shape
from .shape import shape_of
from .text import Text


class Known:
    """What one app tracks. It asks the registry once for each table of a version of it."""

    def __init__(self, state: State) -> None:
        self._registry = state.tracked
        self._version = -1
        self._shapes: dict[sa.Table, Shape | None] = {}
        self._tables: Mapping[sa.Table, Tracked] = {}
        self._links: Mapping[sa.Table, Tracked] = {}

    def of(self, table: sa.Table) -> Shape | None:
        """Return how *table* is told; ``None`` if it is not tracked."""
        if self._version != self._registry.version:
            self._version, self._shapes = self._registry.version, {}
        try:
            return self._shapes[table]
        except KeyError:
            return self._find(table)

    def named(self, write: Text, home: Collection[str | None]) -> Iterator[Shape]:
        """Yield the tracked tables that may be meant by a name in a text.

        :param home: the schemas in which a name without one is looked for.
        """
        for table in self._all():
            if _is_named(table, write, home) and (shape := self.of(table)) is not None:
                yield shape

    def _find(self, table: sa.Table) -> Shape | None:
        tracked = self._all().get(table)
        shape = None if tracked is None else shape_of(self._registry, tracked, table)
        self._shapes[table] = shape

        return shape

    def _all(self) -> Mapping[sa.Table, Tracked]:
        """Every tracked table, and those that link one with another."""
        tables = self._registry.tables
        if tables is not self._tables:
            links = dict(_link for tracked in tables.values() for _link in _links(tracked))
            self._tables, self._links = tables, {**links, **tables}

        return self._links


def _links(tracked: Tracked) -> Iterator[tuple[sa.Table, Tracked]]:
    """Yield the tables between *tracked* and others: who has which role stands there alone."""
    try:
        relationships = list(tracked.mapper.relationships)
    except sa.exc.SQLAlchemyError:
        # Some model is not whole, which the host will learn by itself.
        return
    for each in relationships:
        if isinstance(each.secondary, sa.Table):
            yield each.secondary, _link_of(tracked, each.secondary)


def _link_of(tracked: Tracked, table: sa.Table) -> Tracked:
    return Tracked(
        model=tracked.model,
        mapper=tracked.mapper,
        table=table,
        resource_type=re.sub(r"\W", "_", table.name).upper(),
        resource_path=table.name,
    )


def _is_named(table: sa.Table, write: Text, home: Collection[str | None]) -> bool:
    if table.name.casefold() != write.table.casefold():
        return False
    # A name without a schema is found on a path that only the server knows.
    if write.schema is None or write.schema == table.schema:
        return True
    return table.schema is None and write.schema in home


_known: WeakKeyDictionary[State, Known] = WeakKeyDictionary()


def known(state: State) -> Known:
    """Return what the app of *state* tracks."""
    found = _known.get(state)
    if found is None:
        found = _known[state] = Known(state)
    return found
