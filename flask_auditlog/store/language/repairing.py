"""What was rather meant by the text of a query: its words, each by itself, and joins in capitals. Pure."""

from __future__ import annotations

import re

# As in the grammar: a word goes on behind a text in quotes.
_WORD = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^\s()"])+', re.DOTALL)
_JOINS = frozenset({"AND", "OR", "NOT"})


def in_capitals(text: str) -> str | None:
    """Return *text* with ``and``, ``or`` and ``not`` in capitals; ``None`` where there is none to change.

    In small letters they are words to be found. Whether the text can be read then is not looked at.
    """
    raised = _WORD.sub(lambda found: _raised(found[0]), text)

    return None if raised == text else raised


def loose_words(text: str) -> list[tuple[int, str]] | None:
    """Return the words of *text*, each with the place of its first character, counted from 0.

    ``None`` where they hold together: by parentheses, joins, or quotes that are not closed.
    """
    words = [(found.start(), found[0]) for found in _WORD.finditer(text)]
    is_loose = not _WORD.sub("", text).strip() and not any(word in _JOINS for _, word in words)

    return words if is_loose else None


def _raised(word: str) -> str:
    return word.upper() if word.upper() in _JOINS else word
