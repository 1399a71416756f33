"""The register of endpoints: nobody sees another's, and nothing is half changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from flask_auditlog.errors import InvalidWebhook
from flask_auditlog.errors import NotFound
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.outbox import endpoints as register
from flask_auditlog.store.webhooks import Delivery
from flask_auditlog.store.webhooks import Endpoint

from .contract import HOSTILE
from .samples import ALL
from .samples import entries
from .test_deliveries import claim
from .test_deliveries import ending
from .test_deliveries import put
from .test_deliveries import states

DAY = 24 * 3600 * 1000
ACME = Scope(realm="acme", organization_id=None)
ONE = Scope(realm="default", organization_id="o1")
TWO = Scope(realm="default", organization_id="o2")


@pytest.fixture(autouse=True)
def _realms(store: SqlStore) -> None:
    store.realms.add_all(["default", "acme"])


def make(
    store: SqlStore, at_most: int = 50, sealed: bytes | None = b"first", **more: Any
) -> Endpoint:
    given: dict[str, Any] = {"id": "", "realm": "default", "url": "https://example.com"}
    more = {"enabled": True} | more
    new = Endpoint(**given | more)
    return store.endpoints.create(new, sealed=sealed, kind="hmac", at_most=at_most)


def test_an_endpoint_is_what_it_was_made(store: SqlStore) -> None:
    store.append(entries(3))
    made = make(
        store,
        event_types=("access.*", "admin.USER-*"),
        exclude_clients=("mine",),
        attributes={"a": [1, None, "é"]},
        auth_type="hmac",
        headers=b"sealed",
        timeout=2.5,
        created_by="7",
    )
    assert store.endpoints.get(made.id, ALL) == made
    assert (made.since_position, made.version, made.disabled_reason) == (3, 1, None)
    assert made.created_time == made.updated_time > 1_700_000_000_000
    assert [each.ciphertext for each in store.endpoints.secrets(made.id)] == [b"first"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_written_comes_back(store: SqlStore, text: str) -> None:
    made = make(store, description=text, event_types=(text,), attributes={text: text})
    assert store.endpoints.get(made.id, ALL) == made
    changed = store.endpoints.update(made.id, ALL, {"url": text})
    assert store.endpoints.get(made.id, ALL) == changed
    assert changed.url == text


@pytest.mark.parametrize(
    ("of", "seen_by"),
    [
        ({}, [ALL]),
        ({"organization_id": "o1"}, [ALL, ONE]),
        ({"realm": "acme"}, [ACME]),
        ({"realm": "acme", "organization_id": "o1"}, [ACME]),
    ],
)
def test_nobody_sees_or_changes_anothers(
    store: SqlStore, of: dict[str, Any], seen_by: list[Scope]
) -> None:
    made = make(store, **of)
    for scope in (ALL, ONE, TWO, ACME):
        if scope in seen_by:
            assert store.endpoints.get(made.id, scope) == made
            assert store.endpoints.all(scope, first=0, limit=9) == [made]
            assert store.endpoints.count(scope) == 1
            continue
        assert store.endpoints.get(made.id, scope) is None
        assert store.endpoints.all(scope, first=0, limit=9) == []
        assert store.endpoints.count(scope) == 0
        with pytest.raises(NotFound):
            store.endpoints.update(made.id, scope, {"url": "x"})
        with pytest.raises(NotFound):
            store.endpoints.delete(made.id, scope)
        with pytest.raises(NotFound):
            store.endpoints.rotate(made.id, scope, b"x", kind="hmac", grace=0)
        with pytest.raises(NotFound):
            store.endpoints.retire(made.id, scope)
    assert store.endpoints.get(made.id, seen_by[0]) == made
    assert len(store.endpoints.secrets(made.id)) == 1


def test_they_come_in_pages_the_newest_first(store: SqlStore) -> None:
    made = [make(store) for _ in range(3)][::-1]
    for first, limit, expected in ((0, 2, made[:2]), (2, 2, made[2:]), (3, 2, []), (0, 3, made)):
        assert store.endpoints.all(ALL, first=first, limit=limit) == expected


def test_what_one_organization_has_is_no_others_limit(store: SqlStore) -> None:
    owners: list[dict[str, Any]] = [{}, {"organization_id": "o1"}, {"organization_id": "o2"}]
    owners.append({"organization_id": "o1", "realm": "acme"})
    for owner in owners:
        make(store, 1, **owner)
    for owner in owners:
        with pytest.raises(InvalidWebhook, match="Delete one"):
            make(store, 1, **owner)


def test_a_realm_that_is_not_there_has_none(store: SqlStore) -> None:
    with pytest.raises(NotFound, match="realm add"):
        make(store, realm="nowhere")


@pytest.mark.parametrize("at_most", [1, 3])
def test_a_realm_has_so_many_also_if_they_come_at_once(store: SqlStore, at_most: int) -> None:
    make(store, realm="acme")

    def attempt(_: int) -> bool:
        try:
            make(store, at_most)
        except InvalidWebhook:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, range(6))) == at_most
    assert store.endpoints.count(ALL) == at_most


def test_a_change_is_a_new_version(store: SqlStore) -> None:
    made = make(store)
    off = store.endpoints.update(made.id, ALL, {"enabled": False, "event_types": ("x",)})
    assert (off.version, off.enabled, off.disabled_reason) == (2, False, "manual")
    assert off.disabled_time is not None
    on = store.endpoints.update(made.id, ALL, {"enabled": True})
    assert (on.version, on.disabled_reason, on.disabled_time) == (3, None, None)
    assert store.endpoints.get(made.id, ALL) == on
    assert on.event_types == ("x",)


@pytest.mark.parametrize("field", ["realm", "organization_id", "id", "since_position"])
def test_whose_it_is_never_changes(store: SqlStore, field: str) -> None:
    made = make(store)
    with pytest.raises(ValueError, match="never changes"):
        store.endpoints.update(made.id, ALL, {field: "o1"})


def test_it_is_disabled_once(store: SqlStore) -> None:
    made = make(store)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: store.endpoints.disable(made.id, "gone"), range(4)))
    assert sum(done) == 1
    found = store.endpoints.get(made.id, ALL)
    assert found is not None
    assert (found.enabled, found.disabled_reason, found.version) == (False, "gone", 2)
    assert not store.endpoints.disable("nobody", "gone")


@pytest.mark.parametrize("piece", [1, 2, 3, 10])
def test_what_was_on_its_way_is_cancelled_with_it(
    store: SqlStore, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "PIECE", piece)
    made = make(store)
    given = put(store, made.id, 4)
    other = put(store, "other", 1)
    first, second = claim(store, 2)[:2] if made.id < "other" else claim(store, 5)[:2]
    mine = [each for each in (first, second) if each.endpoint_id == made.id]
    store.deliveries.finish([ending(mine[0])])
    store.endpoints.delete(made.id, ALL)
    in_flight = ["inflight"] * len(mine[1:])
    cancelled = ["cancelled"] * (3 - len(in_flight))
    assert sorted(states(store, given)) == [*cancelled, *in_flight, "succeeded"]
    # How that ended is heard still.
    heard = store.deliveries.finish([ending(each) for each in mine[1:]])
    assert heard == {each.id for each in mine[1:]}
    assert "cancelled" not in states(store, other)
    assert store.endpoints.get(made.id, ALL) is None
    assert store.endpoints.secrets(made.id) == []
    with pytest.raises(NotFound):
        store.endpoints.delete(made.id, ALL)


def test_a_new_secret_signs_beside_the_old_one_for_a_time(store: SqlStore) -> None:
    made = make(store)
    rotated = store.endpoints.rotate(made.id, ALL, b"second", kind="hmac", grace=DAY)
    new, old = store.endpoints.secrets(made.id)
    assert (new.ciphertext, new.expires_time, old.ciphertext) == (b"second", None, b"first")
    assert old.expires_time == new.created_time + DAY
    assert rotated == store.endpoints.get(made.id, ALL)
    assert rotated.version == 2
    store.endpoints.rotate(made.id, ALL, b"third", kind="ed25519", grace=0)
    # What was to end tomorrow still does; what was current ends now.
    kept = [(each.ciphertext, each.kind) for each in store.endpoints.secrets(made.id)]
    assert kept == [(b"third", "ed25519"), (b"first", "hmac")]


@pytest.mark.parametrize(("grace", "kept"), [(-5, 0), (7 * DAY, 7 * DAY), (8 * DAY, 7 * DAY)])
def test_the_overlap_is_bounded(store: SqlStore, grace: int, kept: int) -> None:
    made = make(store)
    store.endpoints.rotate(made.id, ALL, b"second", kind="hmac", grace=grace)
    ends = [each.expires_time for each in store.endpoints.secrets(made.id)]
    assert ends == ([None] if not kept else [None, pytest.approx(ends[1], abs=1)])
    current = store.endpoints.secrets(made.id)[0]
    assert kept == 0 or ends[1] == current.created_time + kept


def test_no_more_than_ten_sign(store: SqlStore) -> None:
    made = make(store)
    for number in range(15):
        store.endpoints.rotate(made.id, ALL, b"%d" % number, kind="hmac", grace=DAY)
    found = [each.ciphertext for each in store.endpoints.secrets(made.id)]
    assert found == [b"%d" % number for number in range(14, 4, -1)]


def test_health_is_changed_by_one_at_a_time(store: SqlStore) -> None:
    made = make(store)
    assert store.healths.of([made.id]).get(made.id) is None

    def count(_: int) -> None:
        store.healths.change([made.id], lambda _, known: (str(int(known or 0) + 1), 0, 8))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(20)))
    assert store.healths.of([made.id]).get(made.id) == "20"
    store.healths.change(["nobody"], lambda _, known: ("x", 0, 8))
    assert store.healths.of(["nobody"]).get("nobody") is None


def test_one_that_is_enabled_again_begins_anew(store: SqlStore) -> None:
    made = make(store)
    store.healths.change([made.id], lambda _, known: ("x", 4_000_000_000_000, 1))
    store.endpoints.update(made.id, ALL, {"enabled": True, "url": "x"})
    assert store.healths.of([made.id]).get(made.id) == "x"
    store.endpoints.update(made.id, ALL, {"enabled": False})
    assert store.healths.of([made.id]).get(made.id) == "x"
    store.endpoints.update(made.id, ALL, {"enabled": True})
    assert store.healths.of([made.id]).get(made.id) is None


def test_what_health_says_is_heard_by_the_queue(store: SqlStore) -> None:
    made = make(store)
    put(store, made.id, 5)
    store.healths.change([made.id], lambda _, known: ("x", 4_000_000_000_000, 8))
    assert claim(store) == []
    store.healths.change([made.id], lambda _, known: ("x", 0, 2))
    claimed: list[Delivery] = claim(store)
    assert len(claimed) == 2


def test_many_are_changed_at_once(store: SqlStore) -> None:
    made = [make(store).id for _ in range(3)]
    store.healths.change(made[:2], lambda each, known: (each, 0, 8))
    store.healths.change([*made, "nobody"], lambda each, known: (f"{known}!", 0, 8))
    assert store.healths.of(made) == {
        made[0]: f"{made[0]}!",
        made[1]: f"{made[1]}!",
        made[2]: "None!",
    }


def test_they_are_found_by_their_names_in_all_realms(store: SqlStore) -> None:
    made = [make(store).id for _ in range(3)]
    found = store.endpoints.named([*made[:2], "nobody"])
    assert found == {each: store.endpoints.get(each, ALL) for each in made[:2]}


def test_old_secrets_are_ended_and_the_current_one_stays(store: SqlStore) -> None:
    made = make(store)
    other = make(store)
    for each in (made, other):
        store.endpoints.rotate(each.id, ALL, b"second", kind="hmac", grace=DAY)
    assert store.endpoints.retire(made.id, ALL) == 1
    assert [each.ciphertext for each in store.endpoints.secrets(made.id)] == [b"second"]
    assert len(store.endpoints.secrets(other.id)) == 2
    # Whoever sends has opened them, and looks again at another version.
    found = store.endpoints.get(made.id, ALL)
    assert found is not None
    assert found.version == 3
    assert store.endpoints.retire(made.id, ALL) == 0
