"""Figures of the queue: of one endpoint within a scope, and of all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from flask_auditlog.errors import NotFound
from flask_auditlog.store import SqlStore
from flask_auditlog.store.outbox import measures
from flask_auditlog.store.outbox import tables as outbox
from flask_auditlog.store.outbox.sampling import quantile
from flask_auditlog.store.webhooks import Outbox
from flask_auditlog.store.webhooks import Period
from flask_auditlog.store.webhooks import REPLAYED
from flask_auditlog.store.webhooks import STATES

from .samples import ALL
from .samples import entries
from .test_deliveries import claim
from .test_deliveries import LATER
from .test_deliveries import put
from .test_endpoints import make
from .test_sent import BLIND
from .test_sent import SEEING
from .test_upkeep import before
from .test_upkeep import DAY

HOUR = 3600 * 1000
NOTHING = Period(attempts=0, success=None, p50=None, p95=None, is_exact=True)


@pytest.fixture(autouse=True)
def _realms(store: SqlStore) -> None:
    store.realms.add_all(["default", "acme"])


def tried(store: SqlStore, endpoint: str, ago: int, took: Sequence[float | str]) -> None:
    """Deliveries of an endpoint, made so long ago, each tried once. A text is an error."""
    time = f"{before(store, ago):012x}"
    prefix = f"{time[:8]}-{time[8:]}-7000-8000-"
    with store.engine.begin() as connection:
        place = connection.scalar(sa.select(sa.func.count()).select_from(outbox.delivery)) or 0
    for number, each in enumerate(took, start=place):
        (given,) = put(store, endpoint, 1, first=number, state="succeeded")
        own = f"{prefix}{number:012x}"
        values: dict[str, Any] = {"delivery_id": own, "number": 1, "started_time": 1}
        values |= {"error": each} if isinstance(each, str) else {"milliseconds": each}
        with store.engine.begin() as connection:
            row = sa.update(outbox.delivery).where(outbox.delivery.c.id == given.id)
            connection.execute(row.values(id=own))
            connection.execute(sa.insert(outbox.attempt), values)


def test_an_endpoint_without_deliveries_has_no_figures(store: SqlStore) -> None:
    found = store.measures.of_endpoint(make(store).id, ALL)
    assert found.states == dict.fromkeys(STATES, 0)
    assert (found.day, found.week, found.oldest_due_time) == (NOTHING, NOTHING, None)


def test_deliveries_are_counted_by_their_state(store: SqlStore) -> None:
    made, other = make(store), make(store)
    for place, state in enumerate(STATES):
        put(store, made.id, place, state=state, batch=state, first=10)
    put(store, other.id, 3)
    found = store.measures.of_endpoint(made.id, ALL)
    assert found.states == {state: place for place, state in enumerate(STATES)}


@pytest.mark.parametrize("bound", [2, 3, 4])
def test_counting_has_a_bound(store: SqlStore, monkeypatch: pytest.MonkeyPatch, bound: int) -> None:
    monkeypatch.setattr(measures, "COUNTED", bound)
    monkeypatch.setattr(measures, "COUNTED_OF_ALL", bound)
    made = make(store)
    put(store, made.id, 3)
    assert store.measures.of_endpoint(made.id, ALL).states["pending"] == min(3, bound)
    assert store.measures.of_all().pending == min(3, bound)


def test_what_waits_longest_is_told_of_both_lanes(store: SqlStore) -> None:
    made = make(store)
    put(store, made.id, 1, due_time=LATER)
    assert store.measures.of_endpoint(made.id, ALL).oldest_due_time is None
    put(store, made.id, 1, batch="again", lane=REPLAYED)
    with store.engine.begin() as connection:
        again = sa.update(outbox.delivery).where(outbox.delivery.c.batch == "again")
        connection.execute(again.values(due_time=5))
    assert store.measures.of_endpoint(made.id, ALL).oldest_due_time == 5


def test_attempts_of_the_last_day_and_week_are_told(store: SqlStore) -> None:
    made, other = make(store), make(store)
    tried(store, made.id, 2 * HOUR, [10.0, 20.0, 30.0, "timeout"])
    tried(store, made.id, 30 * HOUR, [400.0] * 4)
    tried(store, made.id, 8 * DAY, [9000.0])
    tried(store, other.id, HOUR, ["http"])
    found = store.measures.of_endpoint(made.id, ALL)
    assert found.day == Period(attempts=4, success=0.75, p50=20.0, p95=30.0, is_exact=True)
    assert found.week == Period(attempts=8, success=7 / 8, p50=400.0, p95=400.0, is_exact=True)


def test_what_was_made_by_a_clock_that_is_ahead_is_of_now(store: SqlStore) -> None:
    made = make(store)
    tried(store, made.id, -HOUR // 6, [20.0])
    found = store.measures.of_endpoint(made.id, ALL)
    assert (found.day.attempts, found.week.attempts) == (1, 1)
    assert sum(each.succeeded for each in store.measures.course(made.id, ALL)) == 1


@pytest.mark.parametrize("count", [1, 2, 3])
def test_of_many_it_is_a_sample_of_each_part_of_the_time(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(measures, "OF_EACH", 2)
    made = make(store)
    for hours in (2, 12, 20):
        tried(store, made.id, hours * HOUR + HOUR // 2, [float(hours)] * count)
    found = store.measures.of_endpoint(made.id, ALL).day
    assert (found.attempts, found.is_exact) == (3 * min(count, 2), count < 3)
    assert found.p50 == 12.0


@pytest.mark.parametrize(
    ("ordered", "share", "expected"),
    [
        ([], 0.5, None),
        ([1.0], 0.5, 1.0),
        ([1.0], 0.95, 1.0),
        ([1.0, 2.0], 0.5, 1.0),
        ([1.0, 2.0, 3.0], 0.5, 2.0),
        ([float(n) for n in range(1, 101)], 0.95, 95.0),
        ([float(n) for n in range(1, 21)], 0.95, 19.0),
        ([float(n) for n in range(1, 22)], 0.95, 20.0),
    ],
)
def test_a_quantile_is_a_value_that_was_met(
    ordered: list[float], share: float, expected: float | None
) -> None:
    assert quantile(ordered, share) == expected


def test_nobody_is_told_of_anothers_endpoint(store: SqlStore) -> None:
    made = make(store, organization_id="o1")
    put(store, made.id, 2)
    for scope in SEEING:
        assert store.measures.of_endpoint(made.id, scope).states["pending"] == 2
    for scope in BLIND:
        with pytest.raises(NotFound):
            store.measures.of_endpoint(made.id, scope)


def test_the_queue_of_all_is_told_to_the_operator(store: SqlStore) -> None:
    assert store.measures.of_all() == Outbox(
        pending=0, inflight=0, oldest_due_seconds=0.0, disabled=0
    )
    put(store, make(store, realm="acme").id, 2)
    put(store, make(store).id, 2)
    make(store, enabled=False)
    claim(store, 1)
    with store.engine.begin() as connection:
        pending = sa.update(outbox.delivery).where(outbox.delivery.c.state == "pending")
        connection.execute(pending.values(due_time=before(store, 90_000)))
    found = store.measures.of_all()
    assert (found.pending, found.inflight, found.disabled) == (3, 1, 1)
    assert 90 <= found.oldest_due_seconds <= 300


AN_HOUR = 3600.0


def late(store: SqlStore) -> float:
    """For how many seconds something could have been sent, and was not."""
    return store.measures.of_all().oldest_due_seconds


def old(store: SqlStore, count: int = 1, **more: Any) -> str:
    """An endpoint of which so much is due since an hour."""
    made = make(store, **more).id
    put(store, made, count)
    with store.engine.begin() as connection:
        mine = sa.update(outbox.delivery).where(outbox.delivery.c.endpoint_id == made)
        connection.execute(mine.values(due_time=before(store, HOUR)))
    return made


def waits_since(store: SqlStore, endpoint_id: str, **values: Any) -> None:
    """Let an endpoint's health say so."""
    store.healths.change([endpoint_id], lambda *_: ("{}", 0, 8))
    with store.engine.begin() as connection:
        mine = sa.update(outbox.health).where(outbox.health.c.endpoint_id == endpoint_id)
        connection.execute(mine.values(**values))


