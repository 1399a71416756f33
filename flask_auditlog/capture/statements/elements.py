"""A statement of SQLAlchemy's -> what it writes, and which rows those are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import operators
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import UpdateBase

from .text import Operation

Key = tuple[Any, ...]
Parameters = Mapping[str, Any]

# What makes of an INSERT one that may find a row there, and leave or change it.
_CONDITIONAL = re.compile(
    r"\A\s*(?:REPLACE|INSERT\s+(?:OR|IGNORE))\b|\sON\s+(?:CONFLICT|DUPLICATE\s+KEY)\s", re.I
)
_OVERWRITES = re.compile(
    r"\A\s*(?:REPLACE|INSERT\s+OR\s+REPLACE)\b"
    r"|\sON\s+CONFLICT\b.*\sDO\s+UPDATE\s|\sON\s+DUPLICATE\s+KEY\s",
    re.I | re.S,
)


@dataclass(frozen=True, slots=True)
class Dml:
    """One INSERT, UPDATE or DELETE, and the table it writes to.

    ``is_whole`` says whether it is the statement itself, and not inside of it, as in a CTE:
    only then does the database tell how many rows there were.
    """

    element: Any
    table: sa.Table
    is_whole: bool

    @property
    def operation(self) -> Operation:
        """What it does to a row."""
        if isinstance(self.element, sa.Insert):
            return "CREATE"
        return "UPDATE" if isinstance(self.element, sa.Update) else "DELETE"


def dmls(statement: Any, compiled: Any) -> list[Dml]:
    """Return all that is written by *statement*, the whole before its parts."""
    if isinstance(statement, UpdateBase) and not compiled.ctes:
        return [Dml(statement, table, is_whole=True) for table in _tables(statement)]
    elements = [each for each in visitors.iterate(statement) if isinstance(each, UpdateBase)]
    is_dml = compiled.isinsert or compiled.isupdate or compiled.isdelete
    found: list[Dml] = []
    for element in elements:
        # The first is the statement itself, or what `select(…).from_statement(…)` is about.
        is_whole = is_dml and element is elements[0]
        found += [Dml(element, table, is_whole) for table in _tables(element)]

    return found


def _tables(element: Any) -> list[sa.Table]:
    """Return the tables an element writes to. Of a join MySQL may write to each."""
    if isinstance(element.table, sa.Table):
        return [element.table]
    return [each for each in visitors.iterate(element.table) if isinstance(each, sa.Table)]


def overwrites(sql: str) -> bool:
    """Whether this INSERT changes rows that are there."""
    return _OVERWRITES.search(sql) is not None


def is_conditional(sql: str) -> bool:
    """Whether this INSERT may find rows there, and leave or change them."""
    return _CONDITIONAL.search(sql) is not None


def inserted_keys(
    element: sa.Insert, columns: Sequence[sa.Column[Any]], parameters: Sequence[Parameters]
) -> list[Key] | None:
    """Return the primary keys that the host gave for all rows; ``None`` if it gave not all."""
    if element.select is not None:
        return None
    names = [column.key for column in columns]
    sets = list(_sets(parameters, names[0]))
    keys = [tuple(values.get(f"{name}{suffix}") for name in names) for values, suffix in sets]

    return None if not keys or any(part is None for key in keys for part in key) else keys


def inserted_rows(element: sa.Insert, parameters: Sequence[Parameters]) -> int | None:
    """Return how many rows an INSERT without conditions makes; of ``SELECT`` nobody knows."""
    if element.select is not None:
        return None
    first = next((name for name in parameters[0] if name.endswith("_m0")), "")

    return sum(1 for _ in _sets(parameters, first.removesuffix("_m0")))


def _sets(parameters: Sequence[Parameters], name: str) -> Iterator[tuple[Parameters, str]]:
    """Yield the parameters of each row, and how their names end: ``_m3`` in ``values([…])``."""
    for values in parameters:
        if f"{name}_m0" not in values:
            yield values, ""
            continue
        number = 0
        while f"{name}_m{number}" in values:
            yield values, f"_m{number}"
            number += 1


def named_keys(
    where: Any, columns: Sequence[sa.Column[Any]], parameters: Sequence[Parameters]
) -> list[Key] | None:
    """Return the primary keys that ``WHERE id = …`` names in each set of *parameters*.

    There may be more conditions: then not all of these rows need be there. ``None`` where the
    condition does not name a key.
    """
    binds = _binds(where, columns)
    names = [binds.get(column) for column in columns]
    if any(name is None for name in names):
        return None
    keys = [tuple(_value(bind, values) for bind in names) for values in parameters]

    return None if any(part is None for key in keys for part in key) else keys


def _binds(
    where: Any, columns: Sequence[sa.Column[Any]]
) -> dict[sa.Column[Any], sa.BindParameter[Any]]:
    """Return what each of the *columns* must be equal to."""
    found: dict[sa.Column[Any], sa.BindParameter[Any]] = {}
    for clause in _clauses(where):
        if not isinstance(clause, sa.BinaryExpression) or clause.operator is not operators.eq:
            continue
        column, bind = clause.left, clause.right
        if isinstance(bind, sa.BindParameter) and getattr(column, "table", None) is not None:
            found.update(dict.fromkeys(_own(column, columns), bind))

    return found


def _clauses(where: Any) -> Iterator[Any]:
    if isinstance(where, sa.BooleanClauseList) and where.operator is operators.and_:
        for clause in where.clauses:
            yield from _clauses(clause)
    elif isinstance(where, sa.sql.elements.Grouping):
        yield from _clauses(where.element)
    elif where is not None:
        yield where


def _own(column: Any, columns: Sequence[sa.Column[Any]]) -> list[sa.Column[Any]]:
    # Those of a mapped class are copies with notes on them, equal to the table's own.
    return [own for own in columns if own.key == column.key and hash(own) == hash(column)]


def _value(bind: Any, values: Parameters) -> Any:
    # A parameter of its own name is given with the statement; the others hold their value.
    return values.get(bind.key, bind.effective_value)


def given(where: Any, values: Parameters) -> dict[str, Any]:
    """Return those of the *values* that *where* asks for by a name of the host's."""
    if where is None:
        return {}
    names = {
        each.key
        for each in visitors.iterate(where)
        if isinstance(each, sa.BindParameter) and not each.unique
    }
    return {name: values[name] for name in names if name in values}
