"""What steers the planners of both databases to one index, and from the others."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import iterate
from sqlalchemy.sql.visitors import replacement_traverse

from ..tables import record
from .conditions import Condition

# The columns of the order of pages, which every index has at its end.
NEWEST_FIRST = (record.c.time.desc(), record.c.position.desc())
ORDER = frozenset({"time", "position"})
BY_TIME = frozenset({"realm"}) | ORDER


class any_of(FunctionElement[int]):  # noqa: N801 (a function in SQL)
    """``any_of(select)``: what it finds, as PostgreSQL compares with a list."""

    type = sa.BigInteger()
    inherit_cache = True
    name = "auditlog_any"


@compiles(any_of)
def _any_default(element: Any, compiler: Any, **kw: Any) -> str:
    return f"ANY(ARRAY{compiler.process(element.clauses, **kw)})"


class hidden(FunctionElement[Any]):  # noqa: N801 (an operator in SQL)
    """A column that SQLite's planner shall not look for in an index: ``+column``.

    https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_
    """

    inherit_cache = True
    name = "auditlog_hidden"

    def __init__(self, column: sa.ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(hidden)
def _hidden_default(element: Any, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.clauses, **kw))


@compiles(hidden, "sqlite")
def _hidden_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"+{compiler.process(element.clauses, **kw)}"


def only(columns: Collection[str], conditions: Sequence[Condition]) -> list[Condition]:
    """Return *conditions* so that on SQLite only an index of these columns can answer them."""

    def replace(element: Any, **_: Any) -> Any:
        if isinstance(element, sa.Column) and element.name not in columns:
            return hidden(element)
        return None

    return [replacement_traverse(condition, {}, replace) for condition in conditions]


def apart(columns: Collection[str], conditions: Sequence[Condition]) -> list[Condition]:
    """Return *conditions* so that no planner knows more of them than what they say of these columns.

    Whatever else they ask for is the condition of a CASE: no index answers it, and PostgreSQL
    expects it to be true of every other row, whatever its statistics say of the value.
    """
    return [
        each if _columns_of(each) <= set(columns) else sa.case((each, sa.true()), else_=sa.false())
        for each in conditions
    ]


def _columns_of(condition: Condition) -> set[str]:
    return {each.name for each in iterate(condition) if isinstance(each, sa.Column)}
