"""What is sent again to an endpoint: all of it, once, whenever whoever makes it dies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from flask_auditlog.delivery.fanout import expand
from flask_auditlog.delivery.replaying import wanted
from flask_auditlog.errors import Conflict
from flask_auditlog.errors import NotFound
from flask_auditlog.errors import WebhookDisabled
from flask_auditlog.event import Record
from flask_auditlog.store import SqlStore
from flask_auditlog.store.outbox import replays
from flask_auditlog.store.outbox import tables as outbox
from flask_auditlog.store.outbox.deliveries import add
from flask_auditlog.store.promises.again import Asked
from flask_auditlog.store.promises.again import Replay
from flask_auditlog.store.webhooks import Delivery
from flask_auditlog.store.webhooks import Endpoint
from flask_auditlog.store.webhooks import REPLAYED
from flask_auditlog.store.webhooks import State

from . import kept
from .samples import ALL
from .samples import entries
from .samples import entry
from .samples import together
from .test_deliveries import claim
from .test_deliveries import LATER
from .test_deliveries import put
from .test_endpoints import ACME
from .test_endpoints import make
from .test_endpoints import ONE
from .test_sent import BLIND
from .test_sent import SEEING

ANY, MISSING = Asked(kind="replay", rate=1000), Asked(kind="missing", rate=1000)
FAILED = Asked(kind="recover", rate=1000)


@pytest.fixture(autouse=True)
def _realms(store: SqlStore) -> None:
    store.realms.add_all(["default", "acme"])


def listening(store: SqlStore, **more: Any) -> Endpoint:
    return make(store, **({"event_types": ("*",)} | more))


def fan_out(store: SqlStore) -> None:
    while store.deliveries.fan_out(expand, limit=500):
        pass


def begin(store: SqlStore, of: Endpoint, asked: Asked = ANY) -> Replay:
    return store.replays.begin(of.id, ALL, asked, wanted)


def finish(store: SqlStore, job: Replay, limit: int = 100) -> Replay:
    """Step until it is over; no step makes more than *limit*."""
    while True:
        then = store.replays.step(job.id, wanted, limit=limit)
        assert then is not None
        assert then.made - job.made <= limit
        if then.state != "running":
            return then
        assert then.cursor != job.cursor
        job = then


def deliveries(store: SqlStore, batch: str) -> list[Delivery]:
    statement = sa.select(outbox.delivery).where(outbox.delivery.c.batch == batch)
    with store.engine.connect() as connection:
        rows = connection.execute(statement.order_by(outbox.delivery.c.position)).mappings()
        return [Delivery(**row) for row in rows]


def positions(store: SqlStore, job: Replay) -> list[int]:
    return [each.position for each in deliveries(store, job.id)]


def set_rows(store: SqlStore, given: Sequence[Delivery], **values: Any) -> None:
    with store.engine.begin() as connection:
        which = outbox.delivery.c.id.in_([each.id for each in given])
        connection.execute(sa.update(outbox.delivery).where(which).values(**values))


def failed(store: SqlStore, of: Endpoint, states: Sequence[State]) -> list[Delivery]:
    """A delivery in each of these states, of a record each; it ended long ago."""
    given = put(store, of.id, len(states))
    for each, state in zip(given, states, strict=True):
        ended = None if state in {"held", "pending", "inflight"} else 1000
        set_rows(store, [each], state=state, finished_time=ended, created_time=1000)
    return given


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6, 100])
def test_every_event_of_the_log_is_sent_again_once(store: SqlStore, limit: int) -> None:
    """Also those that are older than the endpoint, in whichever steps."""
    store.append(entries(3))
    made = listening(store)
    store.append(entries(2))
    fan_out(store)
    job = begin(store, made)
    assert (job.state, job.planned, job.is_exact, job.made) == ("running", 5, True, 0)
    ended = finish(store, job, limit)
    assert (ended.state, ended.made) == ("done", 5)
    assert ended.finished_time is not None
    assert positions(store, job) == [1, 2, 3, 4, 5]
    assert {(each.cause, each.lane) for each in deliveries(store, job.id)} == {("replay", REPLAYED)}
    assert store.replays.get(job.id, ALL) == ended
    assert store.replays.unfinished() == []
    assert store.replays.step(job.id, wanted, limit=9) is None


@pytest.mark.parametrize("read", [1, 2, 3])
@pytest.mark.parametrize("span", [1, 2, 50])
def test_no_seam_of_what_is_read_loses_or_doubles_one(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, read: int, span: int
) -> None:
    monkeypatch.setattr("flask_auditlog.store.outbox.picking.READ", read)
    monkeypatch.setattr("flask_auditlog.store.outbox.picking.SPAN", span)
    made = listening(store, realm="acme")
    for each in ("default", "acme", "acme", "default", "default", "acme"):
        store.append(entries(1, realm_id=each))
    fan_out(store)
    job = store.replays.begin(made.id, ACME, ANY, wanted)
    while job.state == "running":
        then = store.replays.step(job.id, wanted, limit=2)
        assert then is not None
        job = then
    assert positions(store, job) == [2, 3, 6]
    assert job.planned == 3


def test_only_what_the_endpoint_wants_is_sent(store: SqlStore) -> None:
    store.append([entry("a.b"), entry("c.d"), entry("a.b", organization_id="o1")])
    store.append([entry("a.c", client_id="mine"), entry("a.b", realm_id="acme")])
    fan_out(store)
    plain = listening(store, event_types=("a.*",), exclude_clients=("mine",))
    bound = listening(store, organization_id="o1")
    assert positions(store, finish(store, begin(store, plain))) == [1, 3]
    assert positions(store, finish(store, begin(store, bound))) == [3]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"after_position": 2}, [2, 3, 4]),
        ({"before_position": 3}, [1, 2]),
        ({"after_position": 2, "before_position": 4}, [2, 3]),
        ({"after_position": 3, "before_position": 3}, []),
        ({"after_position": 4, "before_position": 2}, []),
        ({"after_position": -5, "before_position": LATER}, [1, 2, 3, 4]),
        ({"after": 0}, [1, 2, 3, 4]),
        ({"after": LATER}, []),
        ({"before": 0}, []),
        ({"before": LATER, "after_position": 4}, [4]),
    ],
)
def test_a_range_begins_with_its_first_and_ends_before_its_last(
    store: SqlStore, given: dict[str, Any], expected: list[int]
) -> None:
    made = listening(store)
    store.append(entries(4))
    fan_out(store)
    job = begin(store, made, Asked(kind="replay", rate=1000, **given))
    assert positions(store, finish(store, job, 3)) == expected
    assert job.planned == len(expected)


def test_times_are_those_of_arrival(store: SqlStore) -> None:
    made = listening(store)
    received = [store.append(entries(1, time=7)).records[0].received_time for _ in range(9)]
    fan_out(store)
    for time in {*received, received[0] - 1, received[-1] + 1}:
        since = begin(store, made, Asked(kind="replay", rate=1000, after=time))
        later = [n for n, each in enumerate(received, start=1) if each >= time]
        assert positions(store, finish(store, since)) == later
        until = begin(store, made, Asked(kind="replay", rate=1000, before=time))
        sooner = [n for n, each in enumerate(received, start=1) if each < time]
        assert positions(store, finish(store, until)) == sooner


def test_what_comes_by_itself_is_not_replayed(store: SqlStore) -> None:
    made = listening(store)
    store.append(entries(2))
    fan_out(store)
    store.append(entries(2))
    job = begin(store, made)
    fan_out(store)
    assert positions(store, finish(store, job)) == [1, 2]
    assert len(deliveries(store, "")) == 4


def test_what_an_endpoint_never_had_is_missing(store: SqlStore) -> None:
    store.append(entries(2))
    made = listening(store)
    store.append(entries(6))
    fan_out(store)
    given = deliveries(store, "")
    for each, state in zip(
        given, ["succeeded", "exhausted", "held", "inflight", "cancelled"], strict=False
    ):
        set_rows(store, [each], state=state)
    # One that was cancelled never came; one that failed is recovered.
    first = finish(store, begin(store, made, MISSING))
    assert positions(store, first) == [1, 2, 7]
    assert first.planned == 3
    assert finish(store, begin(store, made, MISSING)).made == 0
    store.replays.cancel(first.id, ALL)
    assert positions(store, finish(store, begin(store, made, MISSING))) == [1, 2, 7]


def test_what_failed_is_recovered(store: SqlStore) -> None:
    made = listening(store)
    states: list[State] = ["exhausted", "succeeded", "quarantined", "held", "pending", "cancelled"]
    given = failed(store, made, states)
    job = begin(store, made, FAILED)
    assert job.planned == 2
    assert positions(store, finish(store, job, 1)) == [1, 3]
    # What is on its way again is not asked for again.
    assert finish(store, begin(store, made, FAILED)).made == 0
    assert kept.delivery(store, given[0].id).state == "exhausted"  # type: ignore[union-attr]


def test_what_came_in_the_end_is_not_recovered(store: SqlStore) -> None:
    made = listening(store)
    failed(store, made, ["exhausted", "exhausted"])
    later = put(store, made.id, 1, batch="again")
    set_rows(store, later, state="succeeded")
    assert positions(store, finish(store, begin(store, made, FAILED))) == [2]


def test_what_a_recovery_itself_failed_with_is_for_the_next(store: SqlStore) -> None:
    made = listening(store)
    failed(store, made, ["exhausted", "exhausted"])
    job = begin(store, made, FAILED)
    store.replays.step(job.id, wanted, limit=1)
    set_rows(store, deliveries(store, job.id), state="exhausted", finished_time=LATER)
    assert positions(store, finish(store, job)) == [1, 2]


def test_what_failed_twice_is_recovered_once(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_auditlog.store.outbox.picking.READ", 1)
    made = listening(store)
    failed(store, made, ["exhausted"])
    again = put(store, made.id, 1, batch="again")
    set_rows(store, again, state="exhausted", finished_time=1000, created_time=1000)
    job = begin(store, made, FAILED)
    first = store.replays.step(job.id, wanted, limit=1)
    assert first is not None
    set_rows(store, deliveries(store, job.id), state="exhausted", finished_time=1000)
    assert finish(store, first).made == 1


def test_what_fails_after_a_recovery_began_is_for_the_next(store: SqlStore) -> None:
    made = listening(store)
    (given,) = put(store, made.id, 1)
    job = begin(store, made, Asked(kind="recover", before=LATER, rate=1000))
    set_rows(store, [given], state="exhausted", finished_time=job.created_time)
    assert finish(store, job).made == 0


@pytest.mark.parametrize("since", [999, 1000, 1001])
@pytest.mark.parametrize("before", [1000, 1001, None])
def test_failures_are_recovered_since_a_time(
    store: SqlStore, since: int, before: int | None
) -> None:
    made = listening(store)
    failed(store, made, ["exhausted"])
    job = begin(store, made, Asked(kind="recover", after=since, before=before))
    assert finish(store, job).made == (since <= 1000 and before != 1000)


@pytest.mark.parametrize("read", [1, 2, 500])
def test_what_is_held_is_recovered_if_that_is_asked(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, read: int
) -> None:
    monkeypatch.setattr("flask_auditlog.store.outbox.picking.READ", read)
    made = listening(store)
    given = failed(store, made, ["held", "exhausted", "held", "quarantined"])
    job = begin(store, made, Asked(kind="recover", held=True, rate=1000))
    assert positions(store, finish(store, job, 3)) == [1, 2, 3, 4]
    # The new one stands for the one that was held: it is not sent twice.
    assert store.sent.resume(made.id, ALL) == 0
    assert kept.delivery(store, given[0].id).state == "cancelled"  # type: ignore[union-attr]


class Dying:
    """Adds deliveries as the store does; the third time its process dies over it."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, connection: sa.Connection, given: Sequence[Delivery], now: int) -> None:
        add(connection, given, now)
        self.times += 1
        if self.times == 3:
            raise KeyboardInterrupt


