"""What was asked and what may be seen -> conditions. Pure; only parameters reach SQL."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from ...errors import QueryError
from ...event import OWN_TYPES
from ..language.expression import terms
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
from .details import at_path
from .expressed import expressed
from .functions import contains

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
    values += [("details", text) for _, text in query.details]
    values += [("q", text) for term, _ in terms(query.more) for text in (term.value, term.until)]
    for name, value in values:
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


def _asked(query: Query, types: Sequence[str] | None) -> list[Condition]:
    conditions = [
        column == value
        for name, column in EQUAL.items()
        if (value := getattr(query, name)) is not None
    ]
    conditions += _what(query, types)
    conditions += within(query.after, query.before)
    if query.ip is not None:
        conditions.append(in_network(query.ip))
    conditions += [at_path(path, value) for path, value in query.details]
    if query.text is not None:
        conditions.append(contains(record.c.body, query.text))
    if query.more is not None:
        conditions.append(expressed(query.more))

    return conditions


def _what(query: Query, types: Sequence[str] | None) -> list[Condition]:
    conditions = []
    if query.type is not None:
        conditions.append(of_types(query.type, types))
    if not query.reads and not query.names_own:
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
