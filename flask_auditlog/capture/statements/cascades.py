"""What the database does by itself to rows that refer to deleted ones: ``ON DELETE CASCADE``
and ``SET NULL``, as the host's tables declare them.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from .elements import Dml
from .elements import Key
from .elements import named_keys
from .rows import OURS
from .rows import Reader
from .rows import Rows
from .shape import Selection
from .shape import selection_of
from .shape import Shape
from .write import Change
from .write import Summary

# So many deleted rows are asked for what refers to them: of more nobody knows if anything did.
PARENTS = 10_000

_ACTIONS = frozenset({"CASCADE", "SET NULL", "SET DEFAULT"})


@dataclass(frozen=True, slots=True)
class Dependent:
    """A tracked table whose rows go with those they refer to, or no longer refer to them.

    ``columns`` are those that refer, in the order of the primary key they refer to.
    """

    shape: Shape
    columns: tuple[sa.Column[Any], ...]
    goes: bool


# The dependents of a table.
Dependents = Callable[[sa.Table], Sequence[Dependent]]


def dependents_of(shapes: Iterable[Shape]) -> dict[sa.Table, list[Dependent]]:
    """Return by table whose rows depend on it. What does not refer to a primary key is left out."""
    found: dict[sa.Table, list[Dependent]] = {}
    for shape in shapes:
        for constraint in shape.table.foreign_key_constraints:
            action = (constraint.ondelete or "").upper()
            if action not in _ACTIONS or (named := _referring(constraint)) is None:
                continue
            parent, columns = named
            # The row of a class in joined tables is told with that of its base. Tables may come
            # as copies with notes on them, which are equal to the others, and not the same.
            joined = {parent, shape.table} <= set(shape.tracked.mapper.tables)
            if parent == shape.table or not joined:
                found.setdefault(parent, []).append(Dependent(shape, columns, action == "CASCADE"))

    return found


def _referring(
    constraint: sa.ForeignKeyConstraint,
) -> tuple[sa.Table, tuple[sa.Column[Any], ...]] | None:
    try:
        named = {each.column: each.parent for each in constraint.elements}
    except sa.exc.SQLAlchemyError:
        # It refers to a table that is not defined here.
        return None
    parent = constraint.referred_table
    key = tuple(parent.primary_key)

    return (parent, tuple(named[each] for each in key)) if set(named) == set(key) else None


class Fall:
    """The rows of one dependent, read before those they refer to are deleted.

    :param parents: the keys of those; ``None`` if they are not known.
    """

    def __init__(
        self, dependent: Dependent, reader: Reader, parents: Sequence[Key] | None, seen: set[Any]
    ) -> None:
        self._dependent = dependent
        self._reader = reader
        before = Rows({}, complete=False)
        if parents is not None:
            before = reader.referring(dependent.columns, parents)
        table = dependent.shape.table
        # There may be several ways from a row to another.
        self._before = {key: row for key, row in before.by_key.items() if (table, key) not in seen}
        seen.update((table, key) for key in self._before)
        self.is_known = before.complete

    @property
    def shape(self) -> Shape:
        """How its rows are told."""
        return self._dependent.shape

    @property
    def gone(self) -> Sequence[Key] | None:
        """The keys of the rows that will be deleted; ``None`` if they are not known."""
        if not self._dependent.goes:
            return ()
        return list(self._before) if self.is_known else None

    def outcome(self) -> Iterator[Change | Summary]:
        """Yield what became of the rows, now that the others are deleted."""
        if not self.is_known:
            yield Summary("DELETE" if self._dependent.goes else "UPDATE", None)
            return
        if not self._before:
            return
        after = self._reader.of_keys(list(self._before))
        if not after.complete:
            return
        for key, row in self._before.items():
            now = after.by_key.get(key)
            yield Change(
                "DELETE" if now is None else "UPDATE",
                key,
                {name: (old, now and now.get(name)) for name, old in row.items()},
            )


def falls_of(
    dml: Dml, context: Any, dependents: Dependents, reader: Callable[[Selection], Reader]
) -> list[Fall]:
    """Return what a DELETE that is about to be executed takes along."""
    its = dependents(dml.table) if dml.operation == "DELETE" else ()
    if not its or not _are_enforced(context.root_connection):
        return []

    deleted = _deleted(dml, context, reader)
    # Of these the statement itself is told.
    seen = {(dml.table, key) for key in deleted or ()}

    return list(_falls([(each, deleted) for each in its], seen, dependents, reader))


def _falls(
    waiting: list[tuple[Dependent, Sequence[Key] | None]],
    seen: set[Any],
    dependents: Dependents,
    reader: Callable[[Selection], Reader],
) -> Iterator[Fall]:
    while waiting:
        each, above = waiting.pop()
        fall = Fall(each, reader(each.shape), above, seen)
        if not fall.is_known:
            # Of a table of which not all is known it is told once.
            unknown = (each.shape.table, each.goes)
            if unknown in seen:
                continue
            seen.add(unknown)
        yield fall
        below = fall.gone
        if below is None or below:
            waiting += [(other, below) for other in dependents(each.shape.table)]


def _deleted(dml: Dml, context: Any, reader: Callable[[Selection], Reader]) -> Sequence[Key] | None:
    """Return the keys of the rows that are deleted, or a few more; ``None`` if that is unknown."""
    if not dml.is_whole:
        return None
    parameters: Sequence[Mapping[str, Any]] = context.compiled_parameters
    named = named_keys(dml.element.whereclause, list(dml.table.primary_key), parameters)
    if named is not None or len(parameters) > 1:
        return named
    keys = reader(selection_of(dml.table))
    rows = keys.matching(dml.element, parameters[0], most=PARENTS)

    return list(rows.by_key) if rows.complete else None


def _are_enforced(connection: sa.Connection) -> bool:
    """Whether the database looks after foreign keys: SQLite does if it is told to."""
    if connection.dialect.name != "sqlite":
        return True
    asked = connection.exec_driver_sql("PRAGMA foreign_keys", execution_options=OURS)

    return bool(asked.scalar())
