"""The tracked tables of one app, found by what a statement says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from ...state import State
from ..models.tracked import Tracked
from .cascades import Dependent
from .cascades import dependents_of
from .shape import Shape
from .shape import shape_of
from .text import Text

Home = tuple[str | None, ...]


class Known:
    """What one app tracks. The registry is asked once for each table, until it changes."""

    def __init__(self, state: State) -> None:
        self._registry = state.tracked
        self._version: tuple[int, int] | None = None
        self._tables: Mapping[sa.Table, Tracked] = {}
        self._shapes: dict[sa.Table, Shape | None] = {}
        self._named: dict[tuple[Text, Home], tuple[Shape, ...]] = {}
        self._dependents: tuple[Any, Mapping[sa.Table, Sequence[Dependent]]] = (None, {})
        self._met: Counter[sa.Table] = Counter()

    def is_familiar(self, table: sa.Table) -> bool:
        """Whether *table* was asked for so often that how it is written to is known by now."""
        self._met[table] += 1

        return self._met[table] > FAMILIAR

    def of(self, table: sa.Table) -> Shape | None:
        """Return how *table* is told; ``None`` if it is not tracked."""
        self._look()
        try:
            return self._shapes[table]
        except KeyError:
            tracked = self._tables.get(table)
            shape = None if tracked is None else shape_of(self._registry, tracked, table)
            self._shapes[table] = shape

        return shape

    def dependents(self, table: sa.Table) -> Sequence[Dependent]:
        """Return the tracked tables of which the database deletes or changes rows by itself,
        once those of *table* that they refer to are deleted.
        """
        self._look()
        (of, found), version = self._dependents, self._version
        if of != version:
            shapes = [shape for each in self._tables if (shape := self.of(each)) is not None]
            found = dependents_of(shapes)
            self._dependents = (version, found)

        return found.get(table, ())

    def named(self, write: Text, home: Home) -> tuple[Shape, ...]:
        """Return the tracked tables that may be meant by a name in a text.

        :param home: the schemas in which a name without one is looked for.
        """
        self._look()
        try:
            return self._named[write, home]
        except KeyError:
            shapes = (self.of(table) for table in self._tables if _is_named(table, write, home))
            found = tuple(shape for shape in shapes if shape is not None)
            if len(self._named) < NAMES:
                self._named[write, home] = found

        return found

    def _look(self) -> None:
        """Forget what was found, if more is tracked or mapped since."""
        version = (self._registry.version, _mapped)
        if version == self._version:
            return
        tables = self._registry.tables
        links = dict(_link for tracked in tables.values() for _link in _links(tracked))
        self._tables, self._shapes, self._named = {**links, **tables}, {}, {}
        # Last: another thread must not take the old for the new. Asking may have mapped more.
        self._version = version


# Grows with each class that is mapped.
_mapped = 0

# So many statements to a table that is not tracked are looked at closely.
FAMILIAR = 100

# Most names that are kept: a text may make up as many as it likes.
NAMES = 1_000


def look_again(*_: Any) -> None:
    """Note that another class is mapped."""
    global _mapped  # noqa: PLW0603 (one count for the process, as for its mappers)
    _mapped += 1


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


def _is_named(table: sa.Table, write: Text, home: Home) -> bool:
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
