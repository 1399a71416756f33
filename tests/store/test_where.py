"""One table of searches, with the same verdict on every database."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from flask_auditlog.errors import QueryError
from flask_auditlog.event import encode
from flask_auditlog.store import memory_url
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.language import excluding
from flask_auditlog.store.language import parse_query
from flask_auditlog.store.language import Term
from flask_auditlog.store.search.where import where
from tests import services

from .samples import ALL
from .samples import event
from .samples import opened

# Each event by one letter, which the rows of the tables below name.
EVENTS: dict[str, dict[str, Any]] = {
    "a": {"type": "invoice.paid", "user_id": "7", "username": "ada", "client_id": "web"},
    "b": {"type": "invoice.PAID", "user_id": "ada", "username": "Ada", "session_id": "s1"},
    "c": {
        "type": "invoice_paid",
        "organization_id": "org-c",
        "request_id": "r1",
        "source": "capture",
    },
    "d": {"type": "x%y_z[a]?\\/{}", "operation_type": "UPDATE", "resource_type": "INVOICE"},
    "e": {"type": "xx", "error": "denied", "resource_path": "invoices/42", "time": 2000},
    "f": {"resource_path": "invoices/42/lines/1", "error": "", "time": 3000},
    "g": {"resource_path": "invoices/421", "ip_address": "10.1.2.3"},
    "h": {"resource_path": "invoices%2F42/[x]?*", "ip_address": "::ffff:10.1.2.4"},
    "i": {"resource_path": "/invoices", "ip_address": "2001:db8::1"},
    "j": {"ip_address": "10.2.0.1", "username": "100%"},
    "k": {"ip_address": "nowhere", "username": "100 percent"},
    "l": {"details": {"plan": {"name": "Gold", "seats": 12, "rate": 0.1 + 0.2}, "n": 12.0}},
    "m": {"details": {"on": True, "off": False, "no": None, "list": [1, "two"], "e": 1e22}},
    "n": {"details": {"0": "zero", "a b": "c'd", "é": "ß", "big": 2**64 - 1, "{a,b}": "", "": 0}},
    "o": {"details": {"text": 'She said "Straße"\nC:\\new\ttab \b\f 100% a_b'}},
    "p": {"details": {"on": "true", "no": "null", "obj": {"a": [1, {"b": "é"}]}, "tiny": 1.5e-7}},
    "q": {"details": {"text": "she said STRASSE, 100 percent, aXb"}, "time": 1000},
}

FOUND = [
    # Equal, and nothing else.
    (Query(user="7"), "a"),
    (Query(user="ada"), "b"),
    (Query(username="ada"), "a"),
    (Query(username="ADA"), ""),
    (Query(username="100%"), "j"),
    (Query(username="%"), ""),
    (Query(actor="ada"), "ab"),
    (Query(actor="7"), "a"),
    (Query(actor="a*"), ""),
    (Query(client="web"), "a"),
    (Query(client="WEB"), ""),
    (Query(session="s1"), "b"),
    (Query(session="s"), ""),
    (Query(org="org-c"), "c"),
    (Query(org="org"), ""),
    (Query(resource_type="INVOICE"), "d"),
    (Query(resource_type="invoice"), ""),
    (Query(operation="UPDATE"), "d"),
    (Query(operation="CREATE"), ""),
    (Query(source="capture"), "c"),
    (Query(source="import"), ""),
    (Query(source="api", org="org-c"), ""),
    (Query(request="r1"), "c"),
    (Query(request="r"), ""),
    (Query(user="7", username="ada", client="web"), "a"),
    (Query(user="7", username="Ada"), ""),
    (Query(error=True), "ef"),
    (Query(error=True, resource="invoices/42"), "ef"),
    (Query(error=False, resource="invoices/42"), ""),
    (Query(after=2000, before=3001), "ef"),
    (Query(after=2000, before=3000), "e"),
    (Query(before=2000), "q"),
    (Query(before=1000), ""),
    # Types: only the star is special.
    (Query(type="invoice.paid"), "a"),
    (Query(type="invoice*"), "abc"),
    (Query(type="invoice.*"), "ab"),
    (Query(type="invoice.*d"), "a"),
    (Query(type="*.paid"), "a"),
    (Query(type="*.P*"), "b"),
    (Query(type="inv*paid"), "ac"),
    (Query(type="*nvoice?paid"), ""),
    (Query(type="*nvoice_paid"), "c"),
    (Query(type="*invoice%"), ""),
    (Query(type="*%y*"), "d"),
    (Query(type="x*y_z*"), "d"),
    (Query(type="*[a]*"), "d"),
    (Query(type="*]?\\/{}"), "d"),
    (Query(type="x%y_z[a]?\\/{}"), "d"),
    (Query(type="x*x"), "e"),
    (Query(type="xx*"), "e"),
    (Query(type="xx**"), "e"),
    (Query(type="xxx*"), ""),
    (Query(type="*[!b]*y_z*"), ""),
    # Resources: a path and all below it.
    (Query(resource="invoices/42"), "ef"),
    (Query(resource="invoices/42/"), "ef"),
    (Query(resource="invoices/42/lines"), "f"),
    (Query(resource="invoices"), "efg"),
    (Query(resource="invoices/4"), ""),
    (Query(resource="/invoices"), "i"),
    (Query(resource="/"), "i"),
    (Query(resource="*"), "efghi"),
    (Query(resource="invoices/*/lines/*"), "f"),
    (Query(resource="invoices/42*"), "efg"),
    (Query(resource="*42"), "e"),
    (Query(resource="invoices_2F42*"), ""),
    (Query(resource="*%2F*"), "h"),
    (Query(resource="*[x]?*"), "h"),
    (Query(resource="Invoices/42"), ""),
    # Addresses and networks.
    (Query(ip=ip_network("10.1.2.3")), "g"),
    (Query(ip=ip_network("10.1.2.0/24")), "gh"),
    (Query(ip=ip_network("10.0.0.0/8")), "ghj"),
    (Query(ip=ip_network("0.0.0.0/0")), "ghj"),
    (Query(ip=ip_network("10.1.2.4/31")), "h"),
    (Query(ip=ip_network("10.1.2.5")), ""),
    (Query(ip=ip_network("::ffff:10.1.2.3")), "g"),
    (Query(ip=ip_network("::ffff:10.1.2.0/120")), "gh"),
    (Query(ip=ip_network("2001:db8::/32")), "i"),
    (Query(ip=ip_network("2001:db9::/32")), ""),
    (Query(ip=ip_network("::/0")), "ghij"),
    # Details.
    (Query(details=(("plan.name", "Gold"),)), "l"),
    (Query(details=(("plan.name", "gold"),)), ""),
    (Query(details=(("plan.name", "Gold%"),)), ""),
    (Query(details=(("plan.seats", "12"),)), "l"),
    (Query(details=(("plan.seats", "12.0"),)), ""),
    (Query(details=(("plan.name", "Gold"), ("plan.seats", "12"))), "l"),
    (Query(details=(("plan.name", "Gold"), ("plan.seats", "13"))), ""),
    (Query(details=(("plan.rate", "0.30000000000000004"),)), "l"),
    (Query(details=(("plan.rate", "0.3"),)), ""),
    (Query(details=(("n", "12.0"),)), "l"),
    (Query(details=(("n", "12"),)), ""),
    (Query(details=(("e", "1e22"),)), "m"),
    (Query(details=(("tiny", "1.5e-7"),)), "p"),
    (Query(details=(("big", "18446744073709551615"),)), "n"),
    (Query(details=(("on", "true"),)), "mp"),
    (Query(details=(("on", "1"),)), ""),
    (Query(details=(("off", "false"),)), "m"),
    (Query(details=(("no", "null"),)), "p"),
    (Query(details=(("no", ""),)), ""),
    (Query(details=(("list", '[1,"two"]'),)), "m"),
    (Query(details=(("list.0", "1"),)), ""),
    (Query(details=(("list.-1", "two"),)), ""),
    (Query(details=(("obj", '{"a":[1,{"b":"é"}]}'),)), "p"),
    (Query(details=(("plan", "Gold"),)), ""),
    (Query(details=(("0", "zero"),)), "n"),
    (Query(details=(("a b", "c'd"),)), "n"),
    (Query(details=(("é", "ß"),)), "n"),
    (Query(details=(("{a,b}", ""),)), "n"),
    (Query(details=(("plan.name.more", "Gold"),)), ""),
    (Query(details=(("nothing.here", "x"),)), ""),
    (Query(details=(("$", "x"),)), ""),
    (Query(details=(("[0]", "x"),)), ""),
    (Query(details=(("#", "x"),)), ""),
    # Text: letters of ASCII in either case, everything else as it is.
    (Query(text="she SAID"), "oq"),
    (Query(text="straße"), "o"),
    (Query(text="STRASSE"), "q"),
    (Query(text="STRAßE"), "o"),
    (Query(text="strAẞe"), ""),
    (Query(text='"Straße"'), "o"),
    (Query(text="\nC:\\new\ttab"), "o"),
    (Query(text=" \b\f "), "o"),
    (Query(text="c:\\NEW"), "o"),
    (Query(text="100%"), "jo"),
    (Query(text="a_b"), "o"),
    (Query(text="a%b"), ""),
    (Query(text="[a]?"), "d"),
    (Query(text="*"), "h"),
    (Query(text='","'), ""),
    (Query(text=""), "abcdefghijklmnopq"),
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "memory"])
def full(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: services.Server,
) -> Iterator[SqlStore]:
    """A store of each kind, with all of EVENTS, and the same in a realm nobody asks for."""
    kind = request.param
    url = {
        "sqlite": f"sqlite:///{tmp_path_factory.mktemp('where') / 'audit.db'}",
        "memory": memory_url(uuid4().hex),
    }.get(kind) or postgres_server.create()
    with opened(url) as store:
        store.create() if kind == "memory" else store.upgrade()
        given = [event(**{"request_id": name} | e) for name, e in EVENTS.items()]
        store.append([encode(e) for e in given])
        store.append([encode(event(**e | {"realm_id": "other"})) for e in EVENTS.values()])
        yield store
    if kind == "postgresql":
        postgres_server.drop(url)


def letters(store: SqlStore, query: Query) -> str:
    """Return the letters of what is found, by every way there is to find it."""
    names = list(EVENTS)
    ways = [
        store.after(0, query, ALL, limit=99),
        store.find(query, ALL, limit=99).records,
        list(store.stream(query, ALL)),
    ]
    found = {"".join(names[n - 1] for n in sorted(r.position for r in way)) for way in ways}
    assert len(found) == 1, found
    (one,) = found
    assert store.count(query, ALL, at_most=99).value == len(one)
    return one


@pytest.mark.parametrize(("query", "found"), FOUND, ids=lambda value: str(value)[:60])
def test_a_search_finds(full: SqlStore, query: Query, found: str) -> None:
    assert letters(full, query) == found


@pytest.mark.parametrize(("few", "types"), [(0, 500), (0, 0), (3, 3)])
def test_a_search_finds_the_same_by_every_index(
    full: SqlStore, monkeypatch: pytest.MonkeyPatch, few: int, types: int
) -> None:
    monkeypatch.setattr("flask_auditlog.store.search.plan.few", lambda *_: few)
    monkeypatch.setattr("flask_auditlog.store.search.plan.TYPES", types)
    wrong = {query: letters(full, query) for query, found in FOUND if letters(full, query) != found}
    assert wrong == {}


def test_what_is_no_error_is_all_the_rest(full: SqlStore) -> None:
    assert letters(full, Query(error=False)) == "abcdghijklmnopq"


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", 'a"', "a\\", "a\0", "a\n", "\ud800"])
def test_what_is_no_path_of_details_is_refused(full: SqlStore, path: str) -> None:
    with pytest.raises(QueryError) as caught:
        full.find(Query(details=((path, "x"),)), ALL, limit=1)
    assert caught.value.field == "details"


@pytest.mark.parametrize("bad", ["\0", "a\0b", "\ud800"])
@pytest.mark.parametrize("field", ["user", "actor", "type", "resource", "text", "details"])
def test_text_that_no_event_holds_is_refused(full: SqlStore, field: str, bad: str) -> None:
    value: Any = (("a", bad),) if field == "details" else bad
    with pytest.raises(QueryError) as caught:
        full.find(Query(**{field: value}), ALL, limit=1)
    assert caught.value.field == field


@pytest.mark.parametrize("bad", ["\0", "\ud800", "a" * 9000])
def test_an_expression_with_text_that_no_event_holds_is_refused(full: SqlStore, bad: str) -> None:
    with pytest.raises(QueryError) as caught:
        full.find(Query(more=excluding(None, Term("user", "is", bad))), ALL, limit=1)
    assert caught.value.field == "q"


@pytest.mark.parametrize("field", ["after", "before"])
@pytest.mark.parametrize("time", [2**63, -(2**63) - 1, 10**30])
def test_a_time_that_no_clock_shows_is_refused(full: SqlStore, field: str, time: int) -> None:
    with pytest.raises(QueryError) as caught:
        full.find(Query(after=time) if field == "after" else Query(before=time), ALL, limit=1)
    assert caught.value.field == field


def test_a_pattern_that_is_too_long_is_refused(full: SqlStore) -> None:
    for query in (Query(text="a" * 60_000), Query(type="*" + "a" * 60_000)):
        with pytest.raises(QueryError):
            full.find(query, ALL, limit=1)


def test_only_parameters_reach_the_database() -> None:
    hostile = "'; DROP--"
    more = parse_query(
        "-user:\"'; DROP--\" OR type:'DROP* OR details.'DROP:>1 OR details.x:'DROP* OR 'DROP--"
    )
    details = ((hostile, hostile),)
    query = Query(type=f"*{hostile}", user=hostile, text=hostile, details=details, more=more)
    scope = Scope(realm=hostile, organization_id=hostile)
    for url in ("sqlite://", "postgresql+psycopg://"):
        dialect = sa.make_url(url).get_dialect()()
        assert "DROP" not in str(sa.and_(*where(query, scope)).compile(dialect=dialect))
