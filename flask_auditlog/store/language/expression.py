"""What a query in the language says, as a value: terms joined by AND, OR and NOT. Pure.

Made by :func:`.parse_query` or by the functions here, never by hand: they keep it flat, so that
two queries that are written alike are one value, which prints back to the text it came from.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

# ``is``: that value; of details, a number also as a number. ``quoted``: of details, that text
# and no number, truth or null. ``like``: a pattern, ``*`` is any text. ``exists``: any value.
# ``to``: from ``value`` up to and with ``until``.
Operator = Literal["is", "quoted", "like", "exists", ">=", "<=", ">", "<", "to"]

TEXT = "text"
DETAILS = "details."


@dataclass(frozen=True, slots=True)
class Term:
    """One field, and what must stand there, as it was written.

    ``field`` is a name of :data:`.fields.FIELDS` or ``details.<path>``.
    """

    field: str
    operator: Operator
    value: str = ""
    until: str = ""

    @property
    def path(self) -> str | None:
        """Where in the details it looks; ``None`` when it looks elsewhere."""
        return self.field.removeprefix(DETAILS) if self.field.startswith(DETAILS) else None


@dataclass(frozen=True, slots=True)
class Window:
    """A term of time, once it is known what time it is: epoch milliseconds, ``before`` exclusive."""

    after: int | None
    before: int | None


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more parts."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more parts."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """All that the part does not find, also where its field is empty."""

    part: Expression


Expression = Term | Window | And | Or | Not


def all_of(parts: Iterable[Expression]) -> Expression | None:
    """Return what finds all of *parts*; ``None``, which finds everything, if there are none."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, And) else (part,))]

    return And(tuple(flat)) if len(flat) > 1 else next(iter(flat), None)


def any_of(parts: Iterable[Expression]) -> Expression | None:
    """Return what finds any of *parts*; ``None`` if there are none."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, Or) else (part,))]

    return Or(tuple(flat)) if len(flat) > 1 else next(iter(flat), None)


def negated(part: Expression) -> Expression:
    """Return what finds all that *part* does not."""
    return part.part if isinstance(part, Not) else Not(part)


def mapped(expression: Expression, change: Callable[[Term], Expression]) -> Expression:
    """Return *expression* with what *change* makes of each term in its place."""
    match expression:
        case And(parts):
            return all_of(mapped(part, change) for part in parts) or expression
        case Or(parts):
            return any_of(mapped(part, change) for part in parts) or expression
        case Not(part):
            return negated(mapped(part, change))
        case Window():
            return expression
    return change(expression)


def conjuncts(expression: Expression | None) -> tuple[Expression, ...]:
    """Return the parts that must all be found."""
    if expression is None:
        return ()
    return expression.parts if isinstance(expression, And) else (expression,)


def terms(expression: Expression | None, *, positive: bool = True) -> Iterator[tuple[Term, bool]]:
    """Yield each term, and whether it says what is wanted and not what is left out."""
    match expression:
        case And(parts) | Or(parts):
            for part in parts:
                yield from terms(part, positive=positive)
        case Not(part):
            yield from terms(part, positive=not positive)
        case Term():
            yield expression, positive
