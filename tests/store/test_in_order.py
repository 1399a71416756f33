"""Endpoints with an order: one delivery at a time, and none before those that stand before it."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any
from typing import TypeVar

import pytest
import sqlalchemy as sa

from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.store import SqlStore
from flask_auditlog.store.outbox import holding
from flask_auditlog.store.outbox import tables as outbox
from flask_auditlog.store.webhooks import Delivery
from flask_auditlog.store.webhooks import ENDS
from flask_auditlog.store.webhooks import REPLAYED
from tests.store.samples import ALL
from tests.store.samples import entries
from tests.store.test_deliveries import claim
from tests.store.test_deliveries import ending
from tests.store.test_deliveries import LATER
from tests.store.test_deliveries import limit
from tests.store.test_deliveries import put
from tests.store.test_deliveries import states

T = TypeVar("T")


def put_in_order(store: SqlStore, endpoint: str, count: int, **more: Any) -> list[Delivery]:
    """Add deliveries to an endpoint that gets them in order."""
    given = put(store, endpoint, count, **more)
    with store.engine.begin() as connection:
        mine = sa.update(outbox.endpoint).where(outbox.endpoint.c.id == endpoint)
        connection.execute(mine.values(ordering="fifo"))
    return given


def finish(store: SqlStore, of: Delivery, state: str = "succeeded", **more: Any) -> None:
    assert store.deliveries.finish([ending(of, state, **more)]) == {of.id}


def positions(claimed: Sequence[Delivery]) -> list[int]:
    return [each.position for each in claimed]


def taken_to_the_end(store: SqlStore) -> list[int]:
    """Claim and deliver until nothing is due; return what came in which order."""
    order = []
    while claimed := claim(store):
        (only,) = claimed
        order.append(only.position)
        finish(store, only)
    return order


def test_one_is_in_flight_at_a_time_in_the_order_of_positions(store: SqlStore) -> None:
    put_in_order(store, "one", 3)
    limit(store, "one")
    (first,) = claim(store)
    assert first.position == 1
    assert claim(store) == []
    finish(store, first)
    assert taken_to_the_end(store) == [2, 3]


def test_what_was_made_later_of_an_earlier_event_goes_first(store: SqlStore) -> None:
    put_in_order(store, "one", 2, first=10)
    put(store, "one", 2, first=5, batch="again")
    assert taken_to_the_end(store) == [5, 6, 10, 11]


@pytest.mark.parametrize("end", sorted(ENDS))
def test_one_that_fails_holds_up_those_behind_it_until_it_ends(store: SqlStore, end: str) -> None:
    put_in_order(store, "one", 2)
    put(store, "two", 2)
    for _ in range(3):
        (first,) = (each for each in claim(store) if each.endpoint_id == "one")
        assert first.position == 1
        finish(store, first, "pending", due_time=LATER, status=500, error="http")
        assert "one" not in {each.endpoint_id for each in claim(store)}
        with store.engine.begin() as connection:
            mine = sa.update(outbox.delivery).where(outbox.delivery.c.id == first.id)
            connection.execute(mine.values(due_time=1))
    (first,) = claim(store)
    finish(store, first, end)
    assert positions(claim(store)) == [2]


def test_others_are_not_held_up(store: SqlStore) -> None:
    put_in_order(store, "one", 5)
    put(store, "two", 5, first=10)
    limit(store, "two")
    (first,) = (each for each in claim(store) if each.endpoint_id == "one")
    finish(store, first, "pending", due_time=LATER)
    put(store, "two", 5, first=20)
    assert positions(claim(store)) == [20, 21, 22, 23, 24]


def test_who_died_over_the_first_lets_nothing_pass_it(store: SqlStore) -> None:
    put_in_order(store, "one", 2)
    for _ in range(2):
        assert positions(claim(store, seconds=-1)) == [1]
        assert claim(store) == []
        store.deliveries.expire(limit=10)
    # On its last chance it is not claimed beside another one that is; and neither is the next.
    assert store.deliveries.claim(limit=10, lease_seconds=60, last_chances=0) == []
    assert positions(claim(store, seconds=-1)) == [1]
    (lost,) = store.deliveries.expire(limit=10)
    assert lost.state == "quarantined"
    assert positions(claim(store)) == [2]


def test_what_is_given_back_is_the_first_again(store: SqlStore) -> None:
    put_in_order(store, "one", 2)
    store.deliveries.release(claim(store))
    assert taken_to_the_end(store) == [1, 2]


def test_a_pause_and_a_rate_keep_the_order(store: SqlStore) -> None:
    put_in_order(store, "one", 3)
    with store.engine.begin() as connection:
        mine = sa.update(outbox.endpoint).where(outbox.endpoint.c.id == "one")
        connection.execute(mine.values(rate_limit=0.01))
    limit(store, "one", paused_until=LATER)
    assert claim(store) == []
    order = []
    for _ in range(3):
        with store.engine.begin() as connection:
            connection.execute(sa.update(outbox.health).values(paused_until=0, next_time=0))
        (only,) = claim(store)
        order.append(only.position)
        finish(store, only)
        assert claim(store) == [], "its rate does not allow the next"
    assert order == [1, 2, 3]


def test_what_is_replayed_goes_in_its_order_after_what_is_fresh(store: SqlStore) -> None:
    put_in_order(store, "one", 2, lane=REPLAYED, batch="again")
    put(store, "one", 2, first=10)
    (first,) = claim(store)
    # While what is fresh waits for its next attempt, nothing goes before it.
    finish(store, first, "pending", due_time=LATER)
    assert claim(store) == []
    with store.engine.begin() as connection:
        connection.execute(sa.update(outbox.delivery).values(due_time=1))
    assert taken_to_the_end(store) == [10, 11, 1, 2]


def test_a_replay_that_fails_holds_up_no_fresh_event(store: SqlStore) -> None:
    put_in_order(store, "one", 2, lane=REPLAYED, batch="again")
    (first,) = claim(store)
    finish(store, first, "pending", due_time=LATER)
    put(store, "one", 1, first=10)
    assert taken_to_the_end(store) == [10]


def disabled_with_all_held(store: SqlStore) -> list[Delivery]:
    given = put_in_order(store, "one", 5)
    store.endpoints.update("one", ALL, {"enabled": False})
    assert store.sent.hold("one", ALL) == 5
    return given


def test_after_it_was_disabled_it_goes_on_in_order(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_auditlog.store.outbox.sent.PIECE", 2)
    disabled_with_all_held(store)
    claimed: list[Delivery] = []
    resume = holding.resume

    def looked_at(*args: Any, **more: Any) -> int:
        claimed.extend(claim(store))
        return resume(*args, **more)

    # Others look for what is due before each piece of it, and claim nothing yet.
    with monkeypatch.context() as patched:
        if store.engine.dialect.name == "postgresql":
            patched.setattr(holding, "resume", looked_at)
        assert store.sent.resume("one", ALL) == 5
    assert claimed == []
    put(store, "one", 2, first=10)
    assert taken_to_the_end(store) == [1, 2, 3, 4, 5, 10, 11]


def test_who_dies_while_all_is_let_go_leaves_it_disabled(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_auditlog.store.outbox.sent.PIECE", 2)
    given = disabled_with_all_held(store)
    resume = holding.resume

    def dying(*args: Any, **more: Any) -> int:
        if states(store, given).count("pending") == 2:
            raise KeyboardInterrupt
        return resume(*args, **more)

    with monkeypatch.context() as patched:
        patched.setattr(holding, "resume", dying)
        with pytest.raises(KeyboardInterrupt):
            store.sent.resume("one", ALL)
    assert claim(store) == []
    store.upkeep.tidy(limit=100)
    assert states(store, given) == ["held"] * 5
    assert store.sent.resume("one", ALL) == 5
    assert taken_to_the_end(store) == [1, 2, 3, 4, 5]


def test_what_waits_behind_one_that_failed_is_not_late(store: SqlStore) -> None:
    put_in_order(store, "one", 3)
    (first,) = claim(store)
    assert store.measures.of_endpoint("one", ALL).oldest_due_time is not None
    finish(store, first, "pending", due_time=LATER)
    assert store.measures.of_endpoint("one", ALL).oldest_due_time is None
    assert store.measures.of_all().oldest_due_seconds == 0


def test_an_order_that_is_given_later_holds_from_then_on(store: SqlStore) -> None:
    put(store, "one", 6)
    flying = claim(store, 3)
    assert len(flying) == 3
    put_in_order(store, "one", 0)
    first, *others = sorted(flying, key=lambda each: each.position)
    for each in others:
        finish(store, each)
        assert claim(store) == []
    finish(store, first, "pending", due_time=1)
    assert taken_to_the_end(store) == [first.position, 4, 5, 6]


@pytest.mark.parametrize("seed", [1, 2])
def test_with_many_at_it_the_order_is_kept_whatever_happens(store: SqlStore, seed: int) -> None:
    """Each attempt of an endpoint with an order is that of the first which has not ended."""
    ends: dict[str, list[int]] = defaultdict(list)
    tried: dict[str, list[int]] = defaultdict(list)
    alone = {name: threading.Lock() for name in ("a", "b", "c")}
    for name in alone:
        put_in_order(store, name, 10)
    put(store, "free", 30)

    def at_work(number: int) -> None:
        random = Random(f"{seed} {number}")
        idle = 0
        while idle < 30:
            most = random.choice([1, 2, 50])
            claimed = patiently(partial(claim, store, most, seconds=60))
            idle = 0 if claimed else idle + 1
            for each in claimed:
                _attempt(store, each, random, alone.get(each.endpoint_id), tried, ends)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(at_work, range(4)))
    for name in alone:
        assert tried[name] == sorted(tried[name])
        assert ends[name] == list(range(1, 11))
    assert len(ends["free"]) == 30


def _attempt(
    store: SqlStore,
    of: Delivery,
    random: Random,
    alone: threading.Lock | None,
    tried: dict[str, list[int]],
    ends: dict[str, list[int]],
) -> None:
    if alone is not None:
        assert alone.acquire(blocking=False), "another is in flight"
    tried[of.endpoint_id].append(of.position)
    chance = random.random()
    if chance > 0.4 or of.lost:
        ends[of.endpoint_id].append(of.position)
    if alone is not None:
        alone.release()
    if chance > 0.4 or of.lost:
        end = random.choice(["succeeded", "exhausted", "cancelled"])
        patiently(lambda: finish(store, of, end))
    elif chance > 0.2:
        patiently(lambda: finish(store, of, "pending", due_time=1))
    elif chance > 0.1:
        patiently(lambda: store.deliveries.release([of]))
    else:
        # Its process died.
        patiently(lambda: store.deliveries.renew([of], lease_seconds=-1))
        patiently(lambda: store.deliveries.expire(limit=10))


def patiently(act: Callable[[], T]) -> T:
    """Do it again where the log is busy, as the drain does: SQLite lets one write, and not in turn."""
    for _ in range(20):
        with suppress(StoreUnavailable):
            return act()

    return act()


def test_a_record_that_is_sent_again_stands_where_it_stood(store: SqlStore) -> None:
    store.realms.add("default")
    store.append(entries(2))
    (first, _) = put_in_order(store, "one", 2)
    (claimed,) = claim(store)
    finish(store, claimed, "exhausted")
    again = store.sent.resend(first.id, ALL)
    assert [each.id for each in claim(store)] == [again.id]
