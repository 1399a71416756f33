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
from ..language.values import names_of
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
        yield from (*_written(value), _key(path))


def _of(part: Expression) -> list[Group]:
    match part:
        case Term():
            return [(_lowered(text),) for text in _said(part)]
        case Or(parts):
            texts = [_telling(each) if isinstance(each, Term) else b"" for each in parts]
            return [tuple(texts)]
    return []


def _telling(term: Term) -> bytes:
    """The most telling text where *term* is found, of those that are long enough."""
    texts = map(_lowered, _said(term))

    return next((text for text in texts if len(text) >= PIECE), b"")


def _said(term: Term) -> Iterator[str]:
    """The texts that stand in the body where *term* is found, the most telling first."""
    if term.field == TEXT:
        yield json_string(term.value)
    if term.path is None:
        return
    match term.operator:
        case "quoted":
            yield _quoted(term.value)
        case "is":
            yield from _written(term.value)
        case "like":
            plain = max(term.value.split("*"), key=len)
            if json_string(plain) == plain:
                yield plain
    yield _key(term.path)


def _written(value: str) -> Iterator[str]:
    """How *value* is written where it stands, beside its name or in a list, if in one way."""
    try:
        msgspec.json.decode(value)
    except msgspec.DecodeError:
        yield _quoted(value)


def _key(path: str) -> str:
    return f'"{names_of(path)[-1]}":'


def _quoted(value: str) -> str:
    return f'"{json_string(value)}"'


def _lowered(text: str) -> bytes:
    return text.encode().lower()
