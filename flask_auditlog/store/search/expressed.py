"""What the language says -> one condition. Pure; only parameters reach SQL."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from ..language.expression import And
from ..language.expression import conjuncts
from ..language.expression import Expression
from ..language.expression import Not
from ..language.expression import Or
from ..language.expression import Term
from ..language.expression import Window
from ..language.values import network
from ..tables import record
from .conditions import begins
from .conditions import Condition
from .conditions import EQUAL
from .conditions import in_network
from .conditions import matches
from .conditions import within
from .details import in_details
from .functions import contains

_COLUMNS: Mapping[str, Sequence[sa.Column[Any]]] = {
    **{name: (column,) for name, column in EQUAL.items()},
    "type": (record.c.type,),
    "actor": (record.c.user_id, record.c.username),
    "ip": (record.c.ip,),
    "resource": (record.c.resource_path,),
    "error": (record.c.error,),
}
_INDEXED = _COLUMNS.keys() - {"operation", "error", "source"}


def expressed(expression: Expression) -> Condition:
    """Return the condition that *expression* says, with its times settled."""
    match expression:
        case And(parts):
            return sa.and_(*map(expressed, parts))
        case Or(parts):
            return sa.or_(*map(expressed, parts))
        case Not(part):
            # Not NOT, for which an empty field is neither found nor left out.
            return expressed(part).is_not(sa.true())
        case Window(after, before):
            return sa.and_(sa.true(), *within(after, before))
    return _term(expression)


def alternatives(expression: Expression | None) -> Iterator[list[Condition]]:
    """Yield the conditions of each group that must be found, if an index finds each of them."""
    for part in conjuncts(expression):
        if not isinstance(part, Or):
            continue
        indexed = [each for each in part.parts if isinstance(each, Term) and _is_indexed(each)]
        if len(indexed) == len(part.parts):
            yield [found for each in indexed for found in _in_columns(each)]


def _is_indexed(term: Term) -> bool:
    begins_so = term.operator == "like" and not term.value.startswith("*")

    return term.field in _INDEXED and (term.operator == "is" or begins_so)


def _term(term: Term) -> Condition:
    if term.path is not None:
        return in_details(term)
    if term.field == "text":
        return contains(record.c.body, term.value)

    return sa.or_(*_in_columns(term))


def _in_columns(term: Term) -> list[Condition]:
    """The conditions of which one must hold."""
    columns = _COLUMNS[term.field]
    if term.operator == "exists":
        return [column.is_not(None) for column in columns]
    if term.operator == "like":
        return [matches(column, term.value) for column in columns]
    if term.field == "ip":
        return [in_network(network(term.value))]
    if term.field == "resource":
        path = term.value.rstrip("/")
        return [record.c.resource_path == path, begins(record.c.resource_path, f"{path}/")]
    return [column == term.value for column in columns]
