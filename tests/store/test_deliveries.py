"""The queue of deliveries: each is one worker's at a time, and nothing in it is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from flask_auditlog.event import new_uid
from flask_auditlog.store import SqlStore
from flask_auditlog.store.outbox import deliveries as queue
from flask_auditlog.store.outbox import tables as outbox
from flask_auditlog.store.webhooks import Attempt
from flask_auditlog.store.webhooks import Delivery
from flask_auditlog.store.webhooks import Ending
from flask_auditlog.store.webhooks import REPLAYED
from flask_auditlog.store.writing import read_now

from . import kept

ENDPOINT = {
    "realm": "default",
    "url": "https://example.com",
    "enabled": True,
    "event_types": "[]",
    "exclude_clients": "[]",
    "attributes": "{}",
    "auth_type": "none",
    "algorithm": "HmacSHA256",
    "signatures": "both",
    "since_position": 0,
    "version": 1,
    "created_time": 0,
    "updated_time": 0,
}
LATER = 4_000_000_000_000


def put(
    store: SqlStore, endpoint: str, count: int, *, first: int = 1, **more: Any
) -> list[Delivery]:
    """Add deliveries to an endpoint, which is made if it is not there."""
    given = [
        Delivery(id=new_uid(), endpoint_id=endpoint, position=first + number, type="x", **more)
        for number in range(count)
    ]
    with store.engine.begin() as connection:
        known = sa.select(outbox.endpoint.c.id).where(outbox.endpoint.c.id == endpoint)
        if connection.scalar(known) is None:
            connection.execute(sa.insert(outbox.endpoint), {"id": endpoint, **ENDPOINT})
        queue.add(connection, given, read_now(connection))
    return given


def limit(store: SqlStore, endpoint: str, *, in_flight: int = 1000, paused_until: int = 0) -> None:
    with store.engine.begin() as connection:
        connection.execute(
            sa.insert(outbox.health),
            {
                "endpoint_id": endpoint,
                "state": "{}",
                "paused_until": paused_until,
                "in_flight_limit": in_flight,
            },
        )


def claim(store: SqlStore, most: int = 100, *, seconds: float = 60) -> list[Delivery]:
    return store.deliveries.claim(limit=most, lease_seconds=seconds)


def ending(of: Delivery, state: str = "succeeded", **more: Any) -> Ending:
    tried = Attempt(
        delivery_id=of.id,
        number=of.attempts,
        started_time=1,
        status=more.pop("status", 204),
        error=more.pop("error", None),
        phases={"wait": 1.5},
        request_headers={"webhook-id": "msg_1"},
    )
    return Ending(delivery=of, attempt=tried, state=state, **more)  # type: ignore[arg-type]


def states(store: SqlStore, given: Sequence[Delivery]) -> list[str]:
    found = [kept.delivery(store, each.id) for each in given]
    return [each.state for each in found if each]


def test_a_delivery_goes_its_way(store: SqlStore) -> None:
    (given,) = put(store, "one", 1)
    (claimed,) = claim(store)
    assert (claimed.id, claimed.state, claimed.attempts) == (given.id, "inflight", 1)
    assert claimed.lease_time == pytest.approx(claimed.created_time + 60_000, abs=20_000)
    assert claim(store) == []
    assert store.deliveries.finish([ending(claimed)]) == {given.id}
    found = kept.delivery(store, given.id)
    assert found is not None
    assert (found.state, found.last_status, found.lease) == ("succeeded", 204, None)
    assert found.finished_time is not None
    (tried,) = kept.attempts(store, given.id)
    assert tried == ending(claimed).attempt
    assert claim(store) == []


def test_one_that_failed_is_due_later(store: SqlStore) -> None:
    put(store, "one", 2)
    first, second = claim(store)
    store.deliveries.finish(
        [
            ending(first, "pending", due_time=LATER, status=503, error="http"),
            ending(second, "pending", due_time=1, status=None, error="timeout"),
        ]
    )
    (again,) = claim(store)
    assert (again.id, again.attempts, again.last_error) == (second.id, 2, "timeout")
    assert again.finished_time is None
    assert store.deliveries.oldest_due() == LATER
    store.deliveries.finish([ending(again)])
    assert [each.number for each in kept.attempts(store, second.id)] == [1, 2]


def test_the_same_is_added_once(store: SqlStore) -> None:
    (given,) = put(store, "one", 1)
    put(store, "one", 1)
    put(store, "two", 1)
    put(store, "one", 1, batch="again")
    assert Counter(each.endpoint_id for each in claim(store)) == {"one": 2, "two": 1}
    assert kept.delivery(store, given.id) is not None


def test_each_is_claimed_by_one(store: SqlStore) -> None:
    """Two drains at once, a wake-up that came fifty times: nobody has what another has."""
    for number in range(4):
        put(store, f"e{number}", 100)
        limit(store, f"e{number}")

    def take(_: int) -> list[Delivery]:
        taken: list[Delivery] = []
        while found := claim(store, 7):
            taken += found
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = [each.id for found in pool.map(take, range(8)) for each in found]
    assert len(taken) == len(set(taken)) == 400


@pytest.mark.parametrize("most", [2, 9, 10, 30])
def test_one_that_has_much_does_not_stop_the_others(store: SqlStore, most: int) -> None:
    put(store, "busy", 500)
    put(store, "quiet", 1, first=900)
    limit(store, "busy")
    limit(store, "quiet", in_flight=1)
    shares = Counter(each.endpoint_id for each in claim(store, most))
    # What one leaves the other takes.
    assert shares == {"busy": most - 1, "quiet": 1}


def test_who_waits_longest_is_served_first(store: SqlStore) -> None:
    put(store, "one", 1, due_time=LATER)
    for name in ("b", "a"):
        put(store, name, 1)
    with store.engine.begin() as connection:
        old = sa.update(outbox.delivery).where(outbox.delivery.c.endpoint_id == "a")
        connection.execute(old.values(due_time=5))
    # A retry that is due tomorrow does not make what waits today wait for it.
    put(store, "c", 1, due_time=LATER)
    put(store, "c", 1, lane=REPLAYED, batch="again")
    with store.engine.begin() as connection:
        replayed = sa.update(outbox.delivery).where(outbox.delivery.c.batch == "again")
        connection.execute(replayed.values(due_time=3))
    assert [each.endpoint_id for each in claim(store, 1)] == ["c"]
    assert [each.endpoint_id for each in claim(store, 1)] == ["a"]
    assert [each.endpoint_id for each in claim(store, 5)] == ["b"]


def test_what_is_fresh_goes_before_what_is_replayed(store: SqlStore) -> None:
    put(store, "one", 3, lane=REPLAYED, batch="again")
    put(store, "one", 3, first=10)
    assert [each.lane for each in claim(store, 4)] == [0, 0, 0, 1]
    assert [each.lane for each in claim(store, 4)] == [1, 1]


@pytest.mark.parametrize("allowed", [1, 3, 8])
def test_an_endpoint_has_no_more_in_flight_than_it_may(store: SqlStore, allowed: int) -> None:
    put(store, "one", 20)
    # Without a word about it, eight.
    if allowed != 8:
        limit(store, "one", in_flight=allowed)
    claimed = claim(store)
    assert len(claimed) == allowed
    assert claim(store) == []
    store.deliveries.finish([ending(claimed[0])])
    assert len(claim(store)) == 1


def test_one_that_is_paused_or_disabled_is_left_alone(store: SqlStore) -> None:
    put(store, "paused", 1)
    limit(store, "paused", paused_until=LATER)
    put(store, "disabled", 1)
    with store.engine.begin() as connection:
        which = sa.update(outbox.endpoint).where(outbox.endpoint.c.id == "disabled")
        connection.execute(which.values(enabled=False))
    put(store, "open", 1)
    limit(store, "open", paused_until=1)
    assert [each.endpoint_id for each in claim(store)] == ["open"]


def test_who_lost_the_lease_is_not_heard(store: SqlStore) -> None:
    """A worker that was stopped for two minutes, and goes on as if nothing had been."""
    (given,) = put(store, "one", 1)
    (zombie,) = claim(store, seconds=-1)
    (lost,) = store.deliveries.expire(limit=10)
    assert (lost.state, lost.lost, lost.attempts) == ("pending", 1, 1)
    (owner,) = claim(store)
    failed = ending(zombie, "exhausted", status=500, error="http")
    assert store.deliveries.finish([failed]) == set()
    assert store.deliveries.renew([zombie], lease_seconds=60) == set()
    assert store.deliveries.release([zombie]) == set()
    assert store.deliveries.finish([ending(owner), failed]) == {given.id}
    assert states(store, [given]) == ["succeeded"]
    numbers = [(each.number, each.error) for each in kept.attempts(store, given.id)]
    assert numbers == [(1, "lost"), (2, None)]


def test_what_ends_its_worker_three_times_is_put_aside(store: SqlStore) -> None:
    poison, good = put(store, "one", 2)
    for time in range(1, 4):
        claimed = claim(store, seconds=-1)
        assert poison.id in {each.id for each in claimed}
        store.deliveries.finish([ending(each) for each in claimed if each.id == good.id])
        (lost,) = store.deliveries.expire(limit=10)
        assert (lost.id, lost.lost) == (poison.id, time)
    assert lost.state == "quarantined"
    assert lost.finished_time is not None
    assert claim(store) == []
    assert states(store, [poison, good]) == ["quarantined", "succeeded"]


def test_those_on_their_last_chance_are_claimed_one_at_a_time(store: SqlStore) -> None:
    put(store, "one", 3)
    put(store, "two", 3)
    for _ in range(2):
        claim(store, seconds=-1)
        store.deliveries.expire(limit=10)
    put(store, "three", 3)
    claimed = claim(store)
    assert sorted(each.lost for each in claimed) == [0, 0, 0, 2]
    assert store.deliveries.claim(limit=10, lease_seconds=60, last_chances=0) == []
    assert len(store.deliveries.claim(limit=10, lease_seconds=60)) == 1


def test_a_lease_that_is_renewed_is_kept(store: SqlStore) -> None:
    put(store, "one", 2)
    claimed = claim(store, seconds=-1)
    assert store.deliveries.renew(claimed[:1], lease_seconds=60) == {claimed[0].id}
    assert [each.id for each in store.deliveries.expire(limit=10)] == [claimed[1].id]


def test_what_was_not_begun_is_given_back(store: SqlStore) -> None:
    put(store, "one", 1)
    claimed = claim(store)
    assert store.deliveries.release(claimed) == {claimed[0].id}
    (again,) = claim(store)
    assert again.attempts == 1
    assert kept.attempts(store, again.id) == []


@pytest.mark.parametrize("waiting", [0, 1])
def test_the_oldest_that_is_due_is_the_alarm(store: SqlStore, waiting: int) -> None:
    given = put(store, "one", 2 * waiting)
    assert (store.deliveries.oldest_due() is None) is (waiting == 0)
    store.deliveries.finish([ending(each) for each in claim(store)])
    assert store.deliveries.oldest_due() is None
    assert states(store, given) == ["succeeded"] * len(given)


def test_nothing_is_nothing(store: SqlStore) -> None:
    assert claim(store) == store.deliveries.expire(limit=5) == []
    assert store.deliveries.finish([]) == store.deliveries.release([]) == set()
    assert kept.delivery(store, "x") is None


def test_those_that_are_left_out_get_nothing(store: SqlStore) -> None:
    put(store, "a", 3)
    put(store, "b", 3)
    claimed = store.deliveries.claim(limit=10, lease_seconds=60, but=["a"])
    assert {each.endpoint_id for each in claimed} == {"b"}


def test_a_rate_is_kept(store: SqlStore) -> None:
    put(store, "slow", 50)
    put(store, "free", 50)
    with store.engine.begin() as connection:
        mine = sa.update(outbox.endpoint).where(outbox.endpoint.c.id == "slow")
        connection.execute(mine.values(rate_limit=0.5))
    first = Counter(each.endpoint_id for each in claim(store))
    assert first == {"slow": 1, "free": 8}
    # The next one in two seconds, whoever asks, and whatever is said of its health.
    store.healths.change(["slow"], lambda _, __: ("{}", 0, 1000))
    assert {each.endpoint_id for each in claim(store)} == set()
    with store.engine.begin() as connection:
        mine = sa.update(outbox.health).where(outbox.health.c.endpoint_id == "slow")
        connection.execute(mine.values(next_time=0))
    assert Counter(each.endpoint_id for each in claim(store)) == {"slow": 1}


def test_of_what_is_claimed_from_many_each_has_its_share(store: SqlStore) -> None:
    for each in "abc":
        put(store, each, 5)
        put(store, each, 5, first=10, lane=REPLAYED)
        limit(store, each)
    claimed = claim(store, 18)
    assert Counter(each.endpoint_id for each in claimed) == {"a": 6, "b": 6, "c": 6}
    assert Counter(each.lane for each in claimed) == {0: 15, REPLAYED: 3}
