"""What is asked of the newest records that a search finds, all in one statement.

So a page looks at them once, whatever it says of them: to fetch ten thousand scattered records is
what takes its time.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import Protocol

import sqlalchemy as sa

from ...event import RESERVED
from ..address import unpack
from ..search.conditions import Condition
from ..search.steering import NEWEST_FIRST
from ..tables import record
from .drawing import Point
from .families import numbers
from .hours import floored
from .summary import Begun
from .summary import Facet
from .summary import Span
from .summary import Value

COLUMNS: Mapping[str, sa.ColumnElement[Any]] = {
    "type": record.c.type,
    "actor": sa.func.coalesce(record.c.username, record.c.user_id),
    "resource_type": record.c.resource_type,
    "client": record.c.client_id,
    "ip": record.c.ip,
    "org": record.c.organization_id,
    "error": record.c.error,
    "user": record.c.user_id,
    "username": record.c.username,
    "resource": record.c.resource_path,
    "session": record.c.session_id,
    "request": record.c.request_id,
    "time": record.c.time,
}
# So many numbers has a row of any part, besides a value.
_NUMBERS = 4 + len(RESERVED)


class Part(Protocol):
    """One question of many."""

    @property
    def key(self) -> str:
        """What its rows are known by."""

    @property
    def names(self) -> Sequence[str]:
        """The columns it is about, of :data:`COLUMNS`."""

    def select(self, newest: sa.CTE) -> sa.Select[Any]:
        """Its rows, as :func:`_row` makes them, in any order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """How many records were looked at, when the oldest of them was, and the rows of each part.

    ``complete`` where those are all that were found.
    """

    records: int
    complete: bool
    oldest: int | None
    rows: Mapping[str, Sequence[Any]]


def look(
    connection: sa.Connection, conditions: Sequence[Condition], records: int, parts: Sequence[Part]
) -> Looked:
    """Ask all *parts* of the newest *records* that meet *conditions*."""
    names = dict.fromkeys(["time", *(name for part in parts for name in part.names)])
    columns = [COLUMNS[name].label(name) for name in names]
    newest = (
        sa.select(*columns).where(*conditions).order_by(*NEWEST_FIRST).limit(records).cte("newest")
    )
    total = _row("", None, sa.func.count(), sa.func.min(newest.c.time)).select_from(newest)
    rows = connection.execute(sa.union_all(total, *(part.select(newest) for part in parts))).all()
    (counted,) = (row for row in rows if not row[0])

    return Looked(
        records=counted[3],
        complete=counted[3] < records,
        oldest=counted[4],
        rows={part.key: [row for row in rows if row[0] == part.key] for part in parts},
    )


@dataclass(frozen=True, slots=True)
class Frequent:
    """The most frequent values of a column, with their numbers and that of different ones."""

    key: str
    top: int

    @property
    def names(self) -> Sequence[str]:
        """See :class:`Part`."""
        return (self.key,)

    def select(self, newest: sa.CTE) -> sa.Select[Any]:
        """See :class:`Part`."""
        column = newest.c[self.key]
        number = sa.func.count().label("number")
        frequent = (
            sa.select(column, number, sa.func.count().over().label("distinct"))
            .where(column.is_not(None))
            .group_by(column)
            .order_by(number.desc(), column)
            .limit(self.top)
            .subquery()
        )

        return _row(self.key, frequent.c[self.key], frequent.c.number, frequent.c.distinct)

    def read(self, looked: Looked) -> Facet:
        """The facet."""
        rows = looked.rows[self.key]
        values = tuple(
            Value(value=_text(row), records=row[3])
            for row in sorted(rows, key=lambda row: (-row[3], row[2] or row[1]))
        )

        return Facet(values=values, distinct=rows[0][4] if rows else 0, complete=looked.complete)


