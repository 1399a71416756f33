"""The filters of a search that an index finds."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..query import Query
from ..query import Scope
from ..tables import record
from .conditions import at_or_below
from .conditions import by
from .conditions import Condition
from .conditions import EQUAL
from .conditions import in_network
from .conditions import of_types
from .conditions import within
from .expressed import alternatives
from .steering import BY_TIME
from .steering import NEWEST_FIRST
from .steering import only
from .steering import ORDER

# So many values that are joined by OR are each looked for in an index.
ALTERNATIVES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Needle:
    """A filter that an index finds; *ordered*, if in the order of the pages.

    What it finds is what any of the *conditions* finds. *merged*, if each finds in that order.
    """

    columns: frozenset[str]
    conditions: Sequence[Condition]
    ordered: bool
    merged: bool = False

    @property
    def positions(self) -> sa.CompoundSelect[Any]:
        """Where what it finds stands, in no order."""
        # Not OR, for which PostgreSQL first collects all that there is.
        return sa.union_all(*(sa.select(record.c.position).where(c) for c in self.conditions))

    def newest(self, number: int, others: Sequence[Condition]) -> sa.CompoundSelect[Any]:
        """Where the newest of each condition stand, that meet the *others*: the newest of what
        any of them finds are among these.
        """
        parts = (
            sa.select(record.c.position)
            .where(condition, *only(ORDER, others))
            .order_by(*NEWEST_FIRST)
            .limit(number)
            .subquery()
            for condition in self.conditions
        )

        return sa.union_all(*(sa.select(part.c.position) for part in parts))


def needles_of(query: Query, scope: Scope, types: Sequence[str] | None) -> Iterator[Needle]:
    """The filters that have an index, the most telling first."""
    times = within(query.after, query.before)
    yield from _equal(("request", "session"), query, times)
    yield from _ranges(query)
    yield from _equal(("user", "username"), query, times)
    yield from _failed(query, times)
    yield from _equal(("org", "resource_type", "client"), query, times)
    yield from _typed(query, types, times)
    for found in alternatives(query.more):
        # Each is looked for by itself: of very many that takes longer than it saves.
        if len(found) <= ALTERNATIVES:
            yield Needle(columns=ORDER, conditions=found, ordered=False)
    if times:
        inside = sa.and_(record.c.realm == scope.realm, *times)
        yield Needle(columns=BY_TIME, conditions=[inside], ordered=True)


def _ranges(query: Query) -> Iterator[Needle]:
    if query.ip is not None:
        one = query.ip.num_addresses == 1
        yield Needle(columns=ORDER | {"ip"}, conditions=[in_network(query.ip)], ordered=one)
    if query.actor is not None:
        columns = ORDER | {"user_id", "username"}
        yield Needle(columns=columns, conditions=by(query.actor), ordered=False, merged=True)
    if query.resource is not None and not query.resource.startswith("*"):
        found = at_or_below(query.resource)
        yield Needle(columns=ORDER | {"resource_path"}, conditions=found, ordered=False)


def _failed(query: Query, times: Sequence[Condition]) -> Iterator[Needle]:
    if query.error:
        failed = sa.and_(record.c.error.is_not(None), *times)
        yield Needle(columns=ORDER | {"error"}, conditions=[failed], ordered=True)


def _equal(names: Sequence[str], query: Query, times: Sequence[Condition]) -> Iterator[Needle]:
    for name in names:
        value, column = getattr(query, name), EQUAL[name]
        if value is not None:
            found = sa.and_(column == value, *times)
            yield Needle(columns=ORDER | {column.name}, conditions=[found], ordered=True)


def _typed(
    query: Query, types: Sequence[str] | None, times: Sequence[Condition]
) -> Iterator[Needle]:
    if query.type is None or (types is None and query.type.startswith("*")):
        return
    one = "*" not in query.type or (types is not None and len(types) == 1)
    found = sa.and_(of_types(query.type, types), *(times if one else ()))
    yield Needle(columns=ORDER | {"type"}, conditions=[found], ordered=one)
