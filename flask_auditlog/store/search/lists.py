"""What stands at a path of details that leads into a list: any of its elements, and of theirs.

Only where a body has such a list; all else is found without.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from ..language.expression import Term
from ..language.inside import Details
from ..language.inside import fitting
from ..language.inside import NESTED
from .functions import keys_to
from .functions import written

# What SQLite calls for it: see :func:`teach`.
_NAME = "auditlog_in_lists"
# No details are so deep that a longer path would lead anywhere in them.
LONGEST = 33
# Most terms of which it is kept what they say.
_KEPT = 200


class in_lists(FunctionElement[bool]):  # noqa: N801 (a function in SQL)
    """``in_lists(body, term, found)``: whether *term* finds what stands at its path, also in lists.

    :param found: the same of a row of ``element``, with its ``text`` and ``kind``.
    """

    type = sa.Boolean()
    inherit_cache = True
    name = _NAME

    def __init__(self, column: sa.ColumnElement[Any], term: Term, found: Any) -> None:
        said = (term.field, term.operator, term.value, term.until)
        super().__init__(column, found, *map(sa.literal, (*said, *keys_to(term.path or ""))))


class no_plain(FunctionElement[bool]):  # noqa: N801 (a function in SQL)
    """``no_plain(body, path)``: false where a value that is no list stands at the path.

    Then none is on the way there; but nothing is asked where finding that out takes longer.
    """

    type = sa.Boolean()
    inherit_cache = True
    name = "auditlog_no_plain"

    def __init__(self, column: sa.ColumnElement[Any], path: str) -> None:
        super().__init__(column, sa.literal(written(keys_to(path))))


@compiles(no_plain)
def _no_plain_default(*_: Any, **__: Any) -> str:
    return "true"


@compiles(no_plain, "sqlite")
def _no_plain_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    # Which has just parsed the body, and keeps what came of it.
    column, path = (compiler.process(each, **kw) for each in element.clauses)

    return f"coalesce(json_type({column}, {path}), 'array') = 'array'"


@compiles(in_lists)
def _default(element: Any, compiler: Any, **kw: Any) -> str:
    column, found, _, _, _, _, *keys = (compiler.process(each, **kw) for each in element.clauses)
    if len(keys) > LONGEST:
        return "false"
    # Not recursive: PostgreSQL would not search in parallel then.
    met = f"SELECT {column}::json AS value"
    for number, key in enumerate(keys):
        inside = (
            f"CASE json_typeof(m{number}.value) WHEN 'object' THEN m{number}.value -> {key} END"
        )
        met = (
            f"SELECT each.value FROM (SELECT {inside} AS value FROM ({met}) AS m{number}) AS at, "  # noqa: S608 (made of parameters)
            f"LATERAL ({_SPREAD}) AS each"
        )

    return f"""EXISTS (
        SELECT FROM (
            SELECT value #>> '{{}}' AS text, json_typeof(value) AS kind FROM ({met}) AS found
        ) AS element WHERE {found}
    )"""  # noqa: S608 (made of parameters)


def _elements(value: str) -> str:
    return f"json_array_elements(CASE json_typeof({value}) WHEN 'array' THEN {value} ELSE '[]' END)"


def _spread() -> str:
    """A value, and what is in it if it is a list, and in the lists in that."""
    parts = ["SELECT at.value"]
    lists = [f"{_elements('at.value')} AS l1(value)"]
    for level in range(1, NESTED + 1):
        parts.append(f"SELECT l{level}.value FROM {', '.join(lists)}")  # noqa: S608 (of ours)
        lists.append(f"{_elements(f'l{level}.value')} AS l{level + 1}(value)")

    return " UNION ALL ".join(parts)


_SPREAD = _spread()


@compiles(in_lists, "sqlite")
def _sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, _, *said = element.clauses
    parts = (compiler.process(each, **kw) for each in (column, *said[:4]))

    return f"{_NAME}({', '.join(parts)})"


def teach(connection: Any) -> None:
    """Let a connection to SQLite know the function that it is asked for."""
    connection.create_function(_NAME, 5, _finds)


def _finds(body: str, *said: str) -> bool:
    """Whether a term finds what *body* holds, as a webhook's filter would."""
    path, fits = _asked(*said)

    return any(map(fits, Details(body).at(path)))


@lru_cache(_KEPT)
def _asked(field: str, operator: Any, value: str, until: str) -> Any:
    term = Term(field, operator, value, until)

    return term.path, fitting(term)
