"""What waits for a disabled endpoint is held, and let go or cancelled in pieces."""

from __future__ import annotations

import sqlalchemy as sa

from flask_auditlog.store import SqlStore
from flask_auditlog.store.outbox import holding
from flask_auditlog.store.outbox import tables as outbox
from tests.store.test_deliveries import claim
from tests.store.test_deliveries import put
from tests.store.test_deliveries import states

from . import kept


def test_what_is_held_is_not_claimed_until_it_is_let_go(store: SqlStore) -> None:
    given = put(store, "one", 5)
    (other,) = put(store, "two", 1)
    with store.engine.begin() as connection:
        done = [holding.hold(connection, "one", limit=3) for _ in range(3)]
    assert done == [3, 2, 0]
    assert states(store, given) == ["held"] * 5
    assert [each.id for each in claim(store)] == [other.id]
    with store.engine.begin() as connection:
        done = [holding.resume(connection, "one", since=0, limit=4) for _ in range(3)]
    assert done == [4, 1, 0]
    assert {each.id for each in claim(store)} == {each.id for each in given}


def test_only_what_is_new_enough_is_let_go(store: SqlStore) -> None:
    old, new = put(store, "one", 2)
    with store.engine.begin() as connection:
        row = sa.update(outbox.delivery).where(outbox.delivery.c.id == old.id)
        connection.execute(row.values(created_time=5))
        holding.hold(connection, "one", limit=10)
        assert holding.resume(connection, "one", since=6, limit=10) == 1
    assert states(store, [old, new]) == ["held", "pending"]


def test_what_is_in_flight_is_neither_held_nor_cancelled(store: SqlStore) -> None:
    given = put(store, "one", 2)
    (claimed,) = claim(store, 1)
    with store.engine.begin() as connection:
        assert holding.hold(connection, "one", limit=10) == 1
    (waiting,) = (each for each in given if each.id != claimed.id)
    assert states(store, [claimed, waiting]) == ["inflight", "held"]
    with store.engine.begin() as connection:
        assert holding.cancel(connection, "one", limit=10) == 1
    assert states(store, [claimed, waiting]) == ["inflight", "cancelled"]
    found = kept.delivery(store, waiting.id)
    assert found is not None
    assert found.finished_time is not None


def test_what_is_pending_is_cancelled_too(store: SqlStore) -> None:
    given = put(store, "one", 3)
    with store.engine.begin() as connection:
        assert holding.cancel(connection, "one", limit=10) == 3
    assert states(store, given) == ["cancelled"] * 3
    assert claim(store) == []