@dataclass(frozen=True, slots=True)
class Latest:
    """The values of a column that began last, with their numbers, times and that of different ones."""

    key: str
    top: int

    @property
    def names(self) -> Sequence[str]:
        """See :class:`Part`."""
        return (self.key,)

    def select(self, newest: sa.CTE) -> sa.Select[Any]:
        """See :class:`Part`."""
        column = newest.c[self.key]
        first = sa.func.min(newest.c.time).label("first")
        begun = (
            sa.select(
                column,
                sa.func.count().label("number"),
                first,
                sa.func.max(newest.c.time).label("last"),
                sa.func.count().over().label("distinct"),
            )
            .where(column.is_not(None))
            .group_by(column)
            .order_by(first.desc(), column)
            .limit(self.top)
            .subquery()
        )
        told = (begun.c[name] for name in ("number", "first", "last", "distinct"))

        return _row(self.key, begun.c[self.key], *told)

    def read(self, looked: Looked) -> Begun:
        """The values, the latest first."""
        rows = looked.rows[self.key]
        values = tuple(
            Span(value=_text(row), records=row[3], first=row[4], last=row[5])
            for row in sorted(rows, key=lambda row: (-row[4], row[2] or row[1]))
        )

        return Begun(values=values, distinct=rows[0][6] if rows else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How many there were when: in the widest of *steps*, in milliseconds, that goes more than
    *most* times into the time between the newest and the oldest of them. The narrowest comes last.
    """

    steps: Sequence[int]
    most: int
    by_family: bool
    key: str = "times"

    @property
    def names(self) -> Sequence[str]:
        """See :class:`Part`."""
        return ("time", "error", "type") if self.by_family else ("time", "error")

    def select(self, newest: sa.CTE) -> sa.Select[Any]:
        """See :class:`Part`."""
        # Asked for by itself, and not joined: PostgreSQL would find it anew for each record.
        pace = sa.select(self._step(newest).label("step")).cte("pace")
        step = sa.select(pace.c.step).scalar_subquery()
        columns = [newest.c[name] for name in self.names if name != "time"]
        at = sa.select(
            floored(newest.c.time, step).label("at"), step.label("step"), *columns
        ).subquery()
        ours = numbers(at.c.type) if self.by_family else []
        counted = (
            sa.select(
                at.c.at,
                at.c.step,
                sa.func.count().label("records"),
                sa.func.count(at.c.error).label("errors"),
                *(each.label(f"ours_{number}") for number, each in enumerate(ours)),
            )
            .group_by(at.c.at, at.c.step)
            .subquery()
        )

        return _row(self.key, None, *counted.c)

    def _step(self, newest: sa.CTE) -> sa.ColumnElement[int]:
        *wider, narrowest = self.steps
        span = sa.func.max(newest.c.time) - sa.func.min(newest.c.time)
        fitting = [(span > each * self.most, each) for each in wider]

        return sa.case(*fitting, else_=narrowest) if fitting else sa.literal(narrowest)

    def read(self, looked: Looked) -> tuple[list[Point], int]:
        """The points, in order of time, and the step between them."""
        rows = looked.rows[self.key]
        points = [
            Point(at * step, records, errors, ours if self.by_family else None)
            for _, _, _, at, step, records, errors, *ours in rows
        ]

        return sorted(points, key=lambda point: point.time), rows[0][4] if rows else self.steps[-1]


def _row(
    key: str, value: sa.ColumnElement[Any] | None, *more: sa.ColumnElement[Any]
) -> sa.Select[Any]:
    """A row of any part: its key, a value, and numbers.

    The value stands in one column if it is text, and in the other if it is bytes: so all parts of
    a union are alike.
    """
    is_raw = key == "ip"
    text = sa.null() if value is None or is_raw else value
    raw = value if value is not None and is_raw else sa.null()
    none = [sa.null()] * (_NUMBERS - len(more))
    columns: list[sa.ColumnElement[Any]] = [
        sa.literal(key),
        sa.cast(text, sa.Text),
        sa.cast(raw, sa.LargeBinary),
        *(sa.cast(each, sa.BigInteger) for each in (*more, *none)),
    ]

    return sa.select(*columns)


def _text(row: Sequence[Any]) -> str:
    _, text, raw, *_ = row

    return text if raw is None else unpack(raw)
