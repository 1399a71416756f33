"""What was asked and what may be seen -> conditions. Pure; only parameters reach SQL."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network
from ipaddress import IPv6Network
from typing import Any

import sqlalchemy as sa

from ..errors import QueryError
from ..event import OWN_PREFIXES
from ..event import OWN_TYPES
from .address import bounds
from .functions import contains
from .functions import holds
from .functions import json_string
from .functions import json_text
from .functions import like
from .query import Query
from .query import Scope
from .tables import record

Condition = sa.ColumnElement[bool]

# The longest value of a filter, in bytes of UTF-8. SQLite takes patterns of 50,000 bytes,
# and one byte becomes six where it has to be escaped.
LONGEST = 8_000


def where(query: Query, scope: Scope, types: Sequence[str] | None = None) -> list[Condition]:
    """Return the conditions for *query* within *scope*. The scope always comes first.

    :param types: all types that the query's ``type`` matches, if known.
    :raises QueryError: for a value that no event can hold, and the databases refuse.
    """
    check(query)

    return [*_within(scope), *_asked(query, types)]


def check(query: Query) -> None:
    """Raise :class:`QueryError` for a value that no event can hold, and the databases refuse."""
    values = [(name, getattr(query, name)) for name in query.__dataclass_fields__]
    for name, value in [*values, *(("details", text) for _, text in query.details)]:
        if isinstance(value, str):
            _check_text(name, value)
        if type(value) is int and not -(2**63) <= value < 2**63:
            raise QueryError(f"`{name}` is not a time in milliseconds.", field=name)


def _check_text(name: str, text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        size = -1
    if size < 0 or "\0" in text:
        raise QueryError(f"`{name}` holds a character that no event holds.", field=name)
    if size > LONGEST:
        raise QueryError(f"`{name}` is longer than {LONGEST:,} bytes.", field=name)


def _within(scope: Scope) -> list[Condition]:
    conditions = [record.c.realm == scope.realm]
    if scope.organization_id is not None:
        conditions.append(record.c.organization_id == scope.organization_id)

    return conditions


EQUAL = {
    "user": record.c.user_id,
    "username": record.c.username,
    "client": record.c.client_id,
    "session": record.c.session_id,
    "org": record.c.organization_id,
    "resource_type": record.c.resource_type,
    "operation": record.c.operation,
    "request": record.c.request_id,
}


def _asked(query: Query, types: Sequence[str] | None) -> list[Condition]:
    conditions = [
        column == value
        for name, column in EQUAL.items()
        if (value := getattr(query, name)) is not None
    ]
    conditions += _what(query, types)
    conditions += when(query)
    if query.ip is not None:
        conditions.append(in_network(query.ip))
    conditions += [_at_path(path, value) for path, value in query.details]
    if query.text is not None:
        conditions.append(contains(record.c.body, query.text))

    return conditions


def _what(query: Query, types: Sequence[str] | None) -> list[Condition]:
    conditions = []
    if query.type is not None:
        conditions.append(of_types(query.type, types))
    if not query.reads and not (query.type or "").startswith(OWN_PREFIXES):
        conditions.append(
            sa.not_(sa.and_(record.c.type.in_(OWN_TYPES), record.c.source == "system"))
        )
    if query.actor is not None:
        conditions.append(sa.or_(*by(query.actor)))
    if query.resource is not None:
        conditions.append(sa.or_(*at_or_below(query.resource)))
    if query.error is not None:
        conditions.append(record.c.error.is_not(None) if query.error else record.c.error.is_(None))

    return conditions


def _at_path(path: str, value: str) -> Condition:
    """Whether *value* stands at *path*. Only bodies with its bytes in them are parsed."""
    there = [holds(record.c.body, f'"{path.rpartition(".")[2]}":')]
    # What is escaped in a text is not in an object, and both may be asked for.
    if json_string(value) == value:
        there.append(holds(record.c.body, value))

    # Each database takes the conditions of an AND in its own order.
    return sa.case((sa.and_(*there), json_text(record.c.body, path) == value), else_=sa.false())


def when(query: Query) -> list[Condition]:
    """Return the bounds of the time."""
    conditions: list[Condition] = []
    if query.after is not None:
        conditions.append(record.c.time >= query.after)
    if query.before is not None:
        conditions.append(record.c.time < query.before)

    return conditions


def by(actor: str) -> Sequence[Condition]:
    """Whether it was done by this user id, or by this username."""
    return record.c.user_id == actor, record.c.username == actor


def in_network(network: IPv4Network | IPv6Network) -> Condition:
    """Whether it came from *network*."""
    low, high = bounds(network)

    return record.c.ip == low if low == high else record.c.ip.between(low, high)


def of_types(pattern: str, types: Sequence[str] | None) -> Condition:
    """Whether the type matches *pattern*: it is one of *types*, if those are known."""
    if types is None:
        return matches(record.c.type, pattern)
    return record.c.type == types[0] if len(types) == 1 else record.c.type.in_(types)


def at_or_below(path: str) -> Sequence[Condition]:
    """``invoices/42`` is itself, or below it, not ``invoices/421``; with ``*``, a pattern."""
    if "*" in path:
        return (matches(record.c.resource_path, path),)
    path = path.rstrip("/")

    return record.c.resource_path == path, begins(record.c.resource_path, f"{path}/")


def matches(column: sa.ColumnElement[Any], pattern: str) -> Condition:
    """Whether *column* is *pattern*, where ``*`` stands for any text, also none.

    Written as a range of the index wherever the pattern begins with plain text.
    """
    if "*" not in pattern:
        return column == pattern
    prefix, _, rest = pattern.partition("*")
    conditions = [begins(column, prefix)] if prefix else []
    if rest.strip("*") or not prefix:
        conditions.append(like(column, pattern))

    return sa.and_(*conditions)


def begins(column: sa.ColumnElement[Any], prefix: str) -> Condition:
    """Whether *column* begins with *prefix*."""
    # U+10FFFF sorts behind every other character in UTF-8, by which both databases compare.
    return sa.and_(column >= prefix, column < prefix + "\U0010ffff")
