"""The word of a query that somebody is just writing: what a completion goes on with. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

# A text in quotes, which may not have ended yet, is one of them.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"?|(?P<ends>[\s()])|(?P<colon>:)|.', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Where the word begins, the field before its colon if there is one, and what is behind it.

    ``value`` is without its quotes.
    """

    start: int
    field: str | None
    value: str


def unfinished(text: str) -> Unfinished:
    """Return the last word of *text*, without the ``-`` before it."""
    start, colon = 0, None
    for token in _TOKENS.finditer(text):
        if token["ends"]:
            start, colon = token.end(), None
        elif token["colon"] and colon is None:
            colon = token.start()
    if text[start : start + 1] == "-":
        start += 1
    if colon is None:
        return Unfinished(start, None, _plain(text[start:]))

    return Unfinished(start, text[start:colon], _plain(text[colon + 1 :]))


def _plain(value: str) -> str:
    if not value.startswith('"'):
        return value
    inner = value[1:].removesuffix('"')
    return inner.replace('\\"', '"').replace("\\\\", "\\")
