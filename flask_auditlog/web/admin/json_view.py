"""The stored bytes, indented and coloured. Pure: nothing but white space is added."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .display import visible

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+)')
_INDENT = "  "
# A list of plain values stands on one line up to this many characters.
_ONE_LINE = 240


@dataclass(frozen=True, slots=True)
class Token:
    """Some text: ``k`` a key, ``s`` a string, ``n`` another value, none for the rest."""

    kind: Literal["k", "s", "n", ""]
    text: str


def coloured(body: str) -> list[Token]:
    """The JSON *body* as tokens of an indented text, escaped where it cannot be seen."""
    words = _TOKEN.findall(body)
    tokens: list[Token] = []
    for token in _laid_out(words):
        if tokens and not token.kind and not tokens[-1].kind:
            tokens[-1] = Token("", tokens[-1].text + token.text)
        else:
            tokens.append(token)

    return tokens


def _laid_out(words: list[str]) -> Iterator[Token]:
    depth, flat_until = 0, -1
    for place, word in enumerate(words):
        after = words[place + 1] if place + 1 < len(words) else ""
        flat = place <= flat_until
        if word in {"{", "["}:
            flat_until = max(flat_until, _flat_end(words, place))
            empty = after in {"}", "]"}
            flat = place <= flat_until
            depth += 1
            yield Token("", word if flat or empty else word + _line(depth))
        elif word in {"}", "]"}:
            depth -= 1
            empty = words[place - 1] in {"{", "["}
            yield Token("", word if flat or empty else _line(depth) + word)
        elif word == ",":
            yield Token("", ", " if flat else "," + _line(depth))
        else:
            yield _plain(word, is_key=after == ":")


def _plain(word: str, *, is_key: bool) -> Token:
    if word == ":":
        return Token("", ": ")
    if word.startswith('"'):
        return Token("k" if is_key else "s", visible(word))
    return Token("n", word)


def _line(depth: int) -> str:
    return "\n" + _INDENT * depth


def _flat_end(words: list[str], start: int) -> int:
    """The end of the list that begins at *start*, if it is flat and short; else -1."""
    length = 0
    if words[start] != "[":
        return -1
    for place in range(start + 1, len(words)):
        word = words[place]
        length += len(word)
        if word == "]":
            return place
        if word in {"{", "["} or length > _ONE_LINE:
            return -1
    return -1