def test_what_could_be_sent_and_is_not_is_the_alarm(store: SqlStore) -> None:
    old(store)
    assert AN_HOUR <= late(store) <= AN_HOUR + 60


@pytest.mark.parametrize("name", ["paused_until", "next_time"])
def test_what_waits_on_purpose_is_not_late_and_counts_from_its_end(
    store: SqlStore, name: str
) -> None:
    """A pause that was asked for, or of a breaker; and what a rate allows."""
    made = old(store)
    waits_since(store, made, **{name: before(store, -HOUR)})
    assert late(store) == 0
    waits_since(store, made, **{name: before(store, 120_000)})
    assert 120 <= late(store) <= 180
    # Nor does it hide that another is.
    old(store)
    assert late(store) >= AN_HOUR


def test_what_waits_for_a_slow_receiver_is_not_late_unless_who_sent_to_it_died(
    store: SqlStore,
) -> None:
    made = old(store, 3)
    waits_since(store, made, in_flight_limit=2)
    assert len(claim(store, 9)) == 2
    assert late(store) == 0
    with store.engine.begin() as connection:
        mine = sa.update(outbox.delivery).where(outbox.delivery.c.state == "inflight")
        connection.execute(mine.values(lease_time=1))
    assert late(store) >= AN_HOUR


def test_what_a_disabled_endpoint_has_is_not_late(store: SqlStore) -> None:
    store.endpoints.disable(old(store), "failing")
    assert late(store) == 0


def test_what_is_behind_another_in_order_is_not_late(store: SqlStore) -> None:
    made = old(store, 2, ordering="fifo")
    with store.engine.begin() as connection:
        first = sa.update(outbox.delivery).where(outbox.delivery.c.position == 1)
        connection.execute(first.values(due_time=before(store, -HOUR)))
    assert late(store) == 0
    claim(store, 1)
    assert store.measures.of_endpoint(made, ALL).states["pending"] == 2


def test_what_nobody_has_made_deliveries_of_waits_as_well(store: SqlStore) -> None:
    def waits() -> bool:
        return store.measures.of_all().oldest_due_seconds > 0

    store.append(entries(2))
    time.sleep(0.01)
    assert not waits(), "nobody wants it"
    make(store)
    assert not waits(), "it is older than who wants it"
    store.append(entries(1))
    time.sleep(0.01)
    assert waits()
    while store.deliveries.fan_out(lambda records, endpoints: [], limit=2):
        pass
    assert not waits()
