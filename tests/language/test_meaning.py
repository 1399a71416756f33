"""The language over a few hundred records: what each database finds is what the words mean."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st

from flask_auditlog.event import encode
from flask_auditlog.event import OWN_TYPES
from flask_auditlog.event import Record
from flask_auditlog.store import memory_url
from flask_auditlog.store import Query
from flask_auditlog.store import SqlStore
from flask_auditlog.store.language import parse_query
from flask_auditlog.store.language import printed
from flask_auditlog.store.language.expression import Expression
from flask_auditlog.store.language.expression import Term
from flask_auditlog.store.language.judging import judge_of
from flask_auditlog.store.language.judging import Subject
from flask_auditlog.store.language.times import zone_of
from flask_auditlog.store.search import plan
from flask_auditlog.store.search.settle import fixed
from flask_auditlog.store.sieve import filling
from flask_auditlog.store.sieve import sifting
from flask_auditlog.store.sieve.marks import Layout
from tests import services
from tests.store.samples import ALL
from tests.store.samples import event
from tests.store.samples import opened

from .expressions import joined
from .expressions import signs
from .oracle import means

NOW = 1_700_000_000_000
ZONE = "America/New_York"
TEXTS = ["alice", "Alice", "al%ce", "al_ce", "ali*", "12", "", "é/ß", 'say "x"', "a\\b"]
TYPES = ["access.LOGIN", "access.LOGIN_ERROR", "admin.USER-CREATE", "invoice.paid", *OWN_TYPES[::2]]
PATHS = ["invoices", "invoices/42", "invoices/421", "invoices/42/lines", "a*b"]
ADDRESSES = ["10.0.0.1", "10.1.2.3", "192.0.2.7", "2001:db8::1"]
VALUES: list[Any] = [
    *(0, 12, -5, 1000, 2**53 + 1, 2**63 - 1, 2**64 - 1, 12.0, 0.1, 12.5, 1e22, -1.5e-7),
    *("12", "12.0", "true", "null", "pro", "Pro", "proper", "", "a*c", True, False, None),
    *([], [1, "two"], {"b": 12}, {"b": "pro"}, {"b": None}, {"b": {"c": 12.5}}),
    *([None], [12.0, "pro"], [[], [["pro", True], 1e22]], [[{"b": 0.1}], {"b": ["12", None]}]),
    *([{"b": [{"c": 12}]}, {"b": {"c": ["a*c"]}}], {"b": [{"c": 2**53 + 1}, 12.5]}, [{}]),
]
PIECES = ["alice", "ALICE", "12", "invoice", "%", "_", "*", 'say "x"', "é", "\\"]


class Full:
    """A store, and the records in it."""

    def __init__(self, store: SqlStore, records: list[Record]) -> None:
        self.store = store
        self.records = records

    def meant(self, expression: Expression) -> list[int]:
        """Return the positions of all that the oracle finds."""
        return [r.position for r in self.records if means(expression, r.body, NOW, ZONE)]

    def found(self, expression: Expression, *, reads: bool = True) -> list[int]:
        """Return the positions of all that the store finds, by every way there is to find it."""
        query = Query(more=expression, zone=ZONE, reads=reads)
        positions = sorted(r.position for r in self.store.find(query, ALL, limit=999).records)
        assert positions == [r.position for r in self.store.after(0, query, ALL, limit=999)]
        assert positions == sorted(r.position for r in self.store.stream(query, ALL))
        assert self.store.count(query, ALL, at_most=999).value == len(positions)
        if reads:
            assert positions == self.judged(expression)

        return positions

    def judged(self, expression: Expression) -> list[int]:
        """Return the positions of all that is found without a database."""
        finds = judge_of(fixed(expression, NOW, zone_of(ZONE)))
        return [r.position for r in self.records if finds(Subject(r.event, r.body))]


def some(random: random.Random) -> Any:
    """Return one event, with a value in about half of its fields."""
    fields: dict[str, Any] = {
        **dict.fromkeys(("user_id", "username", "client_id", "session_id"), TEXTS),
        **dict.fromkeys(("organization_id", "resource_type", "error", "request_id"), TEXTS),
        "ip_address": ADDRESSES,
        "resource_path": PATHS,
        "operation_type": ["CREATE", "DELETE"],
    }
    given = {name: random.choice(of) for name, of in fields.items() if random.random() < 0.5}
    if random.random() < 0.8:
        given["details"] = {name: random.choice(VALUES) for name in "ab" if random.random() < 0.7}
    time = NOW - random.choice([0, 1, 1000, 3_600_000, 86_400_000, 40 * 86_400_000])

    return event(random.choice(TYPES), time=time, **given | {"source": random.choice(SOURCES)})


SOURCES = ["api", "system"]


@contextmanager
def small_segments() -> Iterator[None]:
    """Let the sieve know all but the last 16 records."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (filling, sifting):
            patch.setattr(module, "LAYOUT", Layout(block=2, blocks=8))
        patch.setattr(sifting, "ENOUGH", 1)
        patch.setattr(plan, "NEWEST", 0)
        yield


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "memory"])
def full(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: services.Server,
) -> Iterator[Full]:
    """A store of each kind with the same 400 events."""
    url = {
        "sqlite": f"sqlite:///{tmp_path_factory.mktemp('meaning') / 'audit.db'}",
        "memory": memory_url(uuid4().hex),
    }.get(request.param) or postgres_server.create()
    chance = random.Random(7)
    with opened(url) as store, small_segments():
        store.create() if request.param == "memory" else store.upgrade()
        records = store.append([encode(some(chance)) for _ in range(400)]).records
        if request.param != "memory":
            assert [store.sieve.follow(blocks=9) for _ in range(24)] == [8] * 24
        yield Full(store, list(records))
    if request.param == "postgresql":
        postgres_server.drop(url)


