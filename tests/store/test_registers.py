from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from flask_auditlog.errors import ConfigError
from flask_auditlog.errors import InvalidEvent
from flask_auditlog.errors import NotFound
from flask_auditlog.store import SqlStore
from flask_auditlog.store import Token
from flask_auditlog.store.kept import registers
from flask_auditlog.store.tables import token as token_table

from .samples import opened

MINUTE = 60_000


def create(store: SqlStore, **given: object) -> tuple[Token, str]:
    """Create a token in a realm that is there."""
    store.realms.add("acme")
    values = {"name": "siem", "realm": "acme", "permissions": ["view-events"]}
    return store.tokens.create(**(values | given))  # type: ignore[arg-type] # checked by the call


def later(monkeypatch: pytest.MonkeyPatch, milliseconds: int) -> None:
    """Set the registers' clock ahead."""
    now = time.time_ns() // 1_000_000 + milliseconds
    monkeypatch.setattr(registers, "_now", lambda: now)


def test_a_realm_is_registered_once(store: SqlStore) -> None:
    assert [store.realms.add(name) for name in ("b", "a", "b")] == [True, True, False]
    assert store.realms.all() == ["a", "b"]


def test_only_what_was_registered_is_a_realm(store: SqlStore, database_url: str) -> None:
    with opened(database_url) as other:
        assert "acme" not in other.realms
        store.realms.add_all(["acme", "acme", "beta"])
        assert ["acme" in other.realms, "Acme" in other.realms, None in other.realms] == [
            True,
            False,
            False,
        ]


@pytest.mark.parametrize("name", ["", "-a", "a b", "a/b", "a\n", "é", "a" * 64, "a\0", "' OR 1"])
def test_a_name_that_no_realm_can_have_is_refused(store: SqlStore, name: str) -> None:
    with pytest.raises(ConfigError):
        store.realms.add(name)
    assert store.realms.all() == []


def test_a_token_is_found_by_its_secret_alone(store: SqlStore, database_url: str) -> None:
    made, secret = create(store, organization_id="org-a", permissions=["publish-as", "view-events"])
    with opened(database_url) as other:
        found = other.tokens.find(secret)
    assert found is not None
    assert (found.id, found.realm, found.organization_id) == (made.id, "acme", "org-a")
    assert found.permissions == {"publish-as", "view-events"}
    wrong = [secret[:-1], secret + "x", secret.upper(), made.id, "", "al_", secret[3:]]
    assert [store.tokens.find(each) for each in wrong] == [None] * 7


def test_no_secret_is_stored(store: SqlStore) -> None:
    _, secret = create(store)
    store.tokens.find(secret)
    with store.engine.connect() as connection:
        row = connection.execute(sa.select(token_table)).one()
    assert secret.encode() not in repr(row).encode()
    assert secret.removeprefix("al_").encode() not in repr(row).encode()


def test_a_token_for_an_unknown_realm_or_permission_is_refused(store: SqlStore) -> None:
    with pytest.raises(NotFound, match="realm"):
        create(store, realm="nowhere")
    with pytest.raises(InvalidEvent, match="permission"):
        create(store, permissions=["view-event"])
    assert store.tokens.all() == []


def test_a_token_ends_when_it_expires(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    _, secret = create(store, expires_time=time.time_ns() // 1_000_000 + MINUTE)
    assert store.tokens.find(secret) is not None
    later(monkeypatch, MINUTE + 1)
    assert store.tokens.find(secret) is None


def test_a_token_ends_at_once_when_it_is_revoked(store: SqlStore) -> None:
    made, secret = create(store)
    assert store.tokens.find(secret) is not None
    assert store.tokens.revoke(made.id).revoked_time is not None
    assert store.tokens.find(secret) is None


def test_a_token_revoked_twice_ended_the_first_time(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = create(store)
    first = store.tokens.revoke(made.id)
    later(monkeypatch, MINUTE)
    assert store.tokens.revoke(made.id) == first


def test_a_revocation_elsewhere_is_seen_soon(
    store: SqlStore, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registers, "REMEMBERED", 0.05)
    made, secret = create(store)
    with opened(database_url) as other:
        assert other.tokens.find(secret) is not None
        store.tokens.revoke(made.id)
        time.sleep(0.06)
        assert other.tokens.find(secret) is None


def test_a_revocation_elsewhere_is_seen_where_the_use_is_noted(
    store: SqlStore, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, secret = create(store)
    with opened(database_url) as other:
        other.tokens.find(secret)
        store.tokens.revoke(made.id)
        later(monkeypatch, 2 * MINUTE)
        assert other.tokens.find(secret) is None


def test_an_unknown_token_cannot_be_revoked(store: SqlStore) -> None:
    with pytest.raises(NotFound, match="token"):
        store.tokens.revoke("nobody")


def test_the_last_use_is_noted_once_a_minute(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = create(store)
    noted = []
    for after in (0, MINUTE // 2, 2 * MINUTE):
        later(monkeypatch, after)
        store.tokens.find(secret)
        noted.append(store.tokens.all()[0].last_used_time or 0)
    assert noted[0] == noted[1] > 0
    assert noted[2] > noted[0] + MINUTE


def test_all_tokens_are_listed_newest_first_with_the_ended(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = create(store)
    later(monkeypatch, MINUTE)
    second, _ = create(store, name="other")
    store.tokens.revoke(first.id)
    assert [token.id for token in store.tokens.all()] == [second.id, first.id]
