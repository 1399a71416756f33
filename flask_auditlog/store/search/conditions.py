"""The conditions of which every search is made. Pure; only parameters reach SQL."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network
from ipaddress import IPv6Network
from typing import Any

import sqlalchemy as sa

from ..address import bounds
from ..tables import record
from .functions import like

Condition = sa.ColumnElement[bool]

EQUAL = {
    "user": record.c.user_id,
    "username": record.c.username,
    "client": record.c.client_id,
    "session": record.c.session_id,
    "org": record.c.organization_id,
    "resource_type": record.c.resource_type,
    "operation": record.c.operation,
    "request": record.c.request_id,
    "source": record.c.source,
}


def within(after: int | None, before: int | None) -> list[Condition]:
    """Return the bounds of the time."""
    conditions: list[Condition] = []
    if after is not None:
        conditions.append(record.c.time >= after)
    if before is not None:
        conditions.append(record.c.time < before)

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
