"""The checker of logs is itself shown to fail, against forgers who know it."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from flask_auditlog.event import new_uid
from flask_auditlog.store import SqlStore
from flask_auditlog.store.tables import record
from tests.checks import check_rows

from .samples import batch
from .samples import entries
from .samples import entry
from .samples import uids

Rows = list[Any]


@pytest.fixture
def rows(store: SqlStore) -> Rows:
    """The rows of a log with a batch at the positions 3, 4 and 5; they may be forged."""
    store.append(entries(2, ip_address="10.0.0.1"))
    store.append(batch("b", 3))
    store.append(entries(2, organization_id="org-a"))
    with store.engine.connect() as connection:
        found = connection.execute(sa.select(record).order_by(record.c.position)).all()
    return [SimpleNamespace(**row._asdict()) for row in found]


def sign(row: Any) -> None:
    """Make the digest right again."""
    row.digest = sha256(row.salt + row.body.encode()).digest()


def drop(rows: Rows, *places: int) -> None:
    """Remove rows, and close the gap."""
    rows[:] = [row for place, row in enumerate(rows) if place not in places]
    for position, row in enumerate(rows, start=1):
        row.position = position


def change_body(rows: Rows) -> None:
    rows[0].body = rows[0].body.replace("foo.bar", "foo.baz")


def change_body_and_sign(rows: Rows) -> None:
    change_body(rows)
    sign(rows[0])


def change_salt(rows: Rows) -> None:
    rows[0].salt = b"s" * 16


def change_column(rows: Rows) -> None:
    rows[6].organization_id = "org-b"


def change_address(rows: Rows) -> None:
    rows[0].ip = None


def remove_one(rows: Rows) -> None:
    del rows[1]


def remove_the_first(rows: Rows) -> None:
    del rows[0]


def double_one(rows: Rows) -> None:
    rows.insert(1, rows[0])


def store_one_twice(rows: Rows) -> None:
    rows.append(SimpleNamespace(**vars(rows[0]) | {"position": 8}))
    rows[-1].received_time = rows[-2].received_time


def swap_two(rows: Rows) -> None:
    rows[0], rows[1] = rows[1], rows[0]


def set_the_clock_back(rows: Rows) -> None:
    rows[6].received_time = rows[0].received_time - 1


def halve_a_batch(rows: Rows) -> None:
    drop(rows, 3)


def end_in_a_batch(rows: Rows) -> None:
    drop(rows, 4, 5, 6)


def stand_in_a_batch(rows: Rows) -> None:
    rows[4], rows[5] = rows[5], rows[4]
    drop(rows)


def repeat_a_batch(rows: Rows) -> None:
    for row in rows[2:5]:
        again = SimpleNamespace(**vars(row) | {"uid": new_uid(), "position": len(rows) + 1})
        again.body = row.body.replace(row.uid, again.uid)
        again.received_time = rows[-1].received_time
        sign(again)
        rows.append(again)


FORGERIES = [
    change_body,
    change_body_and_sign,
    change_salt,
    change_column,
    change_address,
    remove_one,
    remove_the_first,
    double_one,
    store_one_twice,
    swap_two,
    set_the_clock_back,
    halve_a_batch,
    end_in_a_batch,
    stand_in_a_batch,
    repeat_a_batch,
]


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: str(forge.__name__))
def test_the_checker_sees_a_forgery(rows: Rows, forge: Callable[[Rows], None]) -> None:
    check_rows(rows)
    forge(rows)
    with pytest.raises(AssertionError):
        check_rows(rows)


def test_the_checker_sees_that_an_answered_event_is_lost(rows: Rows) -> None:
    answered = [row.uid for row in rows]
    drop(rows, 6)
    with pytest.raises(AssertionError, match="lost"):
        check_rows(rows, answered=answered)
    with pytest.raises(AssertionError, match="lost"):
        check_rows(rows, answered=uids([entry()]))