def test_what_is_held_stands_for_what_failed_of_the_same_event(store: SqlStore) -> None:
    made = listening(store)
    (held,) = failed(store, made, ["held"])
    later = put(store, made.id, 1, batch="again")
    set_rows(store, later, state="exhausted", finished_time=1000)
    job = begin(store, made, Asked(kind="recover", held=True, rate=1000))
    assert finish(store, job).made == 1
    assert kept.delivery(store, held.id).state == "cancelled"  # type: ignore[union-attr]


def test_many_at_once_make_each_delivery_once(store: SqlStore) -> None:
    made = listening(store)
    store.append(entries(40))
    fan_out(store)
    job = begin(store, made)

    def work(_: int) -> None:
        while [each for each in store.replays.unfinished() if each.id == job.id]:
            store.replays.step(job.id, wanted, limit=3)

    together(work, 4)
    ended = store.replays.get(job.id, ALL)
    assert ended is not None
    assert (ended.state, ended.made) == ("done", 40)
    assert positions(store, job) == list(range(1, 41))


@pytest.mark.parametrize("asked", [ANY, MISSING, Asked(kind="recover", held=True, rate=1000)])
@pytest.mark.parametrize("limit", [1, 2])
def test_a_death_in_the_middle_loses_nothing_and_doubles_nothing(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, asked: Asked, limit: int
) -> None:
    store.append(entries(5))
    fan_out(store)
    made = listening(store)
    if asked.kind == "recover":
        failed(store, made, ["held", "exhausted", "held", "quarantined", "held"])
    job = begin(store, made, asked)
    monkeypatch.setattr(replays, "add", Dying())
    with pytest.raises(KeyboardInterrupt):
        finish(store, job, limit)
    left = store.replays.get(job.id, ALL)
    assert left is not None
    assert positions(store, job) == list(range(1, left.made + 1))
    assert left.made == 2 * limit
    assert finish(store, left, limit).made == 5
    assert positions(store, job) == [1, 2, 3, 4, 5]


