"""What the address asks of a page, cleaned; and the addresses of its neighbours. Pure.

The names of the filters are those of the API. What belongs to the page alone is kept
apart, so that the parser of filters never sees it.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from ...errors import QueryError
from ...store.language import exchanging
from ...store.language import excluding
from ...store.language import Expression
from ...store.language import parse_query
from ...store.language import printed
from ...store.language import replacing
from ...store.language import Term
from ...store.language.expression import all_of
from ...store.language.expression import conjuncts
from ...store.language.expression import DETAILS
from ...store.language.fields import FIELDS
from ...store.language.fields import TIMES
from ...store.language.values import is_path

Pairs = tuple[tuple[str, str], ...]


# Two inputs of the form that make one filter, since a form cannot name one as it is typed.
PATH, VALUE = "details_path", "details_value"
_OURS = ("realm", "cursor", "limit", "format", "zone", "columns", "tail", "since", "open")
# What is chosen by checking several boxes of one name, and stands in the address as `a,b`.
_LISTS = frozenset({"columns"})


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters as they were typed, without the empty ones, and the rest of the address.

    ``q`` among them is a query in the query language. What a click adds is added to that.
    ``open`` is the uid of the event that is open beside the results.
    """

    filters: Pairs
    realm: str | None = None
    cursor: str | None = None
    limit: str | None = None
    format: str | None = None
    zone: str | None = None
    columns: str | None = None
    tail: str | None = None
    since: str | None = None
    open: str | None = None

    def pairs(self) -> Pairs:
        """The parameters of this page's own address."""
        rest = [(name, getattr(self, name)) for name in _OURS]
        return self.filters + tuple((name, value) for name, value in rest if value)

    @property
    def expression(self) -> Expression | None:
        """What ``q`` says; ``None`` if there is none that can be read."""
        return read(next(iter(self.values("q")), ""))

    @property
    def is_ranged(self) -> bool:
        """Whether a time is asked for."""
        said = any(map(_is_time, conjuncts(self.expression)))
        return said or any(name in TIMES for name, _ in self.filters)

    def wants(self, name: str, value: str) -> bool:
        """Whether this value is asked for."""
        said = Term(name, "is", value) in conjuncts(self.expression)
        return said or (name, value) in self.filters

    def without(self, name: str, value: str) -> Asked:
        """The same page, first of its results, without one filter."""
        kept = self._first(tuple(pair for pair in self.filters if pair != (name, value)))
        term = Term(name, "is", value)
        said = term in conjuncts(kept.expression)
        return kept.asking(exchanging(kept.expression, term, None)) if said else kept

    def plus(self, name: str, value: str) -> Asked:
        """The same, with this value wanted in place of another of that name."""
        kept = tuple(pair for pair in self.filters if pair[0] != name)
        if not _can_say(name):
            return self._first((*kept, (name, value)))
        return self._first(kept).asking(replacing(self.expression, Term(name, "is", value)))

    def minus(self, name: str, value: str) -> Asked:
        """The same, with all left out that has this value."""
        kept = tuple(pair for pair in self.filters if pair != (name, value))
        return self._first(kept).asking(excluding(self.expression, Term(name, "is", value)))

    def asking(self, query: Expression | str | None) -> Asked:
        """The same, with another query, or one that is typed so and need not be readable."""
        text = query if isinstance(query, str) else "" if query is None else printed(query)
        kept = tuple(pair for pair in self.filters if pair[0] != "q")
        return self._first((*kept, *((("q", text),) if text else ())))

    def ranged(self, after: str | None, before: str | None) -> Asked:
        """The same, with another range of time."""
        said = conjuncts(self.expression)
        timeless = [part for part in said if not _is_time(part)]
        # What cannot be read stays as it was typed.
        asked = self.asking(all_of(timeless)) if len(timeless) < len(said) else self
        kept = tuple(pair for pair in asked.filters if pair[0] not in TIMES)
        ends = (("after", after), ("before", before))
        return self._first((*kept, *((name, value) for name, value in ends if value)))

    def at(self, cursor: str | None) -> Asked:
        """The same filters, at another page of results."""
        # What comes in stands above the first page alone.
        return replace(self, cursor=cursor, format=None, tail=None if cursor else self.tail)

    def turned(self, name: Literal["columns", "tail"], value: str | None) -> Asked:
        """The first page of the same, shown in another way."""
        first = self.at(None)
        return replace(first, columns=value) if name == "columns" else replace(first, tail=value)

    def _first(self, filters: Pairs) -> Asked:
        return replace(self, filters=filters, cursor=None, format=None)

    def values(self, name: str) -> list[str]:
        """The values given for a filter."""
        return [value for key, value in self.filters if key == name]


def _is_time(part: Expression) -> bool:
    return isinstance(part, Term) and part.field in TIMES


def _can_say(name: str) -> bool:
    """Whether the query language has this filter."""
    return name in FIELDS or (name.startswith(DETAILS) and is_path(name.removeprefix(DETAILS)))


@lru_cache(maxsize=64)
def read(text: str) -> Expression | None:
    """What a query says; ``None`` when it cannot be read.

    Each page reads its own for every link on it.
    """
    try:
        return parse_query(text)
    except QueryError:
        return None


def asked_of(sent: Iterable[tuple[str, str]], *, form: Collection[str] = ()) -> Asked:
    """Read the address's parameters, in their order.

    :param form: inputs that the form sends empty too. An empty parameter of any other
        name stays, so that it is refused and not forgotten.
    """
    pairs = [(name, value) for name, value in sent if value.strip() or name not in form]
    ours: dict[str, str] = {}
    for name, value in pairs:
        if name in _OURS:
            is_more = name in _LISTS and name in ours
            ours[name] = f"{ours[name]},{value}" if is_more else value
    if ours.get("zone") == "UTC":
        del ours["zone"]
    filters = [(name, value) for name, value in pairs if name not in _OURS]

    return Asked(tuple(_joined(filters)), **ours)


def _joined(filters: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Make the path and the value that were typed into one filter.

    One without the other stays, and is refused.
    """
    typed = dict(filters)
    if PATH not in typed or VALUE not in typed:
        return list(filters)
    rest = [pair for pair in filters if pair[0] not in {PATH, VALUE}]
    path = typed[PATH].strip().removeprefix("details.")

    return [*rest, (f"details.{path}", typed[VALUE])]
