"""What must stand in the body of whatever a query finds. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ..language.expression import conjuncts
from ..language.expression import Expression
from ..language.expression import Or
from ..language.expression import Term
from ..language.expression import TEXT
from ..language.values import json_string
from ..query import Query
from .marks import PIECE

# At least one of these stands in the body, with ASCII letters in lower case.
Group = tuple[bytes, ...]


def wanted(query: Query) -> list[Group]:
    """Return the groups of texts of which each must be there. What is too short is none.

    :param query: as :func:`.settle.settled` returns it.
    """
    groups: list[Group] = [(_lowered(text),) for text in _plainly(query)]
    for part in conjuncts(query.more):
        groups += _of(part)

    return [group for group in groups if all(len(text) >= PIECE for text in group)]


def _plainly(query: Query) -> Iterator[str]:
    if query.text is not None:
        yield json_string(query.text)
    for path, value in query.details:
        yield from _valued(path, value)


def _of(part: Expression) -> list[Group]:
    match part:
        case Term():
            return [(_lowered(text),) for text in _said(part)]
        case Or(parts):
            # Of each the longest, which is the rarest as a rule.
            texts = [
                max(_said(each), key=len, default="") if isinstance(each, Term) else ""
                for each in parts
            ]
            return [tuple(map(_lowered, texts))]
    return []


def _said(term: Term) -> Iterator[str]:
    """The texts that stand in the body where *term* is found."""
    if term.field == TEXT:
        yield json_string(term.value)
    if term.path is None:
        return
    match term.operator:
        case "quoted":
            yield f"{_key(term.path)}{_quoted(term.value)}"
        case "is":
            yield from _valued(term.path, term.value)
        case "like":
            yield _key(term.path)
            plain = max(term.value.split("*"), key=len)
            if json_string(plain) == plain:
                yield plain
        case _:
            yield _key(term.path)


def _valued(path: str, value: str) -> Iterator[str]:
    """The texts that stand where *value* is at *path*: a text, or as JSON writes it."""
    try:
        msgspec.json.decode(value)
    except msgspec.DecodeError:
        yield f"{_key(path)}{_quoted(value)}"
    else:
        # A number may be written in another way.
        yield _key(path)


def _key(path: str) -> str:
    return f'"{path.rpartition(".")[2]}":'


def _quoted(value: str) -> str:
    return f'"{json_string(value)}"'


def _lowered(text: str) -> bytes:
    return text.encode().lower()