def test_one_that_is_raised_out_of_the_matching_moves_nothing(store: SqlStore) -> None:
    made = listening(store)
    store.append(entries(3))
    fan_out(store)
    job = begin(store, made)

    def refuse(records: Sequence[Record], endpoint: Endpoint) -> Sequence[Record]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.replays.step(job.id, refuse, limit=2)
    assert store.replays.get(job.id, ALL) == job
    assert finish(store, job).made == 3


def test_deliveries_are_spread_over_time(store: SqlStore) -> None:
    made = listening(store)
    store.append(entries(25))
    fan_out(store)
    job = begin(store, made, Asked(kind="replay", rate=2))
    first = store.replays.step(job.id, wanted, limit=8)
    assert first is not None
    due = [each.due_time for each in deliveries(store, job.id)]
    # None is due before it is there: the first one is later than it was to be.
    assert [first.due_time - each for each in due[1:]] == [500 * n for n in range(7, 0, -1)]
    assert first.due_time - due[0] <= 4000
    # What is due in ten seconds is made, and no more.
    second = store.replays.step(job.id, wanted, limit=100)
    assert second is not None
    assert 19 <= second.made <= 21
    assert deliveries(store, job.id)[8].due_time == first.due_time
    third = store.replays.step(job.id, wanted, limit=100)
    assert third is not None
    assert third.made - second.made <= 1


