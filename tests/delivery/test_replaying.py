"""Whoever is there makes all replays go on, by turns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flask_auditlog.delivery.fanout import expand
from flask_auditlog.delivery.replaying import advance
from flask_auditlog.delivery.replaying import wanted
from flask_auditlog.errors import QueryTimeout
from flask_auditlog.store import SqlStore
from flask_auditlog.store.promises.again import Asked
from flask_auditlog.store.promises.again import Replay
from flask_auditlog.store.webhooks import Endpoint
from tests.store.samples import ALL
from tests.store.samples import entries
from tests.store.samples import opened

ASKED = Asked(kind="replay", rate=1000)


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    with opened(database_url) as store:
        store.upgrade()
        store.realms.add_all(["default"])
        yield store


def begun(store: SqlStore, count: int) -> list[Replay]:
    """Replays to so many endpoints, of three events each."""
    made = [
        store.endpoints.create(
            Endpoint(
                id="", realm="default", url="https://example.com", enabled=True, event_types=("*",)
            ),
            sealed=None,
            kind="hmac",
            at_most=9,
        )
        for _ in range(count)
    ]
    store.append(entries(3))
    while store.deliveries.fan_out(expand, limit=100):
        pass
    return [store.replays.begin(each.id, ALL, ASKED, wanted) for each in made]


def now(store: SqlStore, job: Replay) -> Replay:
    found = store.replays.get(job.id, ALL)
    assert found is not None
    return found


def test_all_go_on_until_they_are_done(store: SqlStore) -> None:
    jobs = begun(store, 2)
    assert advance(store, limit=2, seconds=60) == 6
    assert [now(store, each).state for each in jobs] == ["done", "done"]
    assert advance(store) == 0


def test_each_has_a_step_when_the_time_is_short(store: SqlStore) -> None:
    jobs = begun(store, 2)
    assert advance(store, limit=1, seconds=0.000_001) in {0, 2}
    assert advance(store, limit=1, seconds=60) >= 4
    assert [now(store, each).made for each in jobs] == [3, 3]


def test_one_that_waits_does_not_keep_us(store: SqlStore) -> None:
    waits, goes = begun(store, 2)
    store.endpoints.disable(waits.endpoint_id, "failing")
    assert advance(store, seconds=60) == 3
    assert now(store, waits) == waits
    assert now(store, goes).state == "done"


def test_one_that_fails_stops_no_other(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fails, goes = begun(store, 2)
    step = store.replays.step

    def broken(replay_id: str, *arguments: Any, **more: Any) -> Replay | None:
        if replay_id == fails.id:
            raise QueryTimeout
        return step(replay_id, *arguments, **more)

    monkeypatch.setattr(store.replays, "step", broken)
    assert advance(store, seconds=60) == 3
    assert now(store, goes).state == "done"
    assert "could not go on" in caplog.text
    monkeypatch.undo()
    assert advance(store, seconds=60) == 3
    assert now(store, fails).state == "done"
