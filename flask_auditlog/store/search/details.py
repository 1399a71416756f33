"""What must stand at a path of the details. Pure; only parameters reach SQL."""

from __future__ import annotations

import operator
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..language.expression import DETAILS
from ..language.expression import Term
from ..language.values import is_number
from ..language.values import json_string
from ..language.values import names_of
from ..tables import record
from .functions import holds
from .functions import json_kind
from .functions import json_number
from .functions import json_text
from .functions import like
from .functions import number
from .lists import in_lists
from .lists import no_plain

Condition = sa.ColumnElement[bool]

_COMPARED: Mapping[str, Callable[[Any, Any], Condition]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
# What stands behind a name that has a list, with the end of the name.
_LIST = '":['
# So many names of a path are looked for by themselves.
_FEW = 8


@dataclass(frozen=True, slots=True)
class _Value:
    """A JSON value: its text, its kind as JSON calls it, and the number that it is."""

    text: sa.ColumnElement[str]
    kind: sa.ColumnElement[str]
    number: sa.ColumnElement[float]


_Found = Callable[[_Value], Condition]
# One of those that are met in lists.
_ELEMENT = _Value(
    sa.literal_column("element.text", sa.Text),
    sa.literal_column("element.kind", sa.Text),
    sa.literal_column("CASE element.kind WHEN 'number' THEN CAST(element.text AS numeric) END"),
)


def at_path(path: str, value: str) -> Condition:
    """Whether *value* stands at *path* of the details, as text or as JSON writes it."""
    # A pattern without stars finds the text alone, and no number that is written in another way.
    term = Term(f"{DETAILS}{path}", "like" if _is_typed(value) else "is", value)

    return _where(term, lambda at: at.text == value, *_bytes(value))


def in_details(term: Term) -> Condition:
    """Whether *term* finds what stands at its path of the details."""
    value = term.value
    match term.operator:
        case "exists":
            return _where(term, lambda at: at.text.is_not(None))
        case "like":
            return _where(term, lambda at: like(at.text, value))
        case "quoted":
            return _where(term, lambda at: (at.kind == "string") & (at.text == value), value)
        case "is":
            return _where(term, _being(value), *(() if _is_typed(value) else _bytes(value)))
    return _where(term, lambda at: _compared(at.number, term))


def _being(value: str) -> _Found:
    """Whether it is the text, or the number or null that is written so."""
    if value == "null":
        return lambda at: (at.text == value) | (at.kind == "null")
    if is_number(value):
        return lambda at: (at.text == value) | (at.number == number(value))
    return lambda at: at.text == value


def _is_typed(value: str) -> bool:
    """Whether *value* is found as another thing than its text too."""
    return value == "null" or is_number(value)


def _compared(found: sa.ColumnElement[float], term: Term) -> Condition:
    if term.operator == "to":
        return found.between(number(term.value), number(term.until))
    return _COMPARED[term.operator](found, number(term.value))


def _bytes(value: str) -> Sequence[str]:
    """What is escaped in a text is not in an object, and both may be asked for."""
    return (value,) if json_string(value) == value else ()


def _where(term: Term, found: _Found, *bytes_: str) -> Condition:
    """Whether *found* holds of what is at the path of *term*: of a list, or of any element.

    Only bodies that hold the name, and all of *bytes_*, are parsed; and only those that have a
    list there are looked through for elements.
    """
    body, path = record.c.body, term.path or ""
    names = names_of(path)
    there = (holds(body, text) for text in (f'"{names[-1]}":', *bytes_))
    here = _Value(json_text(body, path), json_kind(body, path), json_number(body, path))
    # Each database takes the conditions of an AND in its own order.
    either = sa.case(
        (found(here), sa.true()),
        (no_plain(body, path) & _has_list(names), in_lists(body, term, found(_ELEMENT))),
        else_=sa.false(),
    )

    return sa.case((sa.and_(*there), either), else_=sa.false())


def _has_list(names: Sequence[str]) -> Condition:
    """Whether a list stands at one of *names*, anywhere in the body."""
    several = sorted(set(names))
    # Most bodies have no list at all.
    conditions: list[Condition] = [holds(record.c.body, _LIST)]
    if len(several) <= _FEW:
        conditions.append(sa.or_(*(holds(record.c.body, f'"{name}{_LIST}') for name in several)))

    return sa.and_(*conditions)
