"""What is done from time to time: each in its time, and much of it sooner."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from flask_auditlog.delivery.chores import Chores
from flask_auditlog.delivery.replaying import wanted
from flask_auditlog.settings import Webhooks
from flask_auditlog.store import SqlStore
from flask_auditlog.store.outbox import tables as outbox
from flask_auditlog.store.promises.again import Asked
from flask_auditlog.store.webhooks import Delivery
from tests.store import kept
from tests.store.samples import ALL
from tests.store.samples import entries
from tests.store.samples import opened
from tests.store.test_deliveries import claim
from tests.store.test_deliveries import put
from tests.store.test_deliveries import states
from tests.store.test_endpoints import make

DAY = 24 * 3600 * 1000


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    with opened(database_url) as store:
        store.upgrade()
        store.realms.add_all(["default"])
        yield store


def test_all_of_it_is_done(store: SqlStore) -> None:
    store.append(entries(3))
    made, off = make(store, event_types=("*",)), make(store, enabled=False)
    job = store.replays.begin(made.id, ALL, Asked(kind="replay"), wanted)
    (waiting,) = put(store, off.id, 1)
    (died,) = put(store, made.id, 1, first=50)
    old, recent = put(store, made.id, 2, first=60, state="succeeded")
    claim(store, 1, seconds=-1)
    with store.engine.begin() as connection:
        for each, days in ((old, 91), (recent, 89)):
            connection.execute(
                sa.update(outbox.delivery)
                .where(outbox.delivery.c.id == each.id)
                .values(finished_time=store.deliveries.clock() - days * DAY)
            )
    lost: list[Delivery] = []
    Chores(store, Webhooks(), lost.extend)()
    assert [each.id for each in lost] == [died.id]
    replayed = store.replays.get(job.id, ALL)
    assert replayed is not None
    assert (replayed.state, replayed.made) == ("done", 3)
    assert states(store, [waiting, recent]) == ["held", "succeeded"]
    assert kept.delivery(store, old.id) is None


class Noting:
    """A store that notes what is asked of it, where there is so much to do."""

    def __init__(self, count: int = 0) -> None:
        self.count = count
        self.asked: list[str] = []
        self.followers = SimpleNamespace(turn=self.turn)
        self.deliveries = SimpleNamespace(expire=lambda limit: self.note("expire", []))
        self.replays = SimpleNamespace(unfinished=lambda: self.note("replays", []))
        self.upkeep = SimpleNamespace(
            tidy=lambda limit: self.note("tidy", 0),
            prune=lambda **_: self.note("prune", self.count),
        )
        self.is_turn = True

    def turn(self, name: str, *, every: float) -> bool:
        return self.is_turn

    def note(self, name: str, answer: Any) -> Any:
        self.asked.append(name)
        return answer

    def during(
        self, monkeypatch: pytest.MonkeyPatch, seconds: int, *, is_turn: bool = True
    ) -> dict[str, int]:
        """How often each is done in so many seconds."""
        self.is_turn = is_turn
        do = Chores(self, Webhooks(), lambda lost: None)  # type: ignore[arg-type]
        for tenth in range(10 * seconds):
            now = 1000.0 + tenth / 10
            monkeypatch.setattr(
                "flask_auditlog.delivery.chores.time.monotonic", lambda now=now: now
            )
            do()
        return {name: self.asked.count(name) for name in ("expire", "replays", "tidy", "prune")}


def test_each_is_done_in_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Noting().during(monkeypatch, 60)
    assert done["expire"] in {54, 55, 56, 57, 58, 59, 60}
    assert done["replays"] == done["expire"]
    assert (done["tidy"], done["prune"]) == (6, 1)


@pytest.mark.parametrize(("count", "often"), [(999, False), (1000, True), (1001, True)])
def test_where_there_is_much_to_do_it_is_done_soon_again(
    monkeypatch: pytest.MonkeyPatch, count: int, often: bool
) -> None:
    assert (Noting(count).during(monkeypatch, 60)["prune"] > 50) is often


def test_what_another_process_did_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Noting().during(monkeypatch, 60, is_turn=False)
    assert set(done.values()) == {0}
