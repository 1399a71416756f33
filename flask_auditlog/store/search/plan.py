"""Which index answers a search.

Three things that no planner knows here. There are few types, so a pattern is a short list
of them. What an actor or a network did may all be long ago: who reads from the newest on
until fifty are found reads nearly the whole log. And SQLite keeps no statistics unless it
is told to: it would read a million records in order of time to find ten, or sort a million
to show fifty. So we look how much a filter finds, up to a bound, and choose by how many
records are to be taken.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.visitors import replacement_traverse

from ..query import Query
from ..query import Scope
from ..sieve.sifting import sifted
from ..sieve.wanted import wanted
from ..tables import record
from .conditions import at_or_below
from .conditions import begins
from .conditions import by
from .conditions import Condition
from .conditions import EQUAL
from .conditions import in_network
from .conditions import matches
from .conditions import of_types
from .conditions import within
from .expressed import alternatives
from .settle import settled
from .steering import any_of
from .steering import covered
from .steering import hidden
from .where import check
from .where import where

# How many records a page has, as a rule.
PAGE = 50
# A log with more types than this has them made up by its callers: they are not listed.
TYPES = 500
# So many values that are joined by OR are each looked for in an index.
ALTERNATIVES = 20

# If so many of the newest records are found, a page of them is met soon from the newest on.
OFTEN, NEWEST = 4, 2_000

_ORDER = frozenset({"time", "position"})
_BY_TIME = frozenset({"realm"}) | _ORDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Needle:
    """A filter that an index finds; *ordered*, if in the order of the pages.

    What it finds is what any of the *conditions* finds.
    """

    columns: frozenset[str]
    conditions: Sequence[Condition]
    ordered: bool

    @property
    def positions(self) -> sa.CompoundSelect[Any]:
        """Where what it finds stands, in no order."""
        # Not OR, for which PostgreSQL first collects all that there is.
        return sa.union_all(*(sa.select(record.c.position).where(c) for c in self.conditions))


def plan(
    connection: sa.Connection,
    query: Query,
    scope: Scope,
    *,
    now: int | None = None,
    taking: int = PAGE,
) -> list[Condition]:
    """Return the conditions for *query* within *scope*, as this database answers them best.

    They mean what those of :func:`.where.where` mean, for the log as it is now.

    :param now: what ``-7d`` is counted from, in epoch milliseconds, if not from this moment.
    :param taking: how many of what is found will be taken, the newest first.
    :raises QueryError: as that does.
    """
    query = settled(query, moment() if now is None else now)
    check(query)
    if scope.organization_id is not None:
        return _within_own(where(query, scope))
    types = _types(connection, query.type)
    conditions = where(query, scope, types)
    needles = list(_needles(query, scope, types))
    ordered = [needle for needle in needles if needle.ordered]
    dialect, texts = connection.dialect.name, wanted(query)
    if not texts:
        if ordered and dialect != "sqlite":
            # Its statistics know best, but not when things happened.
            return conditions
        if ordered and len(needles) == 1:
            return _only(ordered[0].columns, conditions)
    found = _by_few(connection, needles, conditions, taking)
    if found is None and texts and not _is_frequent(connection, conditions):
        positions = sifted(connection, texts)
        found = _at(positions, conditions, dialect) if positions is not None else None
    if found is None and ordered and dialect != "sqlite":
        return conditions
    if found is None:
        found = _only(ordered[0].columns if ordered else _BY_TIME, conditions)

    return found


def moment() -> int:
    """Return the time as it is, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def _within_own(conditions: Sequence[Condition]) -> list[Condition]:
    """Let a reader of one organization be answered from that organization's records alone.

    Another index would be faster, and the time it takes would tell how often its value stands
    in the records of others.
    """
    return _only(_ORDER | {"organization_id"}, conditions, hide=covered)


def in_sequence(query: Query, scope: Scope) -> list[Condition]:
    """Return the conditions for whoever reads on from a position: no other index helps.

    A reader of one organization has an index of their own, for the sake of :func:`_within_own`.
    """
    conditions = where(settled(query, moment()), scope)
    if scope.organization_id is None:
        return _only({"position"}, conditions)

    return _only({"position", "organization_id"}, conditions, hide=covered)


def few(taking: int, log: int) -> int:
    """How many of *log* records are sorted as fast as *taking* of them are met in order of time.

    Of *n* every (log / n)-th record is one, so the newest of them are met among taking * log / n.
    That is as many as *n* where *n* is the root of taking * log.
    """
    return isqrt(taking * log)


def _by_few(
    connection: sa.Connection,
    needles: Sequence[Needle],
    conditions: Sequence[Condition],
    taking: int,
) -> list[Condition] | None:
    """Use the first filter that finds few; ``None`` if none does."""
    most = few(taking, _size(connection)) if needles else 0
    for needle in needles:
        some = needle.positions.limit(most + 1).subquery()
        if (connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0) > most:
            continue
        if needle.ordered:
            return _only(needle.columns, conditions)
        return _at(needle.positions, conditions, connection.dialect.name)

    return None


