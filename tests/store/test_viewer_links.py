"""Viewer links: found by their secret alone, ended by time and by hand, within a scope."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from flask_auditlog.errors import NotFound
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store import ViewerLink
from flask_auditlog.store.kept import links

from .samples import opened

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
NORTHWIND = Scope(realm="acme", organization_id="northwind")
WHOLE = Scope(realm="acme", organization_id=None)


@pytest.fixture(autouse=True)
def _realms(store: SqlStore) -> None:
    store.realms.add_all(["acme", "beta"])


def now() -> int:
    return time.time_ns() // 1_000_000


def link(name: str = "one", **given: object) -> ViewerLink:
    """A link of northwind that lives for a minute."""
    values = {
        "id": name,
        "realm": "acme",
        "organization_id": "northwind",
        "created_time": now(),
        "expires_time": now() + MINUTE,
    }
    return ViewerLink(**(values | given))  # type: ignore[arg-type] # checked by the call


def later(monkeypatch: pytest.MonkeyPatch, milliseconds: int) -> None:
    """Set the register's clock ahead."""
    ahead = now() + milliseconds
    monkeypatch.setattr(links, "_now", lambda: ahead)


def names(store: SqlStore, scope: Scope, at_most: int = 10) -> list[str]:
    return [each.id for each in store.viewer_links.living(scope, at_most=at_most)]


def test_a_link_is_found_by_its_secret_alone(store: SqlStore, database_url: str) -> None:
    new = link(
        organization_name="Northwind",
        user_id="7",
        username="maya@northwind.example",
        embed=("https://a.example", "https://b.example"),
        created_by="9",
    )
    secret = store.viewer_links.add(new)
    with opened(database_url) as other:
        assert other.viewer_links.find(secret) == new
    wrong = [secret[:-1], secret + "x", secret.swapcase(), new.id, "", "al_view_", secret[8:]]
    assert [store.viewer_links.find(each) for each in wrong] == [None] * 7


def test_a_link_is_no_token_and_a_token_no_link(store: SqlStore) -> None:
    secret = store.viewer_links.add(link())
    _, token = store.tokens.create(name="t", realm="acme", permissions=["view-events"])
    assert store.tokens.find(secret) is None
    assert store.viewer_links.find(token) is None


def test_no_secret_is_stored(store: SqlStore) -> None:
    secret = store.viewer_links.add(link())
    store.viewer_links.find(secret)
    with store.engine.connect() as connection:
        row = connection.execute(sa.select(links.viewer_link)).one()
    assert secret.removeprefix(links.PREFIX) not in repr(row)


def test_a_link_into_an_unknown_realm_is_refused(store: SqlStore) -> None:
    with pytest.raises(NotFound, match="realm"):
        store.viewer_links.add(link(realm="nowhere"))


def test_a_link_ends_by_itself(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = store.viewer_links.add(link())
    later(monkeypatch, MINUTE + 1)
    assert store.viewer_links.find(secret) is None
    assert names(store, WHOLE) == []


def test_a_link_that_is_revoked_elsewhere_ends_at_once(store: SqlStore, database_url: str) -> None:
    secret = store.viewer_links.add(link())
    assert store.viewer_links.find(secret) is not None
    with opened(database_url) as other:
        assert other.viewer_links.revoke("one", WHOLE).revoked_time is not None
    assert store.viewer_links.find(secret) is None
    assert names(store, WHOLE) == []


def test_a_link_revoked_twice_ended_the_first_time(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.viewer_links.add(link())
    first = store.viewer_links.revoke("one", NORTHWIND)
    later(monkeypatch, MINUTE)
    assert store.viewer_links.revoke("one", NORTHWIND) == first


@pytest.mark.parametrize(
    ("link_id", "scope"),
    [
        ("nobody", WHOLE),
        ("one", Scope(realm="beta", organization_id=None)),
        ("one", Scope(realm="acme", organization_id="other")),
        ("one", Scope(realm="beta", organization_id="northwind")),
    ],
)
def test_nobody_ends_a_link_that_is_not_theirs(store: SqlStore, link_id: str, scope: Scope) -> None:
    secret = store.viewer_links.add(link())
    with pytest.raises(NotFound, match="viewer link"):
        store.viewer_links.revoke(link_id, scope)
    assert store.viewer_links.find(secret) is not None


def test_the_living_are_listed_newest_first_within_a_scope(store: SqlStore) -> None:
    for age, (name, more) in enumerate(
        [
            ("other", {"organization_id": "other"}),
            ("beta", {"realm": "beta"}),
            ("new", {}),
            ("old", {}),
        ]
    ):
        store.viewer_links.add(link(name, created_time=now() - age * MINUTE, **more))
    assert names(store, WHOLE) == ["other", "new", "old"]
    assert names(store, NORTHWIND) == ["new", "old"]
    assert names(store, NORTHWIND, at_most=1) == ["new"]


def test_the_last_use_is_noted_once_a_minute(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = store.viewer_links.add(link(expires_time=now() + DAY))
    noted = []
    for after in (0, MINUTE // 2, 2 * MINUTE):
        later(monkeypatch, after)
        store.viewer_links.find(secret)
        noted.append(store.viewer_links.living(WHOLE, at_most=1)[0].last_used_time or 0)
    assert noted[0] == noted[1] > 0
    assert noted[2] > noted[0] + MINUTE


def test_a_link_that_ended_long_ago_is_forgotten(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.viewer_links.add(link("ended"))
    store.viewer_links.add(link("living", expires_time=now() + 3 * DAY))
    later(monkeypatch, 2 * DAY)
    store.viewer_links.add(link("new", expires_time=now() + 3 * DAY))
    with store.engine.connect() as connection:
        kept = set(connection.scalars(sa.select(links.viewer_link.c.id)))
    assert kept == {"living", "new"}
