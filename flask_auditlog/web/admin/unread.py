"""What of a search that cannot be read can be: the rest of its query and of its filters. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from ...store.language import Expression
from ...store.language.expression import terms
from ...store.language.fields import TIMES
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
    """Return the words of the query, each by itself, if some of them are what is wrong; else none."""
    wrong = fault.pointer.find("^")
    words = [
        Word(at, text, None if at <= wrong < at + len(text) else read(text))
        for at, text in loose_words(next(iter(asked.values("q")), "")) or ()
    ]
    if wrong < 0:
        # What has no place of its own is said of times: one ends before another begins.
        words = [replace(it, part=None) if _is_timed(it.part) else it for it in words]

    return words if any(it.part is None for it in words) else ()


def _is_timed(part: Expression | None) -> bool:
    return any(term.field in TIMES for term, _ in terms(part))


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
