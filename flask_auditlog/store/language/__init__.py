"""The query language: text -> a value that prints back, and is compiled by the store. Pure.

``type:admin.* actor:alice -ip:10.0.0.0/8 (error:* OR details.amount:>=1000) "wire transfer"``
"""

from __future__ import annotations

import importlib

from ...errors import QueryError
from .editing import adding
from .editing import exchanging
from .editing import excluding
from .editing import removing
from .editing import replacing
from .expression import Expression
from .expression import Term
from .printing import printed

LONGEST = 2_000

__all__ = [
    "LONGEST",
    "Expression",
    "Term",
    "adding",
    "exchanging",
    "excluding",
    "parse_query",
    "printed",
    "removing",
    "replacing",
]


def parse_query(text: str) -> Expression:
    """Return what *text* says.

    :raises QueryError: when it cannot be read; with the ``column`` of what is wrong, and never
        with a value of it.
    """
    if len(text) > LONGEST:
        raise QueryError(f"A query is at most {LONGEST:,} characters long.", field="q")
    if not text.strip():
        raise QueryError("The query is empty. Leave it out.", field="q")
    for at, character in enumerate(text, 1):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            message = f"The character at {at} is one that no event holds."
            raise QueryError(message, field="q", column=at, width=1)
    grammar = importlib.import_module(f"{__package__}.grammar")

    return grammar.read(text)  # type: ignore[no-any-return]  # imported late
