"""What to search for instead when nothing was found, each with the number it would find.

What was mistyped is held against the values of the newest records that the reader may see, and each
number is of their scope: nobody is told of others. All that takes long is left out, since the reader
is waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from difflib import get_close_matches

from ...errors import QueryError
from ...errors import QueryTimeout
from ...state import current
from ...store.language import exchanging
from ...store.language import Expression
from ...store.language import Term
from ...store.language.expression import any_of
from ...store.language.expression import conjuncts
from ...store.language.expression import Or
from ...store.language.printing import printed_value
from ...store.language.repairing import in_capitals
from ...store.query import Count
from ...store.query import Query
from ...store.query import Scope
from ..words import _
from . import zones
from .asked import Asked
from .asked import read
from .chips import Chip
from .chips import chips_of
from .searched import query_of

# Counting stops here.
MOST_COUNTED = 1000
# How many filters are tried without.
MOST_WITHOUT = 4
# The fields whose values are mistyped, not chosen. So many of the newest records are looked at for
# the values there are, so long at most, in seconds.
SPELT = ("type", "actor", "user", "username", "client", "org", "resource_type")
LOOKED_AT, VALUES, PATIENCE = 10_000, 500, 0.5
# How alike two names are, of 1, that one is taken for the other.
ALIKE = 0.75


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Another search: what it wants, in place of what, and why; or without which filter."""

    to: Asked
    text: str = ""
    instead: str = ""
    why: str = ""
    without: Chip | None = None


def suggestions(asked: Asked, scope: Scope) -> list[tuple[Suggestion, Count]]:
    """Return the searches near to this one that find something."""
    found = []
    for each in _tried(asked, scope):
        count = counted(each.to, scope)
        if count is None:
            # One that takes too long is told by none.
            break
        if count.value:
            found.append((each, count))

    return found


def counted(asked: Asked, scope: Scope) -> Count | None:
    """Return how many events a search would find; ``None`` if nobody can say that in time."""
    try:
        return current().store.count(query_of(asked), scope, at_most=MOST_COUNTED)
    except (QueryTimeout, QueryError):
        return None


def _tried(asked: Asked, scope: Scope) -> Iterator[Suggestion]:
    text = next(iter(asked.values("q")), "")
    raised = in_capitals(text)
    if raised is not None and read(raised) is not None:
        why = _("In capitals they join or exclude; in small letters they are words to be found.")
        yield Suggestion(asked.asking(raised), raised, text, why)
    yield from _spelt(asked, scope)
    chips = chips_of(asked, None, zones.here())
    if len(chips) > 1:
        # Without the only one, everything is left.
        yield from (Suggestion(chip.without, without=chip) for chip in chips[:MOST_WITHOUT])


def _spelt(asked: Asked, scope: Scope) -> Iterator[Suggestion]:
    """The same search with a value that there is in place of one that there is not."""
    named = [*_in_filters(asked), *_in_query(asked)]
    known = _known({term.field for term, _ in named}, scope) if named else {}
    for term, exchanged in named:
        meant = nearest(term.value, known.get(term.field, ()))
        if meant is not None:
            new = replace(term, value=meant)
            is_case = meant.lower() == term.value.lower()
            why = _("Upper and lower case count.") if is_case else _("What is in the log.")
            yield Suggestion(exchanged(new), _shown(new), _shown(term), why)


_Exchanged = Callable[[Term], Asked]


def _in_filters(asked: Asked) -> Iterator[tuple[Term, _Exchanged]]:
    for pair in asked.filters:
        name, value = pair
        if name in SPELT:

            def exchanged(new: Term, pair: tuple[str, str] = pair) -> Asked:
                filters = [(new.field, new.value) if it == pair else it for it in asked.filters]
                return replace(asked, filters=tuple(filters), cursor=None, format=None)

            yield Term(name, "like" if "*" in value else "is", value), exchanged


def _in_query(asked: Asked) -> Iterator[tuple[Term, _Exchanged]]:
    """The terms that are wanted, also as one of several. What is left out is not searched for."""
    for part in conjuncts(asked.expression):
        for each in part.parts if isinstance(part, Or) else (part,):
            if isinstance(each, Term) and each.field in SPELT and each.operator in {"is", "like"}:

                def exchanged(new: Term, part: Expression = part, old: Term = each) -> Asked:
                    instead = _within(part, old, new)
                    return asked.asking(exchanging(asked.expression, part, instead))

                yield each, exchanged


def _within(part: Expression, old: Term, new: Term) -> Expression | None:
    if isinstance(part, Or):
        return any_of(new if each == old else each for each in part.parts)

    return new


def _known(fields: Iterable[str], scope: Scope) -> dict[str, Sequence[str]]:
    """The values that there are of some fields, the most frequent first."""
    names = tuple(sorted(fields))
    try:
        found = current().store.figures.facets(
            Query(), scope, records=LOOKED_AT, top=VALUES, seconds=PATIENCE, names=names
        )
    except QueryTimeout:
        return {}

    return {name: [it.value for it in facet.values] for name, facet in found.fields.items()}


def nearest(value: str, known: Sequence[str]) -> str | None:
    """Return the one of *known* that *value* was rather meant to be; ``None`` if it is one, or none is.

    Of a pattern, only one that ends with a star: that which begins so.
    """
    begins = value.removesuffix("*")
    if "*" in begins:
        return None
    if begins == value:
        return _nearest(value, known)
    if any(each.startswith(begins) for each in known):
        return None
    for each in known:
        if each.lower().startswith(begins.lower()):
            return f"{each[: len(begins)]}*"
    families = [f"{each.partition('.')[0]}." for each in known if "." in each]
    meant = _nearest(begins, families) if begins.endswith(".") else None

    return None if meant is None else f"{meant}*"


def _nearest(value: str, known: Sequence[str]) -> str | None:
    if value in known:
        return None
    # Of two in the same letters, the more frequent.
    lowered = {each.lower(): each for each in reversed(known)}
    if (same := lowered.get(value.lower())) is not None:
        return same
    near = get_close_matches(value.lower(), lowered, n=1, cutoff=ALIKE)

    return lowered[near[0]] if near else None


def _shown(term: Term) -> str:
    return f"{term.field}:{printed_value(term)}"
