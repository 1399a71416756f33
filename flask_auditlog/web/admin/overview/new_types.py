"""Types that were never seen before the range."""

from __future__ import annotations

from dataclasses import dataclass

from ....event import Family
from ....event import family
from ....state import current
from ....store.query import Query
from ....store.query import Scope
from ... import figures
from .patience import Patience
from .trends import Range

# So many types that began last in the range are looked at, and so many new ones are shown.
LOOKED_AT, SHOWN = 60, 6
# Those of the time before are known by one question, and only of the others is asked one by one.
REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class NewType:
    """A type, how many there are, and when the first was; ``None`` if not all were looked at."""

    name: str
    family: Family
    records: int
    first: int | None


@dataclass(frozen=True, slots=True)
class NewTypes:
    """The latest of them. ``is_all`` is whether there was time to look at all."""

    shown: tuple[NewType, ...]
    is_all: bool


def new_types(scope: Scope, span: Range, patience: Patience) -> NewTypes:
    """Return those of the range."""
    asked, query = current().store.figures, Query(after=span.after)
    found = patience.ask(
        lambda seconds: asked.spans(
            query,
            scope,
            records=figures.LOOKED_AT,
            top=LOOKED_AT,
            seconds=seconds,
            names=("type",),
        )
    )
    if found is None:
        return NewTypes((), is_all=False)
    new: list[NewType] = []
    known = _known(span.before, scope, figures.LOOKED_AT, patience) or frozenset()
    for each in found.fields["type"].values:
        # A star would be a pattern.
        if "*" in each.value or each.value in known:
            continue
        older = _known(Query(type=each.value, before=span.after), scope, 1, patience)
        if older is None:
            return NewTypes(tuple(new), is_all=False)
        if not older:
            first = each.first if found.complete else None
            new.append(NewType(each.value, family(each.value), each.records, first))
        if len(new) == SHOWN:
            break

    return NewTypes(tuple(new), is_all=True)


def _known(query: Query, scope: Scope, records: int, patience: Patience) -> frozenset[str] | None:
    """Types among so many of what *query* finds; ``None`` if nobody knows in time."""
    found = patience.ask(
        lambda seconds: current().store.figures.facets(
            query, scope, records=records, top=REMEMBERED, seconds=seconds, names=("type",)
        )
    )

    return None if found is None else frozenset(each.value for each in found.fields["type"].values)