def details(*values: str) -> st.SearchStrategy[str]:
    """Return values of details: those that are stored, and these."""
    numbers = [str(each) for each in VALUES if type(each) in (int, float)]
    return st.sampled_from([*values, *numbers])


columns = st.sampled_from("actor user username client session org resource_type error".split())
details_fields = st.sampled_from(["details.a", "details.b", "details.a.b", "details.a.b.c"])
moments = st.sampled_from(["now", "-1h", "-24h", "today", "yesterday", "2023-11-14", str(NOW)])
stars = st.sampled_from(["ali*", "*ice", "a*e", "*1*", "*%*", "*_*", "pro*", "*.0", "[*"])
terms: st.SearchStrategy[Term] = st.one_of(
    st.builds(Term, columns, st.just("is"), st.sampled_from(TEXTS)),
    st.builds(Term, columns | details_fields | st.just("type"), st.just("like"), stars),
    st.builds(Term, columns | details_fields | st.sampled_from(["ip", "type"]), st.just("exists")),
    st.builds(Term, st.just("type"), st.just("is"), st.sampled_from(TYPES)),
    st.builds(Term, st.just("type"), st.just("like"), st.sampled_from(["access.*", "*_ERROR", "admin.*", "*.*i*"])),
    st.builds(Term, st.just("resource"), st.just("is"), st.sampled_from(PATHS)),
    st.builds(Term, st.just("resource"), st.just("like"), st.sampled_from(["invoices/4*", "*/lines", "*42*"])),
    st.builds(Term, st.just("ip"), st.just("is"), st.sampled_from([*ADDRESSES, "10.0.0.0/8", "2000::/3", "2001:db8::/32"])),
    st.builds(Term, st.just("operation"), st.just("is"), st.sampled_from(["CREATE", "UPDATE"])),
    st.builds(Term, st.just("source"), st.just("is"), st.sampled_from(["api", "system", "import"])),
    st.builds(Term, st.just("text"), st.just("is"), st.sampled_from(PIECES)),
    st.builds(Term, st.sampled_from(["after", "before", "time"]), st.just("is"), moments),
    st.builds(Term, st.just("time"), signs, moments),
    st.builds(Term, st.just("time"), st.just("to"), moments, moments),
    st.builds(Term, details_fields, st.just("is"), details("pro", "true", "null", "", "{}", "[]", '{"b":12}', "12.50")),
    st.builds(Term, details_fields, st.just("quoted"), details("true", "null")),
    st.builds(Term, details_fields, signs, details("0.10", "1e2")),
    st.builds(Term, details_fields, st.just("to"), details("-10"), details("20")),
)  # fmt: skip