def _is_frequent(connection: sa.Connection, conditions: Sequence[Condition]) -> bool:
    """Whether some of the newest records are found: asked before all is looked through."""
    some = (
        sa.select(record.c.position)
        .where(record.c.position > _size(connection) - NEWEST, *_only({"position"}, conditions))
        .limit(OFTEN)
    )

    return len(connection.execute(some).all()) == OFTEN


def _size(connection: sa.Connection) -> int:
    """How many records the log has, but for those that were pruned."""
    return connection.scalar(sa.select(sa.func.max(record.c.position))) or 0


def _at(
    positions: sa.CompoundSelect[Any], conditions: Sequence[Condition], dialect: str
) -> list[Condition]:
    """Look at the records at *positions*, and at no others."""
    return [_among(positions, dialect), *_only({"position"}, conditions)]


def _needles(query: Query, scope: Scope, types: Sequence[str] | None) -> Iterator[Needle]:
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
            yield Needle(columns=_ORDER, conditions=found, ordered=False)
    if times:
        inside = sa.and_(record.c.realm == scope.realm, *times)
        yield Needle(columns=_BY_TIME, conditions=[inside], ordered=True)


def _ranges(query: Query) -> Iterator[Needle]:
    if query.ip is not None:
        one = query.ip.num_addresses == 1
        yield Needle(columns=_ORDER | {"ip"}, conditions=[in_network(query.ip)], ordered=one)
    if query.actor is not None:
        columns = _ORDER | {"user_id", "username"}
        yield Needle(columns=columns, conditions=by(query.actor), ordered=False)
    if query.resource is not None and not query.resource.startswith("*"):
        found = at_or_below(query.resource)
        yield Needle(columns=_ORDER | {"resource_path"}, conditions=found, ordered=False)


def _failed(query: Query, times: Sequence[Condition]) -> Iterator[Needle]:
    if query.error:
        failed = sa.and_(record.c.error.is_not(None), *times)
        yield Needle(columns=_ORDER | {"error"}, conditions=[failed], ordered=True)


def _equal(names: Sequence[str], query: Query, times: Sequence[Condition]) -> Iterator[Needle]:
    for name in names:
        value, column = getattr(query, name), EQUAL[name]
        if value is not None:
            found = sa.and_(column == value, *times)
            yield Needle(columns=_ORDER | {column.name}, conditions=[found], ordered=True)


def _typed(
    query: Query, types: Sequence[str] | None, times: Sequence[Condition]
) -> Iterator[Needle]:
    if query.type is None or (types is None and query.type.startswith("*")):
        return
    one = "*" not in query.type or (types is not None and len(types) == 1)
    found = sa.and_(of_types(query.type, types), *(times if one else ()))
    yield Needle(columns=_ORDER | {"type"}, conditions=[found], ordered=one)


def _types(connection: sa.Connection, pattern: str | None) -> list[str] | None:
    """Return the types in the log that *pattern* matches; ``None`` if it is no pattern.

    Each type is one step through the index. ``None`` also when there are too many.
    """
    if pattern is None or "*" not in pattern:
        return None
    least, prefix = sa.func.min(record.c.type), pattern.partition("*")[0]
    first = sa.select(least.label("type")).where(record.c.type >= prefix)
    names = first.cte("names", recursive=True)
    following = sa.select(least).where(record.c.type > names.c.type).scalar_subquery()
    names = names.union_all(sa.select(following).where(begins(names.c.type, prefix)))
    listed = sa.select(names.c.type, matches(names.c.type, pattern).label("fits"))
    rows = connection.execute(listed.where(names.c.type.is_not(None)).limit(TYPES + 1)).all()

    return [row.type for row in rows if row.fits] if len(rows) <= TYPES else None


def _among(positions: sa.CompoundSelect[Any], dialect: str) -> Condition:
    """Whether the record is at one of *positions*, which are looked for first."""
    if dialect == "sqlite":
        return record.c.position.in_(positions)
    # Not IN, which PostgreSQL may make a join of, in any order.
    return record.c.position == any_of(positions.scalar_subquery())


def _only(
    columns: Collection[str],
    conditions: Sequence[Condition],
    hide: Callable[[sa.Column[Any]], Any] = hidden,
) -> list[Condition]:
    """Return *conditions* so that only an index of these columns can answer them."""

    def replace(element: Any, **_: Any) -> Any:
        if isinstance(element, sa.Column) and element.name not in columns:
            return hide(element)
        return None

    return [replacement_traverse(condition, {}, replace) for condition in conditions]
