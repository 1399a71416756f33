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

Pairs = tuple[tuple[str, str], ...]

# Two inputs of the form that make one filter, since a form cannot name one as it is typed.
PATH, VALUE = "details_path", "details_value"
_OURS = ("realm", "cursor", "limit", "format")


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters as they were typed, without the empty ones, and the rest of the address."""

    filters: Pairs
    realm: str | None = None
    cursor: str | None = None
    limit: str | None = None
    format: str | None = None

    def pairs(self) -> Pairs:
        """The parameters of this page's own address."""
        rest = [(name, getattr(self, name)) for name in _OURS]
        return self.filters + tuple((name, value) for name, value in rest if value)

    def without(self, name: str, value: str) -> Asked:
        """The same page, first of its results, without one filter."""
        return self._first(tuple(pair for pair in self.filters if pair != (name, value)))

    def plus(self, name: str, value: str) -> Asked:
        """The same, with a filter put in place of the one of this name."""
        kept = tuple(pair for pair in self.filters if pair[0] != name)
        return self._first((*kept, (name, value)))

    def ranged(self, after: str | None, before: str | None) -> Asked:
        """The same, with another range of time."""
        kept = tuple(pair for pair in self.filters if pair[0] not in {"after", "before"})
        ends = (("after", after), ("before", before))
        return self._first((*kept, *((name, value) for name, value in ends if value)))

    def at(self, cursor: str | None) -> Asked:
        """The same filters, at another page of results."""
        return replace(self, cursor=cursor, format=None)

    def _first(self, filters: Pairs) -> Asked:
        return replace(self, filters=filters, cursor=None, format=None)

    def values(self, name: str) -> list[str]:
        """The values given for a filter."""
        return [value for key, value in self.filters if key == name]


def asked_of(sent: Iterable[tuple[str, str]], *, form: Collection[str] = ()) -> Asked:
    """Read the address's parameters, in their order.

    :param form: inputs that the form sends empty too. An empty parameter of any other
        name stays, so that it is refused and not forgotten.
    """
    pairs = [(name, value) for name, value in sent if value.strip() or name not in form]
    ours = {name: value for name, value in pairs if name in _OURS}
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