expressions: st.SearchStrategy[Expression] = st.recursive(terms, joined, max_leaves=6)


@pytest.mark.usefixtures("stopped")
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(expression=expressions)
def test_a_database_finds_what_is_meant(full: Full, expression: Expression) -> None:
    assert full.found(expression) == full.meant(expression), printed(expression)


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is always NOW."""
    monkeypatch.setattr("time.time_ns", lambda: NOW * 1_000_000)


QUERIES = [
    "access -actor:alice",
    "(type:access.LOGIN OR type:invoice.paid) -details.a:*",
    "error:* -error:alice details.a:>=12",
    "-(user:alice OR -username:*)",
    "(user:alice OR ip:10.0.0.0/8 OR resource:invoices/42 OR client:al*) -type:admin.*",
    "details.a:12 -details.a:\"12\"",
    "details.a:12.. details.a:..1000",
    "time:yesterday.. -(time:..-1h)",
    "details.a.b:12 -details.a:pro",
    "(details.a:pro OR details.a.b:pro) -details.b:*",
    "source:api OR (source:system -type:admin.*)",
]  # fmt: skip


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize(("few", "types"), [(0, 500), (0, 0), (30, 500)])
@pytest.mark.parametrize("text", QUERIES)
def test_it_is_found_by_every_index(
    full: Full,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    few: int,
    types: int,
) -> None:
    monkeypatch.setattr("flask_auditlog.store.search.plan.few", lambda *_: few)
    monkeypatch.setattr("flask_auditlog.store.search.plan.TYPES", types)
    expression = parse_query(text)
    assert full.found(expression) == full.meant(expression) != []


HOSTILE = [
    "(" * 20 + "%" + ")" * 20,
    "-(a " * 20 + "b" + ")" * 20,
    "-(a OR (b " * 10 + "c" + "))" * 10,
    " OR ".join(f"user:{n}*" for n in range(100)),
    "type:*a*b*c*d*e*f*g " * 90,
    "details.a:*a*a*a*a*a*a*a*a",
    " ".join(f"details.k{n}:>{n}" for n in range(100)),
    "details." + "a." * 900 + "b:1",
    "details.a:>" + "9" * 30 + "e277 OR details.a:<-1e308 OR details.a:-1e-300..0",
    "after:0001-01-01 before:9999-12-30 -time:-999999w",
    '\'; DROP TABLE audit_record; "--" %s :x ? $1 {}',
    'details."\' || 1":\' details.a:"$.x" user:"\\\\" "\\"" [a-z]? %_',
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_is_asked_is_answered(full: Full, text: str) -> None:
    expression = parse_query(text)
    assert full.found(expression) == full.meant(expression)


def test_what_people_did_to_the_log_is_hidden_unless_it_is_named(full: Full) -> None:
    everything = [r.position for r in full.records]
    others = [r.position for r in full.records if not is_own(r)]
    for text, shown in [
        ("-user:nobody", others),
        ("-user:nobody -type:system.X", others),
        ("type:system.* OR -user:nobody", everything),
    ]:
        assert full.found(parse_query(text), reads=False) == shown


def is_own(record: Record) -> bool:
    """Whether it is hidden from the default view."""
    return record.event.type in OWN_TYPES and record.event.source == "system"
