"""What is over is removed after its time, and what nobody can send is put aside."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from flask_auditlog.delivery.replaying import wanted
from flask_auditlog.store import SqlStore
from flask_auditlog.store.outbox import endpoints as register
from flask_auditlog.store.outbox import tables as outbox
from flask_auditlog.store.outbox.removing import remove
from flask_auditlog.store.promises.again import Asked
from flask_auditlog.store.webhooks import Delivery
from flask_auditlog.store.webhooks import ENDS
from flask_auditlog.store.webhooks import State
from flask_auditlog.store.webhooks import STATES
from flask_auditlog.store.writing import read_now

from . import kept
from .samples import ALL
from .test_deliveries import claim
from .test_deliveries import ending
from .test_deliveries import put
from .test_deliveries import states
from .test_endpoints import make

DAY = 24 * 3600 * 1000
MINUTE = 60_000


@pytest.fixture(autouse=True)
def _realms(store: SqlStore) -> None:
    store.realms.add_all(["default", "acme"])


def before(store: SqlStore, milliseconds: int) -> int:
    with store.engine.connect() as connection:
        return read_now(connection) - milliseconds


def tried(store: SqlStore, ago: int, state: State = "succeeded") -> Delivery:
    """A delivery, made, tried and ended so many milliseconds ago, with an answer."""
    (given,) = put(store, "one", 1, batch=str(ago))
    then = before(store, ago)
    (claimed,) = claim(store)
    store.deliveries.finish([ending(claimed, "succeeded")])
    with store.engine.begin() as connection:
        connection.execute(
            sa.update(outbox.attempt)
            .where(outbox.attempt.c.delivery_id == given.id)
            .values(started_time=then, response_body="ok")
        )
        connection.execute(
            sa.update(outbox.delivery)
            .where(outbox.delivery.c.id == given.id)
            .values(
                state=state,
                created_time=then,
                finished_time=then if state in ENDS else None,
                due_time=then,
            )
        )
    return given


def prune(store: SqlStore, limit: int = 100) -> int:
    return store.upkeep.prune(bodies_days=30, rows_days=90, limit=limit)


def test_answers_are_forgotten_after_a_month(store: SqlStore) -> None:
    old, new = tried(store, 30 * DAY + MINUTE), tried(store, 30 * DAY - MINUTE)
    assert prune(store) == 1
    assert prune(store) == 0
    (before,), (after,) = (kept.attempts(store, each.id) for each in (old, new))
    assert (before.response_body, after.response_body) == (None, "ok")
    assert before.status == 204
    assert states(store, [old, new]) == ["succeeded"] * 2


def test_what_ended_is_forgotten_after_three(store: SqlStore) -> None:
    old, new = tried(store, 90 * DAY + MINUTE), tried(store, 90 * DAY - MINUTE)
    # The old one's answer, attempt and delivery; the new one's answer.
    assert prune(store) == 4
    assert prune(store) == 0
    assert kept.delivery(store, old.id) is None
    assert kept.attempts(store, old.id) == []
    assert states(store, [new]) == ["succeeded"]
    assert len(kept.attempts(store, new.id)) == 1


@pytest.mark.parametrize("state", STATES)
def test_what_has_not_ended_is_kept(store: SqlStore, state: State) -> None:
    given = tried(store, 400 * DAY, state)
    prune(store)
    assert (kept.delivery(store, given.id) is None) is (state in ENDS)


@pytest.mark.parametrize("limit", [1, 3, 4, 5])
def test_much_is_forgotten_in_pieces(store: SqlStore, limit: int) -> None:
    given = [tried(store, 100 * DAY + number) for number in range(4)]
    counts = []
    while count := prune(store, limit):
        counts.append(count)
        assert count <= 3 * limit
    assert all(kept.delivery(store, each.id) is None for each in given)
    assert all(kept.attempts(store, each.id) == [] for each in given)
    assert len(counts) >= 4 // limit


def test_replays_that_are_over_are_forgotten_too(store: SqlStore) -> None:
    made = make(store)
    jobs = []
    for _ in range(2):
        job = store.replays.begin(made.id, ALL, Asked(kind="replay"), wanted)
        store.replays.step(job.id, wanted, limit=1)
        jobs.append(job)
    with store.engine.begin() as connection:
        old = sa.update(outbox.replay).where(outbox.replay.c.id == jobs[0].id)
        connection.execute(old.values(finished_time=before(store, 90 * DAY + MINUTE)))
    assert prune(store) == 1
    assert store.replays.get(jobs[0].id, ALL) is None
    assert store.replays.get(jobs[1].id, ALL) is not None


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_what_waits_for_a_disabled_endpoint_is_held(store: SqlStore, limit: int) -> None:
    on, off = make(store), make(store)
    (waiting,) = put(store, on.id, 1)
    given = put(store, off.id, 3)
    (done,) = put(store, off.id, 1, batch="old", state="succeeded")
    store.endpoints.disable(off.id, "gone")
    counts = []
    while count := store.upkeep.tidy(limit=limit):
        counts.append(count)
    assert (sum(counts), max(counts)) == (3, min(limit, 3))
    assert states(store, given) == ["held"] * 3
    assert states(store, [waiting, done]) == ["pending", "succeeded"]


@pytest.mark.parametrize("limit", [1, 4, 5, 6])
def test_what_waits_for_nobody_is_cancelled(store: SqlStore, limit: int) -> None:
    there = make(store)
    (waiting,) = put(store, there.id, 1)
    gone: dict[str, Any] = {}
    for name in ("a", "z"):
        gone[name] = [
            *put(store, name, 3, batch="x"),
            *put(store, name, 2, batch="y", state="held"),
        ]
        gone[name] += put(store, name, 1, batch="z", state="succeeded")
    only_held = put(store, "h", 2, state="held")
    gone["h"] = []
    with store.engine.begin() as connection:
        connection.execute(sa.delete(outbox.endpoint).where(outbox.endpoint.c.id.in_(gone)))
    changed = 0
    while count := store.upkeep.tidy(limit=limit):
        assert count <= 3 * limit
        changed += count
    assert changed == 12
    assert states(store, only_held) == ["cancelled"] * 2
    for given in (gone["a"], gone["z"]):
        assert states(store, given) == ["cancelled"] * 5 + ["succeeded"]
    assert states(store, [waiting]) == ["pending"]


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_an_endpoint_that_was_half_deleted_goes(
    store: SqlStore, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process died over a long backlog."""
    made, other = make(store), make(store)
    given = put(store, made.id, 5)
    pieces = 0

    def die(*arguments: Any, **more: Any) -> int:
        nonlocal pieces
        pieces += 1
        if pieces == 2:
            raise KeyboardInterrupt
        return remove(*arguments, **more)

    monkeypatch.setattr(register, "PIECE", 2)
    monkeypatch.setattr(register, "remove", die)
    with pytest.raises(KeyboardInterrupt):
        store.endpoints.delete(made.id, ALL)
    half = store.endpoints.get(made.id, ALL)
    assert half is not None
    assert (half.enabled, half.disabled_reason) == (False, "deleted")
    while store.upkeep.tidy(limit=limit):
        pass
    assert store.endpoints.get(made.id, ALL) is None
    assert store.endpoints.secrets(made.id) == []
    assert states(store, given) == ["cancelled"] * 5
    assert store.endpoints.get(other.id, ALL) == other


def test_where_all_is_well_nothing_is_done(store: SqlStore) -> None:
    assert store.upkeep.tidy(limit=10) == prune(store) == 0
    tried(store, 5 * DAY)
    put(store, make(store).id, 2)
    assert store.upkeep.tidy(limit=10) == prune(store) == 0