def test_a_slow_one_is_made_slowly(store: SqlStore) -> None:
    made = listening(store)
    store.append(entries(5))
    fan_out(store)
    job = begin(store, made, Asked(kind="replay", rate=0.01))
    for _ in range(3):
        store.replays.step(job.id, wanted, limit=100)
    assert positions(store, job) == [1]


@pytest.mark.parametrize("backlog", [1, 2, 3])
def test_one_whose_endpoint_does_not_take_it_waits(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, backlog: int
) -> None:
    monkeypatch.setattr("flask_auditlog.store.outbox.replays.BACKLOG", backlog)
    made = listening(store)
    store.append(entries(9))
    fan_out(store)
    job = begin(store, made)
    for _ in range(2):
        then = store.replays.step(job.id, wanted, limit=5)
        assert then is not None
        assert then.made == backlog
    set_rows(store, deliveries(store, job.id)[:1], state="succeeded")
    store.replays.step(job.id, wanted, limit=5)
    assert len(positions(store, job)) == backlog + 1


def test_one_of_a_disabled_endpoint_waits_until_that_is_enabled(store: SqlStore) -> None:
    made = listening(store)
    store.append(entries(2))
    fan_out(store)
    job = begin(store, made)
    store.endpoints.disable(made.id, "failing")
    assert store.replays.step(job.id, wanted, limit=5) == job
    with pytest.raises(WebhookDisabled):
        begin(store, made)
    store.endpoints.update(made.id, ALL, {"enabled": True})
    assert finish(store, job).made == 2


def test_there_is_one_at_a_time_of_an_endpoint(store: SqlStore) -> None:
    made, other = listening(store), listening(store)
    store.append(entries(1))
    fan_out(store)
    job = begin(store, made)
    with pytest.raises(Conflict, match="running"):
        begin(store, made, FAILED)
    begin(store, other)
    finish(store, job)
    second = begin(store, made)
    assert store.replays.all(made.id, ALL) == [second, store.replays.get(job.id, ALL)]
    assert store.replays.all(made.id, ALL, first=1, limit=1) == [store.replays.get(job.id, ALL)]


