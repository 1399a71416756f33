"""The sieve: a search in bodies finds the same, and looks at few of them."""

from __future__ import annotations

from types import ModuleType

import pytest
import sqlalchemy as sa

from flask_auditlog.event import Entry
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.language import parse_query
from flask_auditlog.store.search import plan
from flask_auditlog.store.sieve import filling
from flask_auditlog.store.sieve import sifting
from flask_auditlog.store.sieve.marks import Layout
from flask_auditlog.store.sieve.marks import LINES
from flask_auditlog.store.sieve.table import FOLLOWER
from flask_auditlog.store.sieve.table import line

from .samples import ALL
from .samples import entry
from .samples import opened
from .samples import together

SMALL = Layout(block=2, blocks=8)
ACME = Scope(realm="default", organization_id="acme")
WIRE = Query(text="Wire Transfer")
QUERIES = [
    WIRE,
    Query(text="nowhere to be found"),
    Query(text="transfer", type="a.b"),
    Query(details=(("plan", "pro"),)),
    Query(details=(("plan", "12"),)),
    Query(more=parse_query("wire OR details.plan:pro")),
    Query(more=parse_query("transfer -wire details.plan:>11")),
    Query(more=parse_query("details.note:wire* (details.plan:pro OR type:a.c)")),
]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of 16 records."""
    for module in (filling, sifting):
        monkeypatch.setattr(module, "LAYOUT", SMALL)
    monkeypatch.setattr(sifting, "ENOUGH", 1)
    # And nothing is frequent.
    monkeypatch.setattr(plan, "NEWEST", 0)


def some(number: int) -> list[Entry]:
    notes = ["wire transfer", "WIRE transfers", "transfer", "wiretransfer", "letter"]
    plans = ["pro", "free", 12, 12.5, None, {"name": "pro"}]
    return [
        entry(
            "a.b" if n % 3 else "a.c",
            time=1_700_000_000_000 + n * 7919 % 101,
            organization_id="acme" if n % 2 else "globex",
            details={"note": notes[n % 5] if n % 4 else "-", "plan": plans[n % 6], "n": n},
        )
        for n in range(number)
    ]


def sift(store: SqlStore, blocks: int = 999) -> None:
    """Sift so many blocks, or all that there are."""
    while blocks and (done := store.sieve.follow(blocks=min(blocks, 3), every=0)):
        blocks -= done


def found(store: SqlStore, query: Query, scope: Scope = ALL) -> list[int]:
    """The positions of what is found, page by page."""
    positions, cursor = [], None
    while True:
        page = store.find(query, scope, limit=25, cursor=cursor)
        positions += [record.position for record in page.records]
        if (cursor := page.next) is None:
            return positions


def spoil(store: SqlStore) -> None:
    """Let the sieve say that nothing stands anywhere."""
    with store.engine.begin() as connection:
        connection.execute(sa.update(line).values(bits=bytes(SMALL.width * 32)))


@pytest.mark.parametrize("blocks", [7, 8, 30, 999])
def test_what_is_found_is_the_same_however_far_was_sifted(store: SqlStore, blocks: int) -> None:
    store.append(some(100))
    before = [found(store, query, scope) for query in QUERIES for scope in (ALL, ACME)]
    sift(store, blocks)
    assert store.sieve.position() == min(blocks // 8 * 16, 96)
    after = [found(store, query, scope) for query in QUERIES for scope in (ALL, ACME)]
    assert after == before
    assert sum(map(bool, before)) >= 12
    streamed = [[r.position for r in store.stream(query, ALL)] for query in QUERIES]
    assert streamed == before[::2]
    counts = [store.count(query, ALL, at_most=999).value for query in QUERIES]
    assert counts == [*map(len, streamed)]


def test_the_sieve_is_asked_and_what_it_does_not_know_is_looked_at(store: SqlStore) -> None:
    store.append(some(106))
    sift(store)
    spoil(store)
    assert sorted(found(store, WIRE)) == [102, 106]
    assert sorted(found(store, Query(details=(("note", "wiretransfer"),)))) == [99, 104]


def test_a_filter_that_finds_few_is_taken_instead(store: SqlStore) -> None:
    store.append([*some(100), entry(request_id="r", details={"note": "wire transfer"})])
    store.append(some(40))
    sift(store)
    spoil(store)
    assert found(store, Query(text="wire", request="r")) == [101]


def test_a_reader_of_one_organization_learns_nothing_of_the_others(store: SqlStore) -> None:
    store.append(some(100))
    expected = found(store, WIRE, ACME)
    sift(store)
    spoil(store)
    assert found(store, WIRE, ACME) == expected != []


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [(sifting, "SOME", 0), (sifting, "BEHIND", 3), (plan, "NEWEST", 50)],
    ids=["many", "behind", "frequent"],
)
def test_where_it_does_not_help_it_is_not_used(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, value: int
) -> None:
    store.append(some(100))
    expected = found(store, WIRE)
    sift(store)
    spoil(store)
    with store.engine.begin() as connection:
        # Something is known to be there.
        ones = sa.update(line).where(line.c.segment == 0)
        connection.execute(ones.values(bits=b"\xff" * SMALL.width * 32))
    monkeypatch.setattr(module, name, value)
    assert found(store, WIRE) == expected


def test_a_segment_that_was_removed_is_looked_at(store: SqlStore) -> None:
    store.append(some(100))
    expected = found(store, WIRE)
    sift(store)
    with store.engine.begin() as connection:
        connection.execute(sa.delete(line).where(line.c.segment.in_([1, 4])))
    assert found(store, WIRE) == expected


def test_each_segment_is_kept_once_by_whoever_sifts(store: SqlStore) -> None:
    store.append(some(100))
    with opened(str(store.engine.url.render_as_string(hide_password=False))) as other:
        stores = [store, other]
        together(lambda n: [stores[n % 2].sieve.follow(blocks=1, every=0) for _ in range(60)], 4)
    sift(store)
    with store.engine.connect() as connection:
        counted = sa.select(line.c.segment, sa.func.count()).group_by(line.c.segment)
        rows = connection.execute(counted.order_by(line.c.segment)).all()
    assert [tuple(row) for row in rows] == [(n, LINES) for n in range(6)]


def test_one_process_at_a_time_sifts_and_another_goes_on_after_it(store: SqlStore) -> None:
    store.append(some(40))
    url = str(store.engine.url.render_as_string(hide_password=False))
    with opened(url) as other:
        assert store.sieve.follow(blocks=3) == 3
        assert other.sieve.follow(blocks=3) is None
        # The first one died.
        assert other.sieve.follow(blocks=6, every=0) == 6
        assert other.sieve.follow(blocks=6) == 2
        # It goes on while there is more; nobody else can have begun.
        assert [other.sieve.follow(blocks=9) for _ in range(2)] == [8, 0]
        # And if it lives yet, it has done nothing.
        assert store.sieve.follow(blocks=9) == 5
        assert store.followers.position(FOLLOWER) == 32


def test_nothing_is_sifted_before_a_segment_is_there(store: SqlStore) -> None:
    store.append(some(15))
    assert store.sieve.follow(blocks=9) == 0
    store.append(some(1))
    assert store.sieve.follow(blocks=9) == 8
