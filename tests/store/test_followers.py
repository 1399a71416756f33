"""Followers: each record has its effect once, whatever happens."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from flask_auditlog.event import new_uid
from flask_auditlog.event import Record
from flask_auditlog.store import SqlStore
from flask_auditlog.store.outbox.tables import secret

from .samples import entries
from .samples import entry
from .samples import opened
from .samples import uids


def nothing(connection: sa.Connection, records: Sequence[Record]) -> None:
    """An effect that is none."""


def note(connection: sa.Connection, records: Sequence[Record]) -> None:
    """Write a row for each record: a second one of the same would be refused."""
    connection.execute(
        sa.insert(secret),
        [
            {
                "id": str(each.position),
                "endpoint_id": "x",
                "kind": "hmac",
                "ciphertext": b"",
                "created_time": 0,
            }
            for each in records
        ],
    )


def step(store: SqlStore, name: str, effect: Any, *, limit: int, wanted: bool = True) -> int | None:
    return store.followers.step(name, effect, limit=limit, wanted=lambda _: wanted)


def noted(store: SqlStore) -> list[int]:
    with store.engine.connect() as connection:
        return sorted(int(each) for each in connection.scalars(sa.select(secret.c.id)))


def test_records_come_in_order_and_once(store: SqlStore) -> None:
    given = entries(5)
    store.append(given)
    seen: list[Record] = []
    steps = [step(store, "one", lambda _, records: seen.extend(records), limit=2) for _ in range(4)]
    assert steps == [2, 2, 1, 0]
    assert uids(seen) == uids(given)
    assert store.followers.position("one") == 5
    store.append(entries(1))
    assert step(store, "one", nothing, limit=2) == 1


def test_each_follower_has_a_position_of_its_own(store: SqlStore) -> None:
    store.append(entries(3))
    assert store.followers.begin("late", 2)
    assert not store.followers.begin("late", 0)
    assert step(store, "late", nothing, limit=9) == 1
    assert step(store, "one", nothing, limit=9) == 3
    assert store.followers.position("nobody") == 0


@pytest.mark.parametrize("records", [0, 1])
def test_an_empty_log_has_no_effect(store: SqlStore, records: int) -> None:
    store.append(entries(records))
    called: list[int] = []
    for _ in range(2):
        step(store, "one", lambda _, found: called.append(len(found)), limit=9)
    assert called == [1] * records


def test_what_nobody_wants_is_passed_without_being_read(store: SqlStore) -> None:
    store.append(entries(3))
    assert step(store, "one", note, limit=1, wanted=False) == 0
    assert (store.followers.position("one"), noted(store)) == (3, [])
    store.append(entries(1))
    assert step(store, "one", note, limit=9) == 1
    assert noted(store) == [4]
    # Nobody goes back.
    store.followers.begin("far", 99)
    assert step(store, "far", note, limit=1, wanted=False) == 0
    assert store.followers.position("far") == 99


def test_an_effect_that_fails_leaves_all_as_it_was(store: SqlStore) -> None:
    store.append(entries(3))

    def fail(connection: sa.Connection, records: Sequence[Record]) -> None:
        note(connection, records)
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        step(store, "one", fail, limit=2)
    assert (store.followers.position("one"), noted(store)) == (0, [])
    assert step(store, "one", note, limit=9) == 3
    assert noted(store) == [1, 2, 3]
    # Nothing is held that others need.
    store.append(entries(1))


def test_one_has_the_turn_at_a_time(store: SqlStore) -> None:
    """On SQLite who comes meanwhile waits; on PostgreSQL they are told to come again."""
    store.append(entries(200))
    stop = threading.Event()

    def follow() -> None:
        while not stop.is_set():
            step(store, "one", note, limit=3)

    pool = ThreadPoolExecutor(4)
    following = [pool.submit(follow) for _ in range(4)]
    deadline = time.monotonic() + 30
    while store.followers.position("one") < 200 and time.monotonic() < deadline:
        store.append(entries(1)) if store.head() < 210 else time.sleep(0.01)
    stop.set()
    pool.shutdown()
    # None of them was refused.
    assert [each.result() for each in following] == [None] * 4
    step(store, "one", note, limit=1000)
    assert noted(store) == list(range(1, store.head() + 1))


def test_while_one_has_the_turn_another_is_told(store: SqlStore) -> None:
    if store.engine.dialect.name == "sqlite":
        pytest.skip("On SQLite there is one writer at a time anyway: the other waits.")
    store.append(entries(1))
    store.followers.begin("one", 0)
    told: list[Any] = []

    def effect(connection: sa.Connection, records: Sequence[Record]) -> None:
        told.append(step(store, "one", nothing, limit=9))
        told.append(step(store, "two", nothing, limit=9))

    step(store, "one", effect, limit=9)
    assert told == [None, 1]


@pytest.mark.faults
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_follower_that_is_killed_has_done_all_or_nothing(
    store: SqlStore, database_url: str, moment: str
) -> None:
    store.append(entries(4))
    store.followers.begin("one", 0)
    for _ in range(3):
        child = os.fork()
        if child == 0:
            _die_in_a_step(database_url, moment)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
        assert (store.followers.position("one"), noted(store)) == (0, [])
    deadline = time.monotonic() + 10
    # Until PostgreSQL has seen that the process is gone, its turn is not over.
    while step(store, "one", note, limit=9) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert noted(store) == [1, 2, 3, 4]


def _die_in_a_step(url: str, moment: str) -> None:
    def effect(connection: sa.Connection, records: Sequence[Record]) -> None:
        if moment == "after":
            note(connection, records)
        os.kill(os.getpid(), signal.SIGKILL)

    with opened(url) as mine:
        step(mine, "one", effect, limit=9)
    os._exit(1)


def test_a_turn_is_taken_once_in_its_time(store: SqlStore) -> None:
    assert store.followers.turn("tidy", every=60)
    assert not store.followers.turn("tidy", every=60)
    assert store.followers.turn("other", every=60)
    # The time is over at once.
    assert store.followers.turn("tidy", every=-1)


def test_of_many_one_has_the_turn(store: SqlStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        turns = list(pool.map(lambda _: store.followers.turn("tidy", every=60), range(8)))
    assert turns.count(True) == 1


def test_records_are_had_by_their_positions(store: SqlStore) -> None:
    records = store.append(entries(5)).records
    assert sorted(each.position for each in store.followers.at([2, 4, 99])) == [2, 4]
    assert store.followers.at([3]) == [records[2]]


def test_records_are_found_by_their_uids_in_all_realms(store: SqlStore) -> None:
    here, there = store.append([entry(), entry(realm_id="acme")]).records
    store.append([entry()])
    asked = [here.event.uid, there.event.uid, new_uid()]
    assert store.followers.named(asked) == {here.event.uid: here, there.event.uid: there}
    assert store.followers.named([]) == {}
