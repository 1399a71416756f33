"""A query as it was asked -> as it is searched for, at a moment. Pure.

What the language says in plain terms is put into the query's own fields, which have their
indexes; what they cannot say stays in ``more``. Times that count from now become fixed.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace
from datetime import tzinfo
from typing import Any

from ...errors import QueryError
from ..language.expression import all_of
from ..language.expression import conjuncts
from ..language.expression import Expression
from ..language.expression import mapped
from ..language.expression import Not
from ..language.expression import Term
from ..language.expression import Window
from ..language.fields import TIMES
from ..language.times import read_span
from ..language.times import zone_of
from ..language.values import is_number
from ..language.values import network
from ..query import Query

_PATTERNS = frozenset({"type", "resource"})


def settled(query: Query, now: int) -> Query:
    """Return what *query* asks for at *now*, in epoch milliseconds.

    A range that ends before it begins at that moment finds nothing, and is no error: the language
    refuses those that always do, and a filter that was kept shall not break with the calendar.

    :raises QueryError: when its zone, or a time in it, is none.
    """
    if query.more is None:
        return query
    zone = zone_of(query.zone)
    kept: list[Expression] = []
    for part in conjuncts(fixed(query.more, now, zone)):
        if (plainer := _plainer(query, part)) is None:
            kept.append(part)
            query = _narrowed(query, part)
        else:
            query = plainer

    return replace(query, more=all_of(kept))


def fixed(expression: Expression, now: int, zone: tzinfo) -> Expression:
    """Return *expression* with windows in place of its terms of time.

    :raises QueryError: when one of them is no time.
    """
    return mapped(expression, lambda term: _fixed(term, now, zone))


def _narrowed(query: Query, part: Expression) -> Query:
    """Let an error that is asked for by its code be looked for among all errors."""
    named = isinstance(part, Term) and part.field == "error"

    return replace(query, error=True) if named and query.error is None else query


def _fixed(term: Term, now: int, zone: tzinfo) -> Expression:
    """A window in place of a term of time."""
    if term.field not in TIMES:
        return term
    try:
        return _window(term, now, zone)
    except ValueError as error:
        raise QueryError(f"`{term.field}` {error}.", field="q") from error


def _window(term: Term, now: int, zone: tzinfo) -> Window:
    start, end = read_span(term.value, now=now, zone=zone)
    if term.operator == "to":
        end = read_span(term.until, now=now, zone=zone)[1]
    match term.field, term.operator:
        case ("after", _) | (_, ">="):
            return Window(start, None)
        case ("before", _) | (_, "<"):
            return Window(None, start)
        case _, ">":
            return Window(end, None)
        case _, "<=":
            return Window(None, end)
    return Window(start, end)


def _plainer(query: Query, part: Expression) -> Query | None:
    """*query* with *part* in its own fields; ``None`` if they cannot say it."""
    match part:
        case Window(after, before):
            return replace(
                query,
                after=_either(max, query.after, after),
                before=_either(min, query.before, before),
            )
        case Not(Term("error", "exists")):
            return _with(query, error=False)
        case Term():
            return _with(query, **_said(part, query))
    return None


def _either(choose: Callable[[int, int], int], one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return choose(one, other)


def _said(term: Term, query: Query) -> Mapping[str, Any]:
    """What *term* says, as fields of a query; nothing if they cannot say it."""
    field, value = term.field, term.value
    if term.operator == "exists":
        return {"error": True} if field == "error" else {}
    # In those two fields of a query, a star is a pattern; in the others, a star.
    if field in _PATTERNS:
        return {field: value} if ("*" in value) == (term.operator == "like") else {}
    # An error is a filter without its code.
    if term.operator != "is" or field == "error":
        return {}
    if term.path is not None:
        # A number is also found where it is written in another way.
        typed = value == "null" or is_number(value)
        return {} if typed else {"details": (*query.details, (term.path, value))}
    return {field: network(value) if field == "ip" else value}


def _with(query: Query, **said: Any) -> Query | None:
    """*query* with one more field; ``None`` if it says another thing there already."""
    if not said:
        return None
    for name, value in said.items():
        if name != "details" and getattr(query, name) not in (None, value):
            return None

    return replace(query, **said)
