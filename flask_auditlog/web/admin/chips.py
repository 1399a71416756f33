"""The filters that are set, as chips above the results. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from datetime import UTC

from ...store.language import exchanging
from ...store.language import Expression
from ...store.language import printed
from ...store.language import removing
from ...store.language import Term
from ...store.language.expression import conjuncts
from ...store.language.expression import Not
from ...store.language.expression import Or
from ...store.language.printing import printed_value
from ...store.language.times import is_counted
from ..words import _
from ..words import N_
from . import moments
from .asked import Asked
from .search_form import Fault
from .search_form import typed_time
from .unread import Word
from .unread import words_of

_WORDS = {"true": N_("failed"), "false": N_("not failed")}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set: its name, its value in words, and the page without it.

    ``excludes``, if it says what is left out; ``any``, if it is a group joined by OR.
    """

    name: str
    words: str
    without: Asked
    is_bad: bool = False
    excludes: bool = False
    any: tuple[Chip, ...] = ()


def chips_of(asked: Asked, fault: Fault | None = None, zone: tzinfo = UTC) -> list[Chip]:
    """The filters that are set, each with the page that is left when it is taken away."""
    bad = fault.name if fault else None
    words = words_of(asked, fault) if fault and bad == "q" else ()
    chips = [
        Chip(
            name=name,
            words=_in_words(name, value, zone),
            without=asked.without(name, value),
            is_bad=bad is not None and bad in {name, name.partition(".")[0]},
        )
        for name, value in asked.filters
        if name != "reads" and (name != "q" or (bad == "q" and not words))
    ]
    if bad == "q":
        return chips + _chips_of_words(asked, words)

    return chips + [_chip_of(asked, part) for part in conjuncts(asked.expression)]


def _chips_of_words(asked: Asked, words: Sequence[Word]) -> list[Chip]:
    """The words of a query that cannot be read, each by itself: one alone is what is wrong."""
    chips = []
    for word in words:
        without = asked.asking(" ".join(it.text for it in words if it is not word))
        bad = Chip(name="q", words=word.text, without=without, is_bad=True)
        chips.append(bad if word.part is None else _chip(word.part, without))

    return chips


def _chip_of(asked: Asked, part: Expression) -> Chip:
    """A part of the query in the query language."""
    without = asked.asking(exchanging(asked.expression, part, None))
    if not isinstance(part, Or):
        return _chip(part, without)
    each = (
        _chip(one, asked.asking(exchanging(asked.expression, part, removing(part, one))))
        for one in part.parts
    )

    return Chip(name="", words=printed(part), without=without, any=tuple(each))


def _chip(part: Expression, without: Asked) -> Chip:
    excludes = isinstance(part, Not)
    inner = part.part if isinstance(part, Not) else part
    if not isinstance(inner, Term):
        return Chip(name="not" if excludes else "", words=printed(inner), without=without)
    name = f"not {inner.field}" if excludes else inner.field

    return Chip(name=name, words=printed_value(inner), without=without, excludes=excludes)


def _in_words(name: str, value: str, zone: tzinfo) -> str:
    if name == "error":
        return _(_WORDS[value]) if value in _WORDS else value
    if name not in {"after", "before"} or is_counted(value):
        return value
    time = typed_time(value, zone)

    return value if time is None else moments.brief(time, zone=zone)
