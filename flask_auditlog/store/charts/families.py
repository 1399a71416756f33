"""Of which family the counted records are: a number for each family that is reserved for ours.

All others are the host's own. So the families of some records add up to their number, whatever
types there are.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ...event import RESERVED
from ..query import Scope
from ..search.conditions import begins
from ..search.conditions import Condition
from .hours import by_type


def is_ours(type_: sa.ColumnElement[Any]) -> Condition:
    """Whether a type is of one of the families that are ours."""
    return sa.or_(*(begins(type_, each) for each in RESERVED))


def numbers(
    type_: sa.ColumnElement[Any], records: sa.ColumnElement[int] | None = None
) -> list[sa.ColumnElement[int]]:
    """Return how many records of a group are of each family of ours, by the column of their type.

    :param records: how many each row stands for, if not for one.
    """
    some = sa.literal_column("1") if records is None else records
    sums = (sa.func.sum(sa.case((begins(type_, each), some), else_=0)) for each in RESERVED)

    # PostgreSQL adds up to something larger than it began with.
    return [sa.cast(each, sa.BigInteger) for each in sums]


def our_types(scope: Scope) -> sa.CTE:
    """Return our types that there are numbers of hours of, and those next to them.

    Each is one step through the index: of each type, the hours of a month can be read without
    those of all the years before.
    """
    here, least = by_type.c.realm == scope.realm, sa.func.min(by_type.c.type)
    first = sa.union_all(
        *(sa.select(least.label("type")).where(here, by_type.c.type >= each) for each in RESERVED)
    ).subquery()
    types = sa.select(first.c.type).cte(recursive=True)
    following = sa.select(least).where(here, by_type.c.type > types.c.type).scalar_subquery()

    # Not ALL: what follows the last of one family may be the first of the next.
    return types.union(sa.select(following).where(is_ours(types.c.type)))
