"""Saved views: each person's own, and those that are shared with all who see the same."""

from __future__ import annotations

import pytest

from flask_auditlog.errors import Conflict
from flask_auditlog.errors import NotFound
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.promises.saving import SavedView

from .samples import opened

NORTHWIND = Scope(realm="acme", organization_id="northwind")
WHOLE = Scope(realm="acme", organization_id=None)


@pytest.fixture(autouse=True)
def _realms(store: SqlStore) -> None:
    store.realms.add_all(["acme", "beta"])


def view(
    name: str, owner: str = "maya", scope: Scope = WHOLE, *, shared: bool = False
) -> SavedView:
    """A view whose id is its name."""
    return SavedView(
        id=name,
        realm=scope.realm,
        organization_id=scope.organization_id,
        owner=owner,
        is_shared=shared,
        name=name,
        search="q=type:a",
        created_time=1,
    )


def names(store: SqlStore, scope: Scope, owner: str | None, at_most: int = 10) -> list[str]:
    return [each.name for each in store.saved_views.seen(scope, owner, at_most=at_most)]


def test_a_view_is_seen_by_its_owner_and_a_shared_one_by_all_of_its_scope(
    store: SqlStore, database_url: str
) -> None:
    kept = [view("b"), view("A", shared=True), view("c", "bob", NORTHWIND, shared=True)]
    for each in kept:
        store.saved_views.add(each, at_most=10)
    with opened(database_url) as other:
        assert other.saved_views.seen(WHOLE, "maya", at_most=10) == [kept[1], kept[0]]
    assert names(store, WHOLE, "bob") == names(store, WHOLE, None) == ["A"]
    assert names(store, NORTHWIND, "maya") == ["c"]
    assert names(store, Scope(realm="acme", organization_id="globex"), "bob") == []
    assert names(store, Scope(realm="beta", organization_id=None), "maya") == []


def test_ones_own_are_not_pushed_out_by_those_of_others(store: SqlStore) -> None:
    for n in range(3):
        store.saved_views.add(view(f"a{n}", "bob", shared=True), at_most=10)
    store.saved_views.add(view("z"), at_most=10)
    assert names(store, WHOLE, "maya", at_most=2) == ["a0", "z"]


def test_everybody_may_keep_so_many(store: SqlStore) -> None:
    store.saved_views.add(view("a"), at_most=1)
    with pytest.raises(Conflict):
        store.saved_views.add(view("b"), at_most=1)
    store.saved_views.add(view("c", "bob"), at_most=1)
    store.saved_views.add(view("d", scope=NORTHWIND), at_most=1)
    assert names(store, WHOLE, "maya") == ["a"]


@pytest.mark.parametrize(
    ("scope", "owner", "others", "removed"),
    [
        (WHOLE, "maya", False, True),
        (WHOLE, "bob", False, False),
        (WHOLE, "bob", True, True),
        (WHOLE, None, False, False),
        (NORTHWIND, "maya", True, False),
        (Scope(realm="beta", organization_id=None), "maya", True, False),
    ],
)
def test_a_view_is_removed_by_its_owner_and_a_shared_one_also_by_who_may_manage(
    store: SqlStore, scope: Scope, owner: str | None, *, others: bool, removed: bool
) -> None:
    store.saved_views.add(view("mine"), at_most=10)
    store.saved_views.add(view("ours", shared=True), at_most=10)
    if removed:
        assert store.saved_views.remove("ours", scope, owner, others=others).name == "ours"
    else:
        with pytest.raises(NotFound):
            store.saved_views.remove("ours", scope, owner, others=others)
    if owner != "maya":
        with pytest.raises(NotFound):
            store.saved_views.remove("mine", scope, owner, others=True)
    assert ("ours" in names(store, WHOLE, "maya")) is not removed


def test_there_is_no_view_of_no_realm(store: SqlStore) -> None:
    with pytest.raises(NotFound):
        store.saved_views.add(
            view("a", scope=Scope(realm="nowhere", organization_id=None)), at_most=9
        )
