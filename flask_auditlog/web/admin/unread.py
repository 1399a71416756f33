"""What of a search that cannot be read can be: the rest of its query and of its filters. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from ...store.language import Expression
from ...store.language.repairing import loose_words
from .asked import Asked
from .asked import PATH
from .asked import read
from .asked import VALUE
from .search_form import Fault

_HALVES = frozenset({PATH, VALUE})


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a query, where it begins, and what it says; ``None`` if it cannot be read."""

    at: int
    text: str
    part: Expression | None


def words_of(asked: Asked, fault: Fault) -> Sequence[Word]:
    """Return the words of the query, each by itself, if one of them is what is wrong; else none."""
    words = loose_words(next(iter(asked.values("q")), "")) or []
    wrong = fault.pointer.find("^")
    if not any(at <= wrong < at + len(word) for at, word in words):
        return ()

    return [
        Word(at, word, None if at <= wrong < at + len(word) else read(word)) for at, word in words
    ]


def rest_of(asked: Asked, fault: Fault) -> Asked | None:
    """Return the first page of what is left without that which is wrong.

    ``None`` where that is all: what says nothing would find everything.
    """
    rest = _without(asked, fault)
    is_less = len(rest.filters) < len(asked.filters) or rest.values("q") != asked.values("q")

    return rest if is_less and any(name != "reads" for name, _ in rest.filters) else None


def _without(asked: Asked, fault: Fault) -> Asked:
    asked = replace(asked.at(None), tail=None)
    if fault.name == "q":
        return asked.asking(" ".join(it.text for it in words_of(asked, fault) if it.part))
    # A path without its value, or the other way around, are one filter.
    wrong = _HALVES if fault.name in _HALVES else {fault.name}
    kept = (pair for pair in asked.filters if not wrong & {pair[0], pair[0].partition(".")[0]})

    return replace(asked, filters=tuple(kept))


def as_text(asked: Asked) -> str:
    """Return the filters as one line, to be read by people."""
    plain = (f"{name}:{value}" for name, value in asked.filters if name not in {"q", "reads"})

    return " ".join([*plain, *asked.values("q")])
