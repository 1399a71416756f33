"""From the log to deliveries: each event once to each endpoint that wants it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait
from typing import Any

import pytest
import sqlalchemy as sa

from flask_auditlog.delivery.fanout import expand
from flask_auditlog.event import Record
from flask_auditlog.store import SqlStore
from flask_auditlog.store.outbox import endpoints as register
from flask_auditlog.store.outbox import tables as outbox
from flask_auditlog.store.search import reader
from flask_auditlog.store.webhooks import Delivery
from flask_auditlog.store.webhooks import Endpoint
from tests.store.samples import ALL
from tests.store.samples import entries
from tests.store.samples import entry
from tests.store.samples import opened


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    with opened(database_url) as store:
        store.upgrade()
        store.realms.add_all(["default", "acme"])
        yield store


def make(store: SqlStore, **more: Any) -> Endpoint:
    given: dict[str, Any] = {"id": "", "realm": "default", "url": "https://example.com"}
    given |= {"enabled": True, "event_types": ("*",)} | more
    return store.endpoints.create(Endpoint(**given), sealed=None, kind="hmac", at_most=200)


def fan_out(store: SqlStore, limit: int = 500) -> None:
    while store.deliveries.fan_out(expand, limit=limit):
        pass


def claimed(store: SqlStore) -> list[Delivery]:
    return store.deliveries.claim(limit=1000, lease_seconds=60)


def test_each_event_goes_to_each_endpoint_that_wants_it(store: SqlStore) -> None:
    every, logins, bound, other = (
        make(store),
        make(store, event_types=("access.*",)),
        make(store, organization_id="o1"),
        make(store, realm="acme"),
    )
    store.append([entry("access.LOGIN"), entry("foo.bar", organization_id="o1")])
    store.append([entry("foo.bar", realm_id="acme"), entry("system.MAINTENANCE")])
    fan_out(store, limit=3)
    found = Counter((each.endpoint_id, each.position, each.type) for each in claimed(store))
    assert found == Counter(
        [
            (every.id, 1, "access.LOGIN"),
            (every.id, 2, "foo.bar"),
            (every.id, 4, "system.MAINTENANCE"),
            (logins.id, 1, "access.LOGIN"),
            (bound.id, 2, "foo.bar"),
            (other.id, 3, "foo.bar"),
        ]
    )


def test_what_is_new_is_claimed_in_the_transaction_that_makes_it(store: SqlStore) -> None:
    make(store)
    store.append(entries(3))

    def claim(records: int) -> list[Delivery]:
        return store.deliveries.claim(limit=9, lease_seconds=60, expand=expand, records=records)

    assert [each.position for each in claim(2)] == [1, 2]
    assert [each.position for each in claim(2)] == [3]
    assert claim(2) == []


def test_a_claim_that_dies_has_made_nothing(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(store)
    store.append(entries(2))
    with monkeypatch.context() as patched:
        patched.setattr("flask_auditlog.store.outbox.claims.claim", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            store.deliveries.claim(limit=9, lease_seconds=60, expand=expand, records=9)
    assert store.followers.position("webhooks") == 0
    fan_out(store)
    assert [each.position for each in claimed(store)] == [1, 2]


def test_an_endpoint_gets_what_comes_after_it(store: SqlStore) -> None:
    store.append(entries(3))
    make(store)
    store.append(entries(2))
    fan_out(store)
    assert [each.position for each in claimed(store)] == [4, 5]


def test_where_nobody_listens_nothing_is_read(store: SqlStore) -> None:
    store.append(entries(5))

    def refuse(*_: Any) -> list[Delivery]:
        raise AssertionError

    assert store.deliveries.fan_out(refuse, limit=2) == 0
    assert store.followers.position("webhooks") == 5
    make(store)
    store.append(entries(1))
    fan_out(store)
    assert [each.position for each in claimed(store)] == [6]


def test_the_first_endpoint_misses_nothing_of_the_moment_it_is_made_in(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has followed the log before, and somebody begins to just then."""
    if store.engine.dialect.name == "sqlite":
        pytest.skip("On SQLite there is one writer at a time anyway.")
    following: list[Future[None]] = []

    def head(connection: sa.Connection) -> int:
        position = reader.head(connection)
        store.append(entries(1))
        following.append(pool.submit(fan_out, store))
        # If it does not wait for us, it is done by then.
        wait(following, timeout=1)
        return position

    monkeypatch.setattr(register, "head", head)
    with ThreadPoolExecutor(1) as pool:
        make(store)
    following[0].result()
    fan_out(store)
    assert [each.position for each in claimed(store)] == [1]


def test_one_that_is_deleted_while_deliveries_are_made_has_none_left(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store.engine.dialect.name == "sqlite":
        pytest.skip("On SQLite there is one writer at a time anyway.")
    made = make(store)
    store.append(entries(1))
    deleting: list[Future[Endpoint]] = []

    def slowly(records: Sequence[Record], endpoints: Sequence[Endpoint]) -> Sequence[Delivery]:
        deleting.append(pool.submit(store.endpoints.delete, made.id, ALL))
        # If it does not wait for us, it is done by then.
        wait(deleting, timeout=1)
        return expand(records, endpoints)

    with ThreadPoolExecutor(1) as pool:
        store.deliveries.fan_out(slowly, limit=10)
    deleting[0].result()
    with store.engine.connect() as connection:
        states = connection.scalars(sa.select(outbox.delivery.c.state)).all()
    assert set(states) <= {"cancelled"}


def test_what_a_disabled_endpoint_would_have_had_is_held(store: SqlStore) -> None:
    made = make(store, enabled=False)
    store.append(entries(2))
    fan_out(store)
    assert claimed(store) == []
    store.endpoints.update(made.id, ALL, {"enabled": True})
    assert claimed(store) == []
    store.append(entries(1))
    fan_out(store)
    assert [each.position for each in claimed(store)] == [3]


def test_one_that_is_deleted_gets_nothing_more(store: SqlStore) -> None:
    made = make(store)
    make(store, event_types=())
    store.append(entries(2))
    fan_out(store)
    store.endpoints.delete(made.id, ALL)
    store.append(entries(2))
    fan_out(store)
    assert claimed(store) == []
    assert store.deliveries.oldest_due() is None


def test_many_at_once_make_each_delivery_once(store: SqlStore) -> None:
    """While events come, and endpoints with them: none of an endpoint's is missing or doubled."""
    first = make(store)
    late: list[Endpoint] = []

    def work(number: int) -> None:
        for turn in range(15):
            if number == 0:
                store.append(entries(4))
            elif number == 1 and turn % 5 == 0:
                late.append(make(store))
            else:
                store.deliveries.fan_out(expand, limit=7)

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(work, range(5)))
    fan_out(store)
    store.healths.change([first.id], lambda _, __: ("{}", 0, 1000))
    for each in late:
        store.healths.change([each.id], lambda _, __: ("{}", 0, 1000))
    found: dict[str, list[int]] = {}
    for each_delivery in claimed(store):
        found.setdefault(each_delivery.endpoint_id, []).append(each_delivery.position)
    for endpoint in (first, *late):
        wanted = list(range(endpoint.since_position + 1, 61))
        assert sorted(found.get(endpoint.id, [])) == wanted
