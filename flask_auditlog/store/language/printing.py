"""A query -> the text it is written as, one for each. Pure."""

from __future__ import annotations

import re

from ...errors import QueryError
from .expression import And
from .expression import DETAILS
from .expression import Expression
from .expression import Not
from .expression import Or
from .expression import Term
from .expression import TEXT
from .expression import Window
from .reading import read_term
from .values import names_of

# What ends a word, and what the grammar takes for one.
_SPECIAL = re.compile(r'[\s()"]')
_BARE = re.compile(r'(?!-)[^\s()"]+')
_WORDS = frozenset({"AND", "OR", "NOT"})
# A name in a path of details that needs no quotes.
_PLAIN = re.compile(r'[^\s():".]+')


def printed(expression: Expression) -> str:
    """Return the text that :func:`.parse_query` reads as *expression*.

    :raises ValueError: for a :class:`Window`, which nobody writes.
    """
    match expression:
        case And(parts):
            return " ".join(map(_inside, parts))
        case Or(parts):
            return " OR ".join(map(_inside, parts))
        case Not(part):
            return f"-{_inside(part)}"
        case Window():
            raise ValueError("A window of time has no text of its own.")
    return _text(expression) if expression.field == TEXT else _term(expression)


def _inside(part: Expression) -> str:
    text = printed(part)

    return f"({text})" if isinstance(part, (And, Or)) else text


def _text(term: Term) -> str:
    bare = _BARE.fullmatch(term.value) and term.value not in _WORDS

    return term.value if bare and _is_read(term.value, term) else quoted(term.value)


def _term(term: Term) -> str:
    return f"{_name(term)}:{printed_value(term)}"


def printed_value(term: Term) -> str:
    """Return what stands behind the colon."""
    match term.operator:
        case "exists":
            return "*"
        case "like":
            return "*".join(map(_piece, term.value.split("*")))
        case "to":
            return _piece(f"{term.value}..{term.until}")
        case "is" | "quoted":
            alone = _piece(term.value)
            return alone if _is_read(f"{_name(term)}:{alone}", term) else quoted(term.value)
    return _piece(f"{term.operator}{term.value}")


def quoted(value: str) -> str:
    """Return *value* in quotes, where nothing in it is special."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')

    return f'"{escaped}"'


def _piece(value: str) -> str:
    return value if not _SPECIAL.search(value) else quoted(value)


def _name(term: Term) -> str:
    if term.path is None:
        return term.field
    names = (name if _PLAIN.fullmatch(name) else f'"{name}"' for name in names_of(term.path))

    return DETAILS + ".".join(names)


def _is_read(text: str, term: Term) -> bool:
    try:
        return read_term(text) == term
    except QueryError:
        return False
