"""By which index a search is answered on SQLite, which knows nothing of how much there is."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from datetime import UTC
from ipaddress import ip_network
from uuid import uuid4

import pytest

from flask_auditlog.store import memory_url
from flask_auditlog.store import Query
from flask_auditlog.store import Scale
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.search.plan import few

from .samples import ALL
from .samples import entries
from .samples import entry
from .samples import explained
from .samples import indexes_in
from .samples import opened

OWN = Scope(realm="default", organization_id="acme")
WHOSE = {"user_id": "bob", "organization_id": "acme", "ip_address": "10.0.0.7"}


@pytest.fixture(scope="module")
def store() -> Iterator[SqlStore]:
    """A log of a thousand events, of which an actor did every other one."""
    with opened(memory_url(uuid4().hex)) as store:
        store.create()
        store.append([each for _ in range(500) for each in (*entries(1, **WHOSE), *entries(1))])
        yield store


IN_ORDER = {
    "everything": Query(),
    "type": Query(type="foo.bar"),
    "user": Query(user="bob"),
    "username": Query(username="bob"),
    "client": Query(client="web"),
    "session": Query(session="s"),
    "request": Query(request="r"),
    "org": Query(org="acme"),
    "resource_type": Query(resource_type="USER"),
    "error": Query(error=True),
    "ip": Query(ip=ip_network("10.0.0.1")),
    "time": Query(after=1, before=2),
}


@pytest.mark.parametrize("cursor", [False, True])
@pytest.mark.parametrize("scope", [ALL, OWN], ids=["all", "own"])
@pytest.mark.parametrize("query", IN_ORDER.values(), ids=IN_ORDER)
def test_what_an_index_has_in_order_is_not_sorted(
    store: SqlStore, query: Query, scope: Scope, cursor: bool
) -> None:
    here = store.find(query, scope, limit=2).next if cursor else None
    with explained(store) as lines:
        store.find(query, scope, limit=2, cursor=here)
    assert [line for line in lines if "ORDER BY" in line] == []


@pytest.mark.parametrize(
    ("taking", "log", "number"),
    [
        (50, 0, 0),
        (50, 1_000, 223),
        (50, 1_000_000, 7_071),
        (10_000, 1_000_000, 100_000),
        (50, 5_000_000, 15_811),
    ],
)
def test_few_are_as_many_as_are_passed_on_the_way_to_a_page(
    taking: int, log: int, number: int
) -> None:
    assert few(taking, log) == number


BOB = Query(actor="bob")
MANY = {
    "a facet": lambda s: s.figures.facets(BOB, ALL, records=10_000, top=1, seconds=9),
    "a number": lambda s: s.count(BOB, ALL, at_most=10_000),
    "an export": lambda s: list(s.stream(BOB, ALL)),
    "a page of a thousand": lambda s: s.find(BOB, ALL, limit=1_000),
}


@pytest.mark.parametrize("ask", MANY.values(), ids=MANY)
def test_who_takes_many_does_not_look_for_them_from_the_newest_on(
    store: SqlStore, ask: Callable[[SqlStore], object]
) -> None:
    with explained(store) as lines:
        ask(store)
    assert indexes_in(lines) == {"user_id", "username"}


@pytest.mark.parametrize("query", [BOB, Query(actor="bob", type="foo.*")], ids=["bob", "types"])
def test_pages_of_an_actor_are_the_newest_of_both_names(store: SqlStore, query: Query) -> None:
    """Whatever the actor did since: who reads from the newest on may read nearly the whole log."""
    cursor = None
    for _ in range(3):
        with explained(store) as lines:
            page = store.find(query, ALL, limit=2, cursor=cursor)
        assert len(page.records) == 2
        assert {"user_id", "username"} <= indexes_in(lines)
        assert "realm_time" not in indexes_in(lines)
        # Each is read in its order, and the few that are newest of both are sorted.
        assert len([line for line in lines if "ORDER BY" in line]) == 1
        cursor = page.next


@pytest.mark.parametrize("name", ["type", "org"])
def test_what_the_numbers_do_not_have_yet_is_read_by_its_position(
    store: SqlStore, name: str
) -> None:
    """An index of types would give the groups in order, and be read from end to end."""
    with explained(store) as lines:
        store.figures.facets(Query(), ALL, records=9, top=1, seconds=9, names=[name])
    assert indexes_in(lines) == {"realm_time"}


def test_a_histogram_beside_facets_looks_at_no_record_more(store: SqlStore) -> None:
    scale = Scale(zone=UTC, now=1, bars=9)
    query = Query(user="bob")
    with explained(store) as alone:
        store.figures.facets(query, ALL, records=9, top=1, seconds=9)
    with explained(store) as both:
        store.figures.both(query, ALL, scale, records=9, top=1, seconds=9)
    reads = [[line for line in lines if "_user_id" in line] for lines in (alone, both)]
    assert reads[0] == reads[1] != []


@pytest.mark.parametrize(
    ("at", "index"),
    [(range(0, 1000, 9), "realm_time"), (range(112), "ip"), (range(0, 1000, 40), "ip")],
)
def test_what_is_neither_rare_nor_frequent_is_met_in_order_unless_it_was_long_ago(
    at: Iterable[int], index: str
) -> None:
    """A page of 50 in a log of a thousand: 223 are few, and of more than 55 it is looked where they are."""
    with opened(memory_url(uuid4().hex)) as store:
        store.create()
        addresses = ["10.0.0.7" if n in at else "192.0.2.1" for n in range(1000)]
        store.append([entry(time=n, ip_address=each) for n, each in enumerate(addresses)])
        query = Query(ip=ip_network("10.0.0.0/8"))
        with explained(store) as lines:
            found = store.find(query, ALL, limit=49)
    # What is sorted is looked for in its own index, and read by position.
    assert (index == "realm_time") == ("ix_audit_record_realm_time" in lines[-1])
    assert len(found.records) == min(49, len([n for n in range(1000) if n in at]))


def test_who_takes_few_of_what_is_frequent_meets_them_from_the_newest_on(store: SqlStore) -> None:
    with explained(store) as lines:
        store.find(Query(ip=ip_network("10.0.0.0/8")), ALL, limit=2)
    assert "USING INDEX ix_audit_record_realm_time" in lines[-1]
