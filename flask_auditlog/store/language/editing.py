"""A click on a value, a cross or a "not": a query -> another one. Pure."""

from __future__ import annotations

from .expression import all_of
from .expression import And
from .expression import any_of
from .expression import conjuncts
from .expression import Expression
from .expression import negated
from .expression import Not
from .expression import Or
from .expression import Term


def adding(expression: Expression | None, part: Expression) -> Expression:
    """Return *expression* with *part* wanted too. What excluded it is taken away."""
    kept = [each for each in conjuncts(expression) if each != negated(part)]
    if part not in kept:
        kept.append(part)

    return all_of(kept) or part


def excluding(expression: Expression | None, part: Expression) -> Expression:
    """Return *expression* with all that *part* finds left out."""
    return adding(expression, negated(part))


def removing(expression: Expression | None, part: Expression) -> Expression | None:
    """Return *expression* without *part*, wherever it stands; ``None`` when nothing is left."""
    if expression is None or expression == part:
        return None
    match expression:
        case And(parts):
            # What all of an AND hold is a part too, as when it was written in parentheses.
            return all_of(left for each in parts if (left := removing(each, part)) is not None)
        case Or(parts):
            return any_of(left for each in parts if (left := removing(each, part)) is not None)
        case Not(inner):
            left = removing(inner, part)
            return None if left is None else negated(left)
    return expression


def exchanging(
    expression: Expression | None, part: Expression, instead: Expression | None
) -> Expression | None:
    """Return *expression* with *instead* where it wants *part*; without it if that is ``None``."""
    parts = (instead if each == part else each for each in conjuncts(expression))

    return all_of(each for each in parts if each is not None)


def replacing(expression: Expression | None, term: Term) -> Expression:
    """Return *expression* with *term* in place of what it wants of the same field.

    An event has one actor and one type: wanting a second would find nothing.
    """
    kept = [
        each
        for each in conjuncts(expression)
        if not (isinstance(each, Term) and each.field == term.field)
    ]

    return adding(all_of(kept), term)
