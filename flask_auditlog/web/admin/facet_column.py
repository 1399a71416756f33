"""The frequent values beside the results, each a link that searches for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...store import Facets
from ..args import LONGEST_VALUE
from ..words import _
from ..words import N_
from .asked import Asked

# So many values of a facet are seen before it is unfolded.
SHOWN = 5

TITLES: Mapping[str, str] = {
    "type": N_("Type"),
    "actor": N_("Actor"),
    "resource_type": N_("Resource type"),
    "org": N_("Organization"),
    "client": N_("Client"),
    "ip": N_("IP"),
    "error": N_("Error"),
}
# The others are folded until one of their values is asked for.
_OPEN = frozenset({"type", "actor", "resource_type"})


@dataclass(frozen=True, slots=True)
class Value:
    """A value, how many have it, in per cent of the most frequent, and the page with it alone.

    Or, where ``is_set``, the page without it. ``without`` is the page of all others. No pages,
    where no filter can say the value.
    """

    text: str
    number: int
    share: float
    to: Asked | None
    without: Asked | None
    is_set: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of one filter, the first ones and the rest, and how many there are in all.

    ``rarer`` is how many are not among them. ``is_of_all`` where they are of all that was found.
    """

    name: str
    title: str
    distinct: int
    values: tuple[Value, ...]
    rest: tuple[Value, ...]
    rarer: int
    is_open: bool
    is_of_all: bool


def facets_of(found: Facets, asked: Asked) -> list[Facet]:
    """Return the facets that have values, in the order of the column."""
    return [
        _facet(name, _(title), found, asked)
        for name, title in TITLES.items()
        if name in found.fields and found.fields[name].values
    ]


def _facet(name: str, title: str, found: Facets, asked: Asked) -> Facet:
    facet = found.fields[name]
    most = facet.values[0].records
    values = tuple(
        Value(
            text=each.value,
            number=each.records,
            share=round(100 * each.records / most, 1),
            to=_toggled(asked, name, each.value) if can_say(each.value) else None,
            without=asked.minus(name, each.value) if can_say(each.value) else None,
            is_set=asked.wants(name, each.value),
        )
        for each in facet.values
    )

    return Facet(
        name=name,
        title=title,
        distinct=facet.distinct,
        values=values[:SHOWN],
        rest=values[SHOWN:],
        rarer=facet.distinct - len(values),
        is_open=name in _OPEN or any(value.is_set for value in values),
        is_of_all=facet.complete,
    )


def can_say(value: str) -> bool:
    """Whether a filter can ask for *value*."""
    return bool(value.strip()) and len(value) <= LONGEST_VALUE


def _toggled(asked: Asked, name: str, value: str) -> Asked:
    return asked.without(name, value) if asked.wants(name, value) else asked.plus(name, value)