@pytest.mark.parametrize("piece", [1, 2, 3, 4])
def test_one_that_is_cancelled_sends_nothing_more(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr("flask_auditlog.store.outbox.replays.PIECE", piece)
    made = listening(store)
    store.append(entries(6))
    fan_out(store)
    set_rows(store, deliveries(store, ""), state="succeeded")
    job = begin(store, made)
    store.replays.step(job.id, wanted, limit=4)
    (claimed,) = claim(store, 1)
    ended = store.replays.cancel(job.id, ALL)
    assert (ended.state, ended.made) == ("cancelled", 4)
    assert store.replays.get(job.id, ALL) == ended
    assert store.replays.step(job.id, wanted, limit=4) is None
    assert store.replays.cancel(job.id, ALL) == ended
    states = {each.id: each.state for each in deliveries(store, job.id)}
    # What is in flight is its worker's.
    assert states.pop(claimed.id) == "inflight"
    assert list(states.values()) == ["cancelled"] * 3
    # What was sent by itself is not touched.
    assert {each.state for each in deliveries(store, "")} == {"succeeded"}


def test_a_cancellation_that_was_interrupted_is_finished(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = listening(store)
    store.append(entries(3))
    fan_out(store)
    job = begin(store, made)
    finish(store, job)
    monkeypatch.setattr("flask_auditlog.store.outbox.replays.PIECE", 1)
    with store.engine.begin() as connection:
        connection.execute(sa.update(outbox.replay).values(state="cancelling"))
    for _ in range(4):
        then = store.replays.step(job.id, wanted, limit=1)
    assert then is not None
    assert then.state == "cancelled"
    assert {each.state for each in deliveries(store, job.id)} == {"cancelled"}


def test_one_whose_endpoint_is_deleted_is_over(store: SqlStore) -> None:
    made = listening(store)
    store.append(entries(3))
    fan_out(store)
    job = begin(store, made)
    store.replays.step(job.id, wanted, limit=1)
    store.endpoints.delete(made.id, ALL)
    then = store.replays.step(job.id, wanted, limit=1)
    assert then is not None
    assert then.state == "cancelled"
    assert store.replays.unfinished() == []
    assert store.replays.get(job.id, ALL) is None


def test_nobody_replays_to_anothers_endpoint(store: SqlStore) -> None:
    made = listening(store, organization_id="o1")
    job = store.replays.begin(made.id, ONE, ANY, wanted)
    for scope in SEEING:
        assert store.replays.get(job.id, scope) == job
        assert store.replays.all(made.id, scope) == [job]
        assert store.replays.count(made.id, scope, ANY, wanted).value == 0
    for scope in BLIND:
        assert store.replays.get(job.id, scope) is None
        assert store.replays.all(made.id, scope) == []
        with pytest.raises(NotFound):
            store.replays.count(made.id, scope, ANY, wanted)
        with pytest.raises(NotFound):
            store.replays.begin(made.id, scope, ANY, wanted)
        with pytest.raises(NotFound):
            store.replays.cancel(job.id, scope)
    assert store.replays.get(job.id, ALL) == job


@pytest.mark.parametrize("bound", [3, 4, 5])
def test_it_is_told_before_how_many_there_are_up_to_a_bound(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, bound: int
) -> None:
    monkeypatch.setattr("flask_auditlog.store.outbox.replays.COUNTED", bound)
    monkeypatch.setattr("flask_auditlog.store.outbox.picking.READ", 2)
    made = listening(store)
    store.append(entries(4))
    fan_out(store)
    found = store.replays.count(made.id, ALL, ANY, wanted)
    assert (found.value, found.exact) == (min(bound, 4), bound >= 4)
    assert claim(store, 0) == []
    assert store.replays.all(made.id, ALL) == []


def test_counting_ends_also_where_little_is_found(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_auditlog.store.outbox.replays.PAGES", 2)
    monkeypatch.setattr("flask_auditlog.store.outbox.picking.READ", 2)
    made = listening(store)
    store.append(entries(5))
    fan_out(store)
    found = store.replays.count(made.id, ALL, ANY, wanted)
    assert (found.value, found.exact) == (4, False)
