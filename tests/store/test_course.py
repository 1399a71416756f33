"""How the last day went for an endpoint, in its half hours."""

from __future__ import annotations

import pytest

from flask_auditlog.errors import NotFound
from flask_auditlog.store import SqlStore
from flask_auditlog.store.outbox import course
from flask_auditlog.store.outbox.course import HALF_HOUR
from flask_auditlog.store.webhooks import Interval

from .samples import ALL
from .test_endpoints import make
from .test_measures import tried
from .test_sent import BLIND
from .test_upkeep import before

HOUR = 3600 * 1000


@pytest.fixture(autouse=True)
def _realms(store: SqlStore) -> None:
    store.realms.add_all(["default", "acme"])


def at(store: SqlStore, endpoint: str, ago: int) -> Interval:
    """The half hour of so long ago."""
    time = before(store, ago)
    (found,) = [e for e in store.measures.course(endpoint, ALL) if e.start <= time < e.end]
    return found


def test_a_day_is_of_half_hours_and_ends_with_this_one(store: SqlStore) -> None:
    found = store.measures.course(make(store).id, ALL)
    assert len(found) == 48
    assert [each.end for each in found[:-1]] == [each.start for each in found[1:]]
    assert found[-1].start <= before(store, 0) < found[-1].end
    assert found[-1].end % HALF_HOUR == 0
    assert {(e.succeeded, e.failed, e.p95, e.is_exact) for e in found} == {(0, 0, None, True)}


def test_tries_are_told_by_when_their_delivery_was_made(store: SqlStore) -> None:
    made, other = make(store), make(store)
    tried(store, made.id, 2 * HOUR, [10.0, 20.0, 30.0, "timeout"])
    tried(store, made.id, 30 * HOUR, [400.0])
    tried(store, other.id, 2 * HOUR, ["http"])
    found = at(store, made.id, 2 * HOUR)
    assert (found.succeeded, found.failed, found.p95, found.is_exact) == (3, 1, 30.0, True)
    assert sum(e.succeeded + e.failed for e in store.measures.course(made.id, ALL)) == 4


@pytest.mark.parametrize(
    ("count", "expected", "is_exact"),
    [(3, (2, 1), True), (4, (2, 2), True), (6, (3, 3), False), (10, (4, 4), False)],
)
def test_of_many_some_are_looked_at_and_the_others_taken_to_be_like_them(
    store: SqlStore,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    expected: tuple[int, int],
    is_exact: bool,
) -> None:
    monkeypatch.setattr(course, "OF_EACH", 4)
    monkeypatch.setattr(course, "COUNTED", 8)
    made = make(store)
    took: list[float | str] = [5.0, "http"] * 5
    tried(store, made.id, 2 * HOUR, took[:count])
    found = at(store, made.id, 2 * HOUR)
    assert ((found.succeeded, found.failed), found.is_exact) == (expected, is_exact)


def test_nobody_is_told_of_anothers(store: SqlStore) -> None:
    made = make(store, organization_id="o1")
    for scope in BLIND:
        with pytest.raises(NotFound):
            store.measures.course(made.id, scope)
