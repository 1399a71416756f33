"""Reading on from a position: no gap, nothing twice, and nobody learns of others."""

from __future__ import annotations

import pytest

from flask_auditlog.errors import QueryError
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.search import feed

from .samples import ALL
from .samples import ANY
from .samples import entries
from .samples import entry
from .samples import uids

ACME = Scope(realm="default", organization_id="acme")


def test_it_gives_what_is_behind_a_position_in_order(store: SqlStore) -> None:
    given = [entry(time=-n) for n in range(5)]
    store.append(given)
    first = store.feed.read(0, ANY, ALL, limit=2)
    rest = store.feed.read(first.position, ANY, ALL, limit=9)
    assert (first.position, first.more, rest.position, rest.more) == (2, True, 5, False)
    assert uids([*first.records, *rest.records]) == uids(given)


def test_an_empty_log_has_nothing_and_stays_at_the_beginning(store: SqlStore) -> None:
    found = store.feed.read(0, ANY, ALL, limit=9)
    assert (found.records, found.position, found.more) == ((), 0, False)
    assert store.feed.end(ALL) == store.feed.end(ACME) == 0


@pytest.mark.parametrize("scope", [ALL, ACME])
def test_a_filter_that_matches_nothing_moves_on_to_the_end(store: SqlStore, scope: Scope) -> None:
    store.append(entries(7, organization_id="acme"))
    found = store.feed.read(0, Query(type="rare"), scope, limit=2)
    assert (found.records, found.position, found.more) == ((), 7, False)


@pytest.mark.parametrize("scope", [ALL, ACME])
def test_no_more_is_looked_at_than_its_bound(
    store: SqlStore, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "WALKED", 3)
    store.append([*entries(7, organization_id="acme"), entry("rare", organization_id="acme")])
    position, answers = 0, []
    for _ in range(3):
        found = store.feed.read(position, Query(type="rare"), scope, limit=2)
        position = found.position
        answers.append((position, found.more, len(found.records)))
    assert answers == [(3, True, 0), (6, True, 0), (8, False, 1)]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 9])
def test_what_arrives_meanwhile_is_given_once(store: SqlStore, limit: int) -> None:
    position, seen = 0, []
    given = entries(9)
    for added in (given[:4], given[4:5], given[5:]):
        store.append(added)
        more = True
        while more:
            found = store.feed.read(position, ANY, ALL, limit=limit)
            seen += uids(found.records)
            position, more = found.position, found.more
    assert seen == uids(given)


def test_it_never_goes_back(store: SqlStore) -> None:
    store.append(entries(2))
    found = store.feed.read(99, ANY, ALL, limit=2)
    assert (found.records, found.position, found.more) == ((), 99, False)


def test_an_organization_gets_its_own_and_no_sign_of_others(store: SqlStore) -> None:
    mine = [entry(organization_id="acme"), entry(organization_id="acme")]
    others = [entry(organization_id="globex"), entry(), entry(realm_id="x", organization_id="acme")]
    store.append([others[0], mine[0], others[1], mine[1]])
    before = store.feed.read(0, ANY, ACME, limit=9)
    store.append([others[2], *entries(3)])
    after = store.feed.read(before.position, ANY, ACME, limit=9)
    assert uids(before.records) == uids(mine)
    # Its cursors would tell how often something happens to the others.
    assert (after.records, after.position, after.more) == ((), before.position, False)
    assert store.feed.end(ACME) == before.position == 4


def test_a_cursor_is_the_position_for_its_scope_alone(store: SqlStore) -> None:
    cursor = store.feed.seal(42, ACME)
    assert store.feed.unseal(cursor, ACME) == 42
    globex = Scope(realm="default", organization_id="globex")
    for scope in (ALL, globex, Scope(realm="other", organization_id="acme")):
        with pytest.raises(QueryError) as caught:
            store.feed.unseal(cursor, scope)
        assert caught.value.field == "cursor"


def test_a_page_has_another_cursor_than_the_feed(store: SqlStore) -> None:
    store.append(entries(2))
    page = store.find(ANY, ALL, limit=1).next
    assert page is not None
    with pytest.raises(QueryError, match="feed"):
        store.feed.unseal(page, ALL)
    with pytest.raises(QueryError, match="search"):
        store.find(ANY, ALL, limit=1, cursor=store.feed.seal(1, ALL))
