"""Where the records stand that may hold what is asked for, by the sieve."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import isqrt
from operator import or_
from typing import Any

import sqlalchemy as sa

from ..outbox.tables import follower
from ..tables import record
from .marks import blocks_in
from .marks import LAYOUT
from .marks import LINE
from .marks import places_of
from .table import FOLLOWER
from .table import line
from .wanted import Group

# If the sieve is further behind than so many records, all of the log is looked at instead.
BEHIND = 20_000
# So many records that may hold it are looked at as fast as a page of them is met in order of
# time, in a log of one record; in a larger one, times the root of how many it has.
SOME = 30
# When so few blocks are left, looking at their bodies takes no longer than sifting on.
ENOUGH = 64
# A text of which so many pieces are in half of all blocks is frequent.
TRIED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What of the log the sieve knows: the segments from ``first`` to before ``end``.

    ``newest`` is the end of the log.
    """

    first: int
    end: int
    newest: int

    @property
    def blocks(self) -> int:
        """How many blocks that is."""
        return (self.end - self.first) * LAYOUT.blocks

    @property
    def everywhere(self) -> int:
        """The bits of all of them."""
        return ((1 << self.blocks) - 1) << self.first * LAYOUT.blocks


def sifted(connection: sa.Connection, groups: Sequence[Group]) -> sa.CompoundSelect[Any] | None:
    """Return where the records stand that may hold one text of each group, in no order.

    ``None`` where there are so many that reading from the newest on finds a page as fast, or the
    sieve does not know.
    """
    extent = _extent(connection)
    if extent.end <= extent.first or extent.newest - extent.end * LAYOUT.segment > BEHIND:
        return None
    left = extent.everywhere
    for group in groups:
        left &= reduce(or_, (_holding(connection, text, extent, left) for text in group))
    if left.bit_count() * LAYOUT.block > SOME * isqrt(extent.newest):
        return None
    known = _in_blocks(connection.dialect.name, list(blocks_in(left)))
    later = sa.select(record.c.position).where(
        record.c.position > extent.end * LAYOUT.segment, record.c.position <= extent.newest
    )

    return sa.union_all(known, later)


def _extent(connection: sa.Connection) -> Extent:
    """The records that were removed are the oldest, and need not be looked for."""
    here = sa.select(follower.c.position).where(follower.c.name == FOLLOWER)
    ends = (sa.select(of(record.c.position)) for of in (sa.func.min, sa.func.max))
    first, newest, upto = connection.execute(
        sa.select(*(each.scalar_subquery() for each in (*ends, here)))
    ).one()

    return Extent(
        first=((first or 1) - 1) // LAYOUT.segment,
        end=(upto or 0) // LAYOUT.segment,
        newest=newest or 0,
    )


def _holding(connection: sa.Connection, text: bytes, extent: Extent, left: int) -> int:
    """The bits of those blocks of *left* that may hold *text*."""
    for tried, place in enumerate(places_of(text)):
        number = left.bit_count()
        if number <= ENOUGH or (tried >= TRIED and number > extent.blocks // 2):
            break
        left &= _bits(connection, place, extent)

    return left


def _bits(connection: sa.Connection, place: int, extent: Extent) -> int:
    """The bits of all blocks at a place; set where a segment has none."""
    width = LAYOUT.width
    number, within = divmod(place, LINE)
    bits = sa.func.substr(line.c.bits, within * width + 1, width, type_=sa.LargeBinary)
    rows = connection.execute(
        sa.select(line.c.segment, bits).where(
            line.c.line == number, line.c.segment >= extent.first, line.c.segment < extent.end
        )
    )
    found = bytearray(b"\xff" * (extent.end * width))
    for segment, some in rows:
        found[segment * width : (segment + 1) * width] = some

    return int.from_bytes(found, "little")


def _in_blocks(dialect: str, blocks: Sequence[int]) -> sa.Select[Any]:
    """The positions in *blocks*. As one parameter: there may be more than a statement takes."""
    firsts = _listed(dialect, [number * LAYOUT.block for number in blocks])
    within = _listed(dialect, range(1, LAYOUT.block + 1))

    return sa.select(firsts.c.value + within.c.value).select_from(
        sa.join(firsts, within, sa.true())
    )


def _listed(dialect: str, numbers: Sequence[int]) -> sa.Subquery:
    """A table with one of *numbers* in each row."""
    text = sa.literal(json.dumps([*numbers]), sa.Text)
    if dialect == "sqlite":
        listed = sa.func.json_each(text)
    else:
        listed = sa.func.json_array_elements_text(sa.cast(text, sa.JSON))
    value = listed.table_valued("value").c.value

    return sa.select(sa.cast(value, sa.BigInteger).label("value")).subquery()
