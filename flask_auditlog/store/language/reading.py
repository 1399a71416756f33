"""The text of one term -> the term. Pure."""

from __future__ import annotations

import re
from decimal import Decimal
from difflib import get_close_matches

from ...errors import QueryError
from .expression import DETAILS
from .expression import Expression
from .expression import Not
from .expression import Operator
from .expression import Term
from .expression import TEXT
from .fields import COMPARED
from .fields import field_of
from .fields import FIELDS
from .fields import TIMES
from .meant import called
from .meant import near
from .times import never
from .values import is_number
from .values import path_of
from .values import pattern

# Only a path of details may have quotes, for names that hold a colon or a space.
_NAMED = re.compile(r'([A-Za-z_][\w-]*(?:\.(?:"[^"\\]*"|[^:"])*)?):(.*)', re.ASCII | re.DOTALL)
_LETTERS = re.compile(r"[\w.-]{1,40}", re.ASCII)
_PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"|([^"]+)', re.DOTALL)
# The longer ones first.
_SIGNS: tuple[Operator, ...] = (">=", "<=", ">", "<")
# What JSON has beside text. In quotes, it is a text.
_TYPED = frozenset({"true", "false", "null"})


def read_term(text: str, at: int = 1) -> Expression:
    """Return the term that *text* is, as it stands in a query: without spaces but in quotes.

    :param at: the column of its first character.
    :raises QueryError: with the column of what is wrong.
    """
    named = _NAMED.fullmatch(text)
    if named is None:
        return _read(TEXT, text, at)
    name, value = named[1], named[2]
    field = _field(name, value, at)
    if not value:
        message = f"`{_shown(field)}` at {at} has no value. For any value write `*`."
        raise QueryError(message, field="q", column=at, width=len(name) + 1)

    return _read(field, value, at + len(name) + 1)


def _read(field: str, value: str, at: int) -> Expression:
    # As the parameter of the same name says it.
    if field == "error" and value == "false":
        return Not(Term(field, "exists"))
    try:
        term = _said(field, value)
        _check(term)
    except ValueError as error:
        message = f"`{_shown(field)}` at {at} {error}."
        raise QueryError(message, field="q", column=at, width=len(value)) from error

    return term


def _check(term: Term) -> None:
    field = field_of(term.field)
    if term.operator in COMPARED and term.operator not in field.operators:
        raise ValueError("is not compared: only `time` and details are. Put a text in quotes")
    if term.operator == "like" and "like" not in field.operators:
        # Its check has the better words, where it has some.
        field.check(term.value)
        raise ValueError("takes no stars in a text")
    if term.operator == "exists" and "exists" not in field.operators:
        raise ValueError("is always there")
    if term.operator == "like":
        pattern(term.value)
    elif term.operator == "to":
        _check_range(term)
    elif term.operator in COMPARED and term.path is not None:
        _number(term.value)
    elif term.operator != "exists":
        field.check(term.value)


def _check_range(term: Term) -> None:
    """Refuse a range that nothing lies in. The ends of one in details are numbers already."""
    if term.path is not None:
        if Decimal(term.value) > Decimal(term.until):
            raise ValueError("ends before it begins. Write the smaller number first")
    elif never([term.value], [term.until], inclusive=True):
        raise ValueError("ends before it begins. Write the earlier time first")


def _number(value: str) -> None:
    if not is_number(value):
        raise ValueError("is compared with a number, such as 12.5")


def _is_typed(value: str) -> bool:
    """Whether a value of details, in quotes, is another than without."""
    return value in _TYPED or is_number(value)


def _unquoted(value: str) -> str:
    """Return what the pieces of *value* say together, with and without quotes."""
    return "".join(_plain(piece) for piece in _PIECE.finditer(value))


def _plain(piece: re.Match[str]) -> str:
    return piece[2] if piece[1] is None else re.sub(r"\\(.)", r"\1", piece[1], flags=re.DOTALL)


def _field(name: str, value: str, at: int) -> str:
    """The field of this name, before *value*."""
    if name.startswith(DETAILS):
        if (path := path_of(name)) is not None:
            return DETAILS + path
        message = f"At {at}: a path of details is names joined by dots, as in details.plan.name."
        raise QueryError(message, field="q", column=at, width=len(name))
    if name in FIELDS:
        return name
    instead = None if value.startswith("//") else (called(name) or near(name))
    if value.startswith("//"):
        hint = 'text with a colon needs quotes, as in "https://acme.test".'
    elif name == "reads":
        hint = "`reads` is no part of the query, but a parameter beside it."
    elif not called(name) and get_close_matches(name.partition(".")[0], ["details"]):
        hint = "did you mean `details.<path>`?"
    elif instead:
        hint = f"did you mean `{instead}`?"
    else:
        hint = f"known are {', '.join(FIELDS)} and details.<path>. Text with a colon needs quotes."
    message = f"Unknown field `{_begun(name)}` at {at}: {hint}"
    raise QueryError(message, field="q", column=at, width=len(name), meant=instead)


def _begun(name: str) -> str:
    """How a name begins that somebody made up: what is no letter of one is for no message."""
    begun = _LETTERS.match(name)
    shown = begun[0] if begun else ""

    return shown if shown == name else f"{shown}…"


def _shown(field: str) -> str:
    return f"{DETAILS}…" if field.startswith(DETAILS) else field


def _said(field: str, value: str) -> Term:
    """What is said of a field. Nothing in quotes is special."""
    pieces = list(_PIECE.finditer(value))
    whole = _unquoted(value)
    if field == TEXT:
        return Term(field, "is", whole)
    if any("*" in (piece[2] or "") for piece in pieces):
        if any("*" in (piece[1] or "") for piece in pieces):
            raise ValueError("has a star in quotes beside one that stands for any text")
        return Term(field, "like", whole) if whole.strip("*") else Term(field, "exists")
    if '"' not in value or field in TIMES:
        return _bare(field, whole)
    is_text = field.startswith(DETAILS) and _is_typed(whole)

    return Term(field, "quoted" if is_text else "is", whole)


def _bare(field: str, value: str) -> Term:
    # As the parameter of the same name says it.
    if field == "error" and value == "true":
        return Term(field, "exists")
    for operator in _SIGNS:
        if value.startswith(operator):
            return Term(field, operator, value.removeprefix(operator))
    if ".." in value and (field in TIMES or field.startswith(DETAILS)):
        return _range(field, *value.split("..", 1))

    return Term(field, "is", value)


def _range(field: str, low: str, high: str) -> Term:
    """What lies between two ends, one of which may be open."""
    if field in TIMES and field != "time":
        raise ValueError("is one time. A range is written as time:2026-11-01..2026-11-07")
    # A text that was meant would find nothing, and a range nothing of what was meant.
    numbers = all(is_number(end) for end in (low, high) if end) and (low or high)
    if field.startswith(DETAILS) and not numbers:
        raise ValueError("has a range of what is no number. Write 10..20, or a text in quotes")
    if low and high:
        return Term(field, "to", low, high)

    return Term(field, ">=", low) if low else Term(field, "<=", high)
