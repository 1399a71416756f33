"""What became of deliveries, as people see it: within their scope, newest first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from flask_auditlog.errors import NotFound
from flask_auditlog.errors import WebhookDisabled
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.webhooks import Delivery

from . import kept
from .samples import ALL
from .samples import entries
from .test_deliveries import claim
from .test_deliveries import ending
from .test_deliveries import put
from .test_deliveries import states
from .test_endpoints import ACME
from .test_endpoints import make
from .test_endpoints import ONE
from .test_endpoints import TWO

# Of an endpoint of an organization: who sees it, and who does not.
SEEING, BLIND = (ALL, ONE), (TWO, ACME)


@pytest.fixture(autouse=True)
def _realms(store: SqlStore) -> None:
    store.realms.add_all(["default", "acme"])


def sent_to(store: SqlStore, count: int = 1, **more: Any) -> list[Delivery]:
    """Deliveries to a new endpoint of an organization."""
    made = make(store, organization_id="o1")
    return put(store, made.id, count, **more)


def test_a_delivery_is_told_with_its_endpoint_its_event_and_its_last_attempt(
    store: SqlStore,
) -> None:
    (record,) = store.append(entries(1)).records
    (given,) = sent_to(store)
    waiting = store.sent.get(given.id, ALL)
    assert waiting is not None
    assert (waiting.last_time, waiting.last_message) == (None, None)
    (claimed,) = claim(store)
    store.deliveries.finish([ending(claimed, "pending", due_time=1, error="http", status=503)])
    (claimed,) = claim(store)
    store.deliveries.finish([ending(claimed)])
    found = store.sent.get(given.id, ALL)
    assert found is not None
    assert found.delivery == kept.delivery(store, given.id)
    assert (found.uid, found.url, found.enabled) == (
        record.event.uid,
        "https://example.com",
        True,
    )
    assert found.last_time == 1
    assert store.sent.to_endpoint(given.endpoint_id, ALL) == [found]
    assert store.sent.of_record(1, ALL) == [found]


def test_nobody_sees_what_went_to_anothers_endpoint(store: SqlStore) -> None:
    (given,) = sent_to(store)
    (claimed,) = claim(store)
    store.deliveries.finish([ending(claimed)])
    for scope in SEEING:
        assert store.sent.get(given.id, scope)
        assert len(store.sent.attempts(given.id, scope)) == 1
        assert len(store.sent.to_endpoint(given.endpoint_id, scope)) == 1
        assert len(store.sent.of_record(1, scope)) == 1
    for scope in BLIND:
        assert store.sent.get(given.id, scope) is None
        assert store.sent.attempts(given.id, scope) == []
        assert store.sent.to_endpoint(given.endpoint_id, scope) == []
        assert store.sent.of_record(1, scope) == []


def test_one_of_a_record_that_is_gone_is_still_told(store: SqlStore) -> None:
    (given,) = sent_to(store)
    found = store.sent.get(given.id, ALL)
    assert found is not None
    assert (found.delivery.id, found.uid) == (given.id, None)


def test_the_list_is_newest_first_and_in_pages(store: SqlStore) -> None:
    given = [each.id for each in sent_to(store, 5)][::-1]
    endpoint = store.endpoints.all(ALL, first=0, limit=1)[0].id
    for first, limit in [(0, 4), (0, 5), (0, 6), (1, 2), (4, 3), (5, 1), (6, 1)]:
        found = store.sent.to_endpoint(endpoint, ALL, first=first, limit=limit)
        assert [each.delivery.id for each in found] == given[first : first + limit]


def test_the_list_is_of_one_state_where_it_is_asked_for(store: SqlStore) -> None:
    given = sent_to(store, 3)
    claimed = claim(store, 1)
    store.deliveries.finish([ending(claimed[0], "exhausted", error="http", status=500)])
    endpoint = given[0].endpoint_id
    (failed,) = store.sent.to_endpoint(endpoint, ALL, state="exhausted")
    assert failed.delivery.id == claimed[0].id
    assert len(store.sent.to_endpoint(endpoint, ALL, state="pending")) == 2


def test_a_ping_goes_to_its_endpoint_alone_and_each_time_it_is_asked_for(store: SqlStore) -> None:
    one, other = make(store), make(store)
    records = store.append(entries(2, type="system.WEBHOOK_TEST")).records
    for record in records:
        made = store.sent.ping(one.id, ALL, position=record.position, type=record.event.type)
        found = store.sent.get(made.id, ALL)
        assert found is not None
        assert (found.delivery.cause, found.delivery.state) == ("test", "pending")
    assert [each.endpoint_id for each in claim(store)] == [one.id] * 2
    assert store.sent.to_endpoint(other.id, ALL) == []


@pytest.mark.parametrize("scope", BLIND)
def test_nobody_pings_anothers_endpoint(store: SqlStore, scope: Scope) -> None:
    made = make(store, organization_id="o1")
    with pytest.raises(NotFound):
        store.sent.ping(made.id, scope, position=1, type="x")
    assert claim(store) == []


def test_nothing_is_sent_to_a_disabled_endpoint_not_even_a_ping(store: SqlStore) -> None:
    made = make(store, enabled=False)
    with pytest.raises(WebhookDisabled, match="disabled"):
        store.sent.ping(made.id, ALL, position=1, type="x")
    assert store.sent.to_endpoint(made.id, ALL) == []


def test_what_waits_for_a_disabled_endpoint_is_held_and_let_go(store: SqlStore) -> None:
    given = sent_to(store, 3)
    endpoint = given[0].endpoint_id
    assert store.sent.hold(endpoint, ALL) == 0, "it is enabled"
    store.endpoints.update(endpoint, ALL, {"enabled": False})
    assert [store.sent.hold(endpoint, scope) for scope in BLIND] == [0, 0]
    assert store.sent.hold(endpoint, ONE) == 3
    for scope in BLIND:
        with pytest.raises(NotFound):
            store.sent.resume(endpoint, scope)
    assert claim(store) == []
    assert store.sent.resume(endpoint, ONE) == 3
    found = store.endpoints.get(endpoint, ALL)
    assert found is not None
    assert (found.enabled, found.disabled_reason) == (True, None)
    assert states(store, given) == ["pending"] * 3


def test_only_what_is_young_enough_is_let_go(store: SqlStore) -> None:
    given = sent_to(store, 2)
    endpoint = given[0].endpoint_id
    store.endpoints.update(endpoint, ALL, {"enabled": False})
    store.sent.hold(endpoint, ALL)
    store.endpoints.update(endpoint, ALL, {"enabled": True})
    found = store.sent.get(given[0].id, ALL)
    assert found is not None
    assert store.sent.resume(endpoint, ALL, since=found.delivery.created_time + 60_000) == 0
    assert store.sent.resume(endpoint, ALL, since=found.delivery.created_time) == 2


def test_long_backlogs_are_held_and_let_go_in_pieces(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_auditlog.store.outbox.sent.PIECE", 2)
    for count in (1, 2, 3, 5):
        endpoint = sent_to(store, count)[0].endpoint_id
        store.endpoints.update(endpoint, ALL, {"enabled": False})
        assert store.sent.hold(endpoint, ALL) == count
        store.endpoints.update(endpoint, ALL, {"enabled": True})
        assert store.sent.resume(endpoint, ALL) == count


def test_a_secret_of_the_log_is_made_once(store: SqlStore) -> None:
    assert store.keyring.kept("one", lambda: b"first") == b"first"
    assert store.keyring.kept("one", lambda: b"second") == b"first"
    assert store.keyring.kept("other", lambda: b"second") == b"second"


def test_who_comes_second_takes_the_secret_that_is_there(store: SqlStore) -> None:
    def meanwhile() -> bytes:
        store.keyring.kept("one", lambda: b"first")
        return b"second"

    assert store.keyring.kept("one", meanwhile) == b"first"


def test_the_secrets_of_the_log_belong_to_no_endpoint(store: SqlStore) -> None:
    store.keyring.kept("one", lambda: b"first")
    made = make(store, sealed=None)
    assert store.endpoints.secrets(made.id) == []
    store.endpoints.delete(made.id, ALL)
    assert store.keyring.kept("one", lambda: b"second") == b"first"


def test_a_secret_of_the_log_is_rotated_and_the_old_one_is_good_for_its_time(
    store: SqlStore,
) -> None:
    store.keyring.kept("one", lambda: b"first")
    store.keyring.kept("one more", lambda: b"other")
    store.keyring.rotate("one", b"second", grace=60_000)
    store.keyring.rotate("one", b"third", grace=0)
    found = store.keyring.live("one")
    assert [each.ciphertext for each in found] == [b"third", b"first"]
    assert found[0].expires_time is None
    assert store.keyring.kept("one", lambda: b"none") == b"third"
    assert store.keyring.kept("one more", lambda: b"none") == b"other"


def test_one_that_was_never_needed_begins_with_a_rotation(store: SqlStore) -> None:
    assert store.keyring.live("one") == []
    store.keyring.rotate("one", b"first", grace=60_000)
    assert [each.ciphertext for each in store.keyring.live("one")] == [b"first"]


def test_two_who_rotate_at_once_leave_one_current(store: SqlStore) -> None:
    store.keyring.kept("one", lambda: b"first")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: store.keyring.rotate("one", b"%d" % n, grace=60_000), range(4)))
    ends = [each.expires_time for each in store.keyring.live("one")]
    assert ends.count(None) == 1
    assert len(ends) == 5
