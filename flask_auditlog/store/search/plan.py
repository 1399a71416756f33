"""Which index answers a search.

Three things that no planner knows here. There are few types, so a pattern is a short list
of them. What an actor or a network did may all be long ago: who reads from the newest on
until fifty are found reads nearly the whole log. (Of an actor the newest are read from two
indexes, in order.) And SQLite keeps no statistics unless it
is told to: it would read a million records in order of time to find ten, or sort a million
to show fifty. So we look how much a filter finds, up to a bound, and choose by how many
records are to be taken.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from math import isqrt
from typing import Any

import sqlalchemy as sa

from ..query import Query
from ..query import Scope
from ..sieve.sifting import sifted
from ..sieve.wanted import wanted
from ..tables import record
from .conditions import begins
from .conditions import Condition
from .conditions import matches
from .needles import Needle
from .needles import needles_of
from .settle import settled
from .steering import any_of
from .steering import apart
from .steering import BY_TIME
from .steering import only
from .steering import ORDER
from .where import check
from .where import where

# How many records a page has, as a rule.
PAGE = 50
# A log with more types than this has them made up by its callers: they are not listed.
TYPES = 500
# If so many of the newest records are found, a page of them is met soon from the newest on.
OFTEN, NEWEST = 4, 2_000
# To fetch a record from anywhere takes so many times as long as to step over one in order.
SCATTERED = 4


def plan(
    connection: sa.Connection,
    query: Query,
    scope: Scope,
    *,
    now: int | None = None,
    taking: int = PAGE,
    behind: Sequence[Condition] | None = None,
) -> list[Condition]:
    """Return the conditions for *query* within *scope*, as this database answers them best.

    They mean what those of :func:`.where.where` mean, for the log as it is now.

    :param now: what ``-7d`` is counted from, in epoch milliseconds, if not from this moment.
    :param taking: how many of what is found will be taken, the newest first.
    :param behind: where they stand, behind a cursor perhaps. If that is said, the conditions may
        find the newest of these alone.
    :raises QueryError: as that does.
    """
    query = settled(query, moment() if now is None else now)
    check(query)
    if scope.organization_id is not None:
        return _within_own(where(query, scope))
    types = _types(connection, query.type)
    conditions = where(query, scope, types)
    needles = list(needles_of(query, scope, types))
    ordered = [needle for needle in needles if needle.ordered]
    dialect, texts = connection.dialect.name, wanted(query)
    if not texts:
        if ordered and dialect != "sqlite":
            # Its statistics know best, but not when things happened.
            return conditions
        if ordered and len(needles) == 1:
            return only(ordered[0].columns, conditions)
    beside = _beside(query, scope, types, None if texts else behind)
    found = _by_few(connection, needles, conditions, taking, beside)
    if found is None and texts and not _is_frequent(connection, conditions, NEWEST):
        positions = sifted(connection, texts)
        found = _at(positions, conditions, dialect) if positions is not None else None
    if found is None and ordered and dialect != "sqlite":
        return conditions
    if found is None:
        found = only(ordered[0].columns if ordered else BY_TIME, conditions)

    return found


def moment() -> int:
    """Return the time as it is, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def _within_own(conditions: Sequence[Condition]) -> list[Condition]:
    """Let a reader of one organization be answered from that organization's records alone.

    Another index would be faster, and the time it takes would tell how often its value stands
    in the records of others.
    """
    return apart(ORDER | {"organization_id"}, conditions)


def in_sequence(query: Query, scope: Scope) -> list[Condition]:
    """Return the conditions for whoever reads on from a position: no other index helps.

    A reader of one organization has an index of their own, for the sake of :func:`_within_own`.
    """
    conditions = where(settled(query, moment()), scope)
    if scope.organization_id is None:
        return only({"position"}, conditions)

    return apart({"position", "organization_id"}, conditions)


def _beside(
    query: Query, scope: Scope, types: Sequence[str] | None, behind: Sequence[Condition] | None
) -> list[Condition] | None:
    """All conditions but the actor's, if the newest that meet them will do."""
    if query.actor is None or behind is None:
        return None

    return [*where(replace(query, actor=None), scope, types), *behind]


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
    beside: Sequence[Condition] | None,
) -> list[Condition] | None:
    """Use the first filter that finds few; ``None`` if none does.

    :param beside: see :func:`_beside`.
    """
    most = few(taking, _size(connection)) if needles else 0
    for needle in needles:
        if needle.merged and beside is not None:
            newest = needle.newest(taking, beside)
            return _at(newest, conditions, connection.dialect.name)
        some = needle.positions.limit(most + 1).subquery()
        count = connection.scalar(sa.select(sa.func.count()).select_from(some)) or 0
        if count > most or (count > most // SCATTERED and _is_met(connection, conditions, count)):
            continue
        if needle.ordered:
            return only(needle.columns, conditions)
        return _at(needle.positions, conditions, connection.dialect.name)

    return None


def _is_met(connection: sa.Connection, conditions: Sequence[Condition], count: int) -> bool:
    """Whether *count* records are found as often now as ever: and not all of them long ago."""
    return _is_frequent(connection, conditions, OFTEN * SCATTERED * _size(connection) // count)


def _is_frequent(connection: sa.Connection, conditions: Sequence[Condition], newest: int) -> bool:
    """Whether some of the *newest* records are found: asked before all is looked through."""
    some = (
        sa.select(record.c.position)
        .where(record.c.position > _size(connection) - newest, *only({"position"}, conditions))
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
    return [_among(positions, dialect), *only({"position"}, conditions)]


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
