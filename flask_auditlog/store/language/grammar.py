"""The grammar, and its parser. Imported at the first query: lark costs 90 ms."""

from __future__ import annotations

import re
from typing import Any

import lark

from ...errors import QueryError
from .expression import all_of
from .expression import any_of
from .expression import conjuncts
from .expression import Expression
from .expression import negated
from .expression import Term
from .expression import terms
from .reading import read_term
from .times import never

DEEPEST = 20
MOST_TERMS = 100

_GRAMMAR = r"""
    ?query: any
    ?any: all (_OR all)*
    ?all: one (_AND? one)*
    ?one: WORD | "(" any ")" | (_MINUS | _NOT) one -> no

    _OR.2: /OR(?![^\s()"])/
    _AND.2: /AND(?![^\s()"])/
    _NOT.2: /NOT(?![^\s()"])/
    _MINUS: /-(?=[^\s)])/
    WORD: /(?!-)(?:"(?:[^"\\]|\\.)*"|[^\s()"])+/s
    %ignore /\s+/
"""


class _Values(lark.Transformer[Any, Expression]):
    """Makes the values while the text is parsed, so that no depth of it is a depth of calls."""

    def WORD(self, word: lark.Token) -> Expression:  # noqa: N802 (the grammar's name for it)
        return read_term(str(word), (word.start_pos or 0) + 1)

    def all(self, parts: list[Expression]) -> Expression | None:
        return all_of(parts)

    def any(self, parts: list[Expression]) -> Expression | None:
        return any_of(parts)

    def no(self, parts: list[Expression]) -> Expression:
        return negated(parts[0])


_parser = lark.Lark(_GRAMMAR, start="query", parser="lalr", lexer="basic", transformer=_Values())
# What is opened and closed; a quote is one only where its text has no end.
_BOUND = re.compile(r'"(?:[^"\\]|\\.)*"|(["()])', re.DOTALL)


def read(text: str) -> Expression:
    """Return the value of *text*. :raises QueryError: with the column of what is wrong."""
    _check_bounds(text)
    try:
        expression: Any = _parser.parse(text)
    except lark.UnexpectedCharacters as error:
        # All is a word, but a minus before nothing.
        place: Any = error.pos_in_stream
        at = place + 1
        message = f"The minus at {at} excludes nothing. Write it before a term, or in quotes."
        raise _error(message, at) from error
    except lark.UnexpectedToken as error:
        raise _word(text, error.token) from error
    if sum(1 for _ in terms(expression)) > MOST_TERMS:
        raise QueryError(f"A query holds at most {MOST_TERMS} terms.", field="q")
    _check_times(expression)

    return expression  # type: ignore[no-any-return]  # what the transformer makes


def _check_times(expression: Expression) -> None:
    """Refuse bounds of the time that leave nothing between them."""
    bounds: dict[str, list[str]] = {"after": [], "before": []}
    for each in conjuncts(expression):
        if isinstance(each, Term) and each.field in bounds:
            bounds[each.field].append(each.value)
    if all(bounds.values()) and never(bounds["after"], bounds["before"]):
        message = "`after` must be earlier than `before`. Of one day, write `time:2026-11-01`."
        raise QueryError(message, field="q")


def _check_bounds(text: str) -> None:
    """Refuse what is not closed, here where it is known which one, and what is too deep."""
    opened: list[int] = []
    for each in _BOUND.finditer(text):
        at = each.start() + 1
        if each[1] == '"':
            raise _error(f"The quotes opened at {at} are not closed.", at)
        if each[1] == "(":
            opened.append(at)
        elif each[1] and not opened:
            raise _error(f"The parenthesis closed at {at} was not opened.", at)
        elif each[1]:
            opened.pop()
        if len(opened) > DEEPEST:
            raise _error(f"At {at}: parentheses go at most {DEEPEST} deep.", at)
    if opened:
        raise _error(f"The parenthesis opened at {opened[-1]} is not closed.", opened[-1])


def _word(text: str, token: lark.Token) -> QueryError:
    if token.type == "$END":
        at = len(text.rstrip()) + 1
        return _error(f"The query ends at {at}, where a term is missing.", at)
    at, width = (token.start_pos or 0) + 1, len(token)
    if token.type == "RPAR":
        return _error(f"A term is missing before the parenthesis closed at {at}.", at)
    message = f"`{token}` at {at} stands between two terms. As a text it needs quotes."
    return _error(message, at, width)


def _error(message: str, column: int, width: int = 1) -> QueryError:
    return QueryError(message, field="q", column=column, width=width)
