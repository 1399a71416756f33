"""Functions of text and JSON, as each database spells them."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from string import ascii_lowercase
from string import ascii_uppercase
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from ...errors import QueryError
from ..language.values import is_path
from ..language.values import json_string
from ..language.values import names_of


class like(FunctionElement[bool]):  # noqa: N801 (a function in SQL)
    """``like(column, pattern)``: case-sensitive, only ``*`` is special."""

    type = sa.Boolean()
    inherit_cache = True
    name = "auditlog_like"

    def __init__(self, column: sa.ColumnElement[Any], pattern: str) -> None:
        glob = pattern.replace("[", "[[]").replace("?", "[?]")
        like = pattern.replace("/", "//").replace("%", "/%").replace("_", "/_").replace("*", "%")
        super().__init__(column, sa.literal(glob), sa.literal(like))


class contains(FunctionElement[bool]):  # noqa: N801 (a function in SQL)
    """``contains(body, text)``: anywhere in the JSON, ASCII letters in either case."""

    type = sa.Boolean()
    inherit_cache = True
    name = "auditlog_contains"

    def __init__(self, column: sa.ColumnElement[Any], text: str) -> None:
        written = json_string(text)
        like = written.replace("/", "//").replace("%", "/%").replace("_", "/_")
        super().__init__(column, sa.literal(f"%{like}%"), sa.literal(written.translate(_LOWER)))


_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


class holds(FunctionElement[bool]):  # noqa: N801 (a function in SQL)
    """``holds(body, text)``: anywhere in it, to the letter."""

    type = sa.Boolean()
    inherit_cache = True
    name = "auditlog_holds"

    def __init__(self, column: sa.ColumnElement[Any], text: str) -> None:
        glob = "".join(f"[{c}]" if c in "[?*" else c for c in text)
        super().__init__(column, sa.literal(text), sa.literal(f"*{glob}*"))


class json_text(FunctionElement[str]):  # noqa: N801 (a function in SQL)
    """``json_text(body, "plan.name")``: the text of the value at a path of ``details``."""

    type = sa.Text()
    inherit_cache = True
    name = "auditlog_json_text"

    def __init__(self, column: sa.ColumnElement[Any], path: str) -> None:
        super().__init__(column, *map(sa.literal, _steps(path)))


class json_kind(FunctionElement[str]):  # noqa: N801 (a function in SQL)
    """``json_kind(body, "plan.name")``: ``string`` or ``null``, or another kind, at a path."""

    type = sa.Text()
    inherit_cache = True
    name = "auditlog_json_kind"

    def __init__(self, column: sa.ColumnElement[Any], path: str) -> None:
        super().__init__(column, *map(sa.literal, _steps(path)))


class json_number(FunctionElement[float]):  # noqa: N801 (a function in SQL)
    """``json_number(body, "amount")``: the number at a path; NULL where there is none."""

    type = sa.Float()
    inherit_cache = True
    name = "auditlog_json_number"

    def __init__(self, column: sa.ColumnElement[Any], path: str) -> None:
        super().__init__(column, *map(sa.literal, _steps(path)))


class number(FunctionElement[float]):  # noqa: N801 (a function in SQL)
    """``number("12.50")``: to compare a :class:`json_number` with, exactly where the database can."""

    type = sa.Float()
    inherit_cache = True
    name = "auditlog_number"

    def __init__(self, text: str) -> None:
        value = int(text) if text.removeprefix("-").isdecimal() else float(text)
        # SQLite's integers have 64 bits, as those that are stored.
        fitting = value if -(2**63) <= value < 2**63 else float(value)
        super().__init__(sa.literal(text), sa.literal(fitting))


def keys_to(path: str) -> tuple[str, ...]:
    """Return the keys that lead from a body to *path* of its details.

    :raises QueryError: when it is no path.
    """
    if not is_path(path):
        raise QueryError(
            "A path of details is names joined by dots, as in details.plan.name.",
            field="details",
        )

    return ("details", *names_of(path))


def _steps(path: str) -> Iterator[str]:
    """Yield the way to *path* of the details: as SQLite writes it, then step by step."""
    keys = keys_to(path)
    yield written(keys)
    yield from keys


def written(keys: Sequence[str]) -> str:
    """Return the way along *keys*, as SQLite writes it."""
    return "$" + "".join(f'."{key}"' for key in keys)


def _parts(element: Any, compiler: Any, kw: Any) -> list[str]:
    return [compiler.process(clause, **kw) for clause in element.clauses]


@compiles(like)
def _like_default(element: Any, compiler: Any, **kw: Any) -> str:
    column, _, like = _parts(element, compiler, kw)
    return f"{column} LIKE {like} ESCAPE '/'"


@compiles(like, "sqlite")
def _like_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, glob, _ = _parts(element, compiler, kw)
    return f"{column} GLOB {glob}"


@compiles(contains)
def _contains_default(element: Any, compiler: Any, **kw: Any) -> str:
    column, _, lower = _parts(element, compiler, kw)
    # In two thirds of the time of ILIKE, which PostgreSQL also takes for rarer than it is. The
    # C collation folds ASCII letters only, as SQLite's LIKE does.
    return f'strpos(lower({column} COLLATE "C"), {lower}) > 0'


@compiles(contains, "sqlite")
def _contains_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, like, _ = _parts(element, compiler, kw)
    return f"{column} LIKE {like} ESCAPE '/'"


@compiles(holds)
def _holds_default(element: Any, compiler: Any, **kw: Any) -> str:
    column, text, _ = _parts(element, compiler, kw)
    return f"strpos({column}, {text}) > 0"


@compiles(holds, "sqlite")
def _holds_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, _, glob = _parts(element, compiler, kw)
    # In half the time of instr().
    return f"{column} GLOB {glob}"


@compiles(json_text)
def _json_text_default(element: Any, compiler: Any, **kw: Any) -> str:
    column, _, *steps, last = _parts(element, compiler, kw)
    # Step by step: #>> would also take a number for a place in a list.
    return f"({column}::json -> {' -> '.join(steps)} ->> {last})"


@compiles(json_kind)
def _json_kind_default(element: Any, compiler: Any, **kw: Any) -> str:
    column, _, *steps = _parts(element, compiler, kw)
    return f"json_typeof({column}::json -> {' -> '.join(steps)})"


@compiles(json_kind, "sqlite")
def _json_kind_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, path, *_ = _parts(element, compiler, kw)
    return f"replace(json_type({column}, {path}), 'text', 'string')"


@compiles(json_number)
def _json_number_default(element: Any, compiler: Any, **kw: Any) -> str:
    kind = _json_kind_default(element, compiler, **kw)
    text = _json_text_default(element, compiler, **kw)
    return f"(CASE WHEN {kind} = 'number' THEN {text}::numeric END)"


@compiles(json_number, "sqlite")
def _json_number_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, path, *_ = _parts(element, compiler, kw)
    kind, value = (f"json_{of}({column}, {path})" for of in ("type", "extract"))
    return f"(CASE WHEN {kind} IN ('integer', 'real') THEN {value} END)"


@compiles(number)
def _number_default(element: Any, compiler: Any, **kw: Any) -> str:
    text, _ = _parts(element, compiler, kw)
    return f"CAST({text} AS numeric)"


@compiles(number, "sqlite")
def _number_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    _, value = _parts(element, compiler, kw)
    return str(value)


@compiles(json_text, "sqlite")
def _json_text_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    column, path, *_ = _parts(element, compiler, kw)
    kind = f"json_type({column}, {path})"
    # Two values at once come as a list, in which each stands as it was written; one comes as
    # SQLite's own: true as 1, and a number with 15 digits.
    twice = f"json_extract({column}, {path}, {path})"
    return (
        f"(CASE WHEN {kind} = 'text' THEN json_extract({column}, {path}) "
        f"WHEN {kind} <> 'null' THEN substr({twice}, 2, (length({twice}) - 3) / 2) END)"
    )
