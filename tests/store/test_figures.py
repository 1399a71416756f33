"""Facets and a histogram: the same on every database, and never of what one may not see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from flask_auditlog.errors import QueryError
from flask_auditlog.errors import QueryTimeout
from flask_auditlog.event import READ_TYPE
from flask_auditlog.store import Facets
from flask_auditlog.store import Histogram
from flask_auditlog.store import Query
from flask_auditlog.store import Scale
from flask_auditlog.store import Scope
from flask_auditlog.store import Spans
from flask_auditlog.store import SqlStore

from .samples import ALL
from .samples import analyzed
from .samples import ANY
from .samples import entries
from .samples import entry
from .samples import opened

ACME = Scope(realm="default", organization_id="acme")
HOUR = 3_600_000
NOON = 1_688_990_400_000  # 10 July 2023, 12:00 UTC


def facets(
    store: SqlStore, query: Query = ANY, scope: Scope = ALL, records: int = 99, top: int = 10
) -> Facets:
    return store.figures.facets(query, scope, records=records, top=top, seconds=9)


def values(found: Facets, name: str) -> list[tuple[str, int]]:
    return [(each.value, each.records) for each in found.fields[name].values]


def test_the_values_of_each_filter_are_counted(store: SqlStore) -> None:
    store.append(
        [
            entry("a", username="maya", user_id="7", client_id="web", ip_address="10.0.0.1"),
            entry("a", user_id="7", resource_type="USER", ip_address="2001:db8::1"),
            entry("b", error="denied", organization_id="acme", ip_address="10.0.0.1"),
        ]
    )
    found = facets(store)
    assert {name: values(found, name) for name in found.fields} == {
        "type": [("a", 2), ("b", 1)],
        "actor": [("7", 1), ("maya", 1)],
        "resource_type": [("USER", 1)],
        "client": [("web", 1)],
        "ip": [("10.0.0.1", 2), ("2001:db8::1", 1)],
        "org": [("acme", 1)],
        "error": [("denied", 1)],
    }
    assert (found.records, found.complete) == (3, True)


def test_the_most_frequent_come_first_then_by_their_bytes(store: SqlStore) -> None:
    names = ["B", "a", "é", "Z", "z", "~", "B", "10.", "a", "B"]
    store.append([entry(name) for name in names])
    found = facets(store, top=5)
    assert values(found, "type") == [("B", 3), ("a", 2), ("10.", 1), ("Z", 1), ("z", 1)]
    assert found.fields["type"].distinct == 7


def test_addresses_are_in_order_of_their_bytes_too(store: SqlStore) -> None:
    given = ["9.0.0.1", "10.0.0.1", "::1", "ffff::1"]
    store.append([entry(ip_address=each) for each in given])
    assert values(facets(store), "ip") == [
        (each, 1) for each in ("::1", "9.0.0.1", "10.0.0.1", "ffff::1")
    ]


def test_facets_are_of_what_was_found(store: SqlStore) -> None:
    store.append([entry("a", username="maya"), entry("b", username="otto")])
    store.append([entry(READ_TYPE, source="system"), entry("a", realm_id="other")])
    assert values(facets(store, Query(type="b")), "actor") == [("otto", 1)]
    assert values(facets(store), "type") == [("a", 1), ("b", 1)]
    assert values(facets(store, Query(reads=True)), "type") == [
        ("a", 1),
        (READ_TYPE, 1),
        ("b", 1),
    ]


def test_only_the_newest_are_looked_at(store: SqlStore) -> None:
    whose = ["old", "new", "new", "new", "new"]
    store.append([entry(username=name, time=n) for n, name in enumerate(whose)])
    found = facets(store, records=4)
    assert values(found, "actor") == [("new", 4)]
    assert (found.records, found.complete) == (4, False)
    assert facets(store, records=6).complete


@pytest.mark.parametrize(
    ("records", "found", "is_all"),
    [
        (1, {"f": 1}, False),
        (2, {"f": 1, "e": 1}, False),
        (4, {"f": 1, "e": 1, "b": 1, "a": 1}, False),
        (5, {"f": 1, "e": 1, "b": 1, "a": 1}, True),
    ],
)
def test_of_an_actor_the_newest_are_of_the_id_and_of_the_name(
    store: SqlStore, records: int, found: dict[str, int], is_all: bool
) -> None:
    who: list[dict[str, str]] = [
        {"user_id": "7"},
        {"username": "7"},
        {"user_id": "7", "realm_id": "other"},
        {"user_id": "8"},
        {"user_id": "7", "username": "7"},
        {"username": "7"},
        {"username": "7", "error": "denied"},
    ]
    store.append(
        [entry(name, time=n, **w) for n, (name, w) in enumerate(zip("abcdefg", who, strict=True))]
    )
    query = Query(actor="7", error=False)
    told = facets(store, query, records=records)
    assert dict(values(told, "type")) == found
    assert (told.records, told.complete) == (len(found), is_all)
    bars = store.figures.histogram(
        query, ALL, Scale(zone=UTC, now=NOON, bars=9), records=99, seconds=9
    )
    assert sum(bar.records or 0 for bar in bars.bars) == 4


def test_an_organization_has_facets_of_its_own_and_none_of_organizations(store: SqlStore) -> None:
    store.append([entry("a", organization_id="acme"), entry("b", organization_id="globex")])
    found = facets(store, Query(reads=True), ACME)
    assert values(found, "type") == [("a", 1)]
    assert "org" not in found.fields
    assert found.records == 1
    assert facets(store, Query(org="globex"), ACME).records == 0


def test_an_empty_log_has_empty_facets(store: SqlStore) -> None:
    found = facets(store)
    assert all(facet.values == () and not facet.distinct for facet in found.fields.values())
    assert (found.records, found.complete) == (0, True)


# Histogram


def histogram(
    store: SqlStore, query: Query = ANY, scope: Scope = ALL, *, now: int = NOON, records: int = 99
) -> Histogram:
    scale = Scale(zone=UTC, now=now, bars=12)
    return store.figures.histogram(query, scope, scale, records=records, seconds=9)


def bars(found: Histogram) -> list[tuple[float, int | None, int | None]]:
    """The bars that are not empty: hours before noon, records and errors."""
    return [
        ((NOON - bar.start) / HOUR, bar.records, bar.errors)
        for bar in found.bars
        if bar.records != 0
    ]


def test_records_are_counted_by_when_they_happened(store: SqlStore) -> None:
    hours = [5, 3, 3, 0.5, 3]
    store.append([entry(time=NOON - int(hour * HOUR)) for hour in hours])
    store.append([entry(time=NOON - 3 * HOUR, error="x")])
    found = histogram(store, Query(after=NOON - 6 * HOUR, before=NOON))
    assert found.width == "30m"
    assert [bar.start for bar in found.bars] == [NOON - n * HOUR // 2 for n in range(12, 0, -1)]
    assert bars(found) == [(5, 1, 0), (3, 4, 1), (0.5, 1, 0)]
    assert found.complete


def test_the_ends_are_those_of_the_query(store: SqlStore) -> None:
    store.append([entry(time=NOON + n) for n in (-1, 0, HOUR - 1, HOUR)])
    found = histogram(store, Query(after=NOON, before=NOON + HOUR))
    assert (found.bars[0].start, found.bars[-1].end) == (NOON, NOON + HOUR)
    assert sum(bar.records or 0 for bar in found.bars) == 2


def test_without_an_end_it_is_now(store: SqlStore) -> None:
    store.append([entry(time=NOON - HOUR)])
    assert histogram(store, Query(after=NOON - 2 * HOUR)).bars[-1].end == NOON


def test_without_ends_it_is_from_the_first_to_the_last(store: SqlStore) -> None:
    store.append([entry(time=NOON - hour * HOUR) for hour in (10, 4)])
    found = histogram(store)
    assert found.bars[0].start <= NOON - 10 * HOUR < found.bars[0].end
    assert found.bars[-1].start <= NOON - 4 * HOUR < found.bars[-1].end
    assert len(bars(found)) == 2


def test_without_anything_there_are_no_bars_but_those_asked_for(store: SqlStore) -> None:
    assert histogram(store).bars == ()
    assert histogram(store, Query(before=NOON)).bars == ()
    found = histogram(store, Query(after=NOON - HOUR))
    assert [bar.records for bar in found.bars] == [0] * 12


def test_what_was_not_counted_is_not_nothing(store: SqlStore) -> None:
    store.append([entry(time=NOON - minute * 60_000) for minute in range(1, 61)])
    found = histogram(store, Query(after=NOON - HOUR, before=NOON), records=33)
    # The oldest that was looked at is of 33 minutes before noon.
    counted = [bar.records for bar in found.bars]
    assert counted[:6] == [None] * 6
    assert all(number is not None for number in counted[6:])
    assert not found.complete
    assert histogram(store, records=33).bars[0].start > NOON - 33 * 60_000
    assert None not in [bar.records for bar in histogram(store, records=33).bars]


def test_more_in_one_second_than_are_looked_at(store: SqlStore) -> None:
    store.append(entries(9, time=NOON))
    found = histogram(store, Query(after=NOON - 5000, before=NOON + 5000), records=5)
    counted = {bar.start: bar.records for bar in found.bars}
    assert counted[NOON] is None
    assert counted[NOON + 1000] == 0
    assert histogram(store, records=5).bars == ()


def test_a_histogram_is_of_what_was_found_and_may_be_seen(store: SqlStore) -> None:
    store.append([entry("a", organization_id="acme", time=NOON), entry("b", time=NOON)])
    store.append([entry(READ_TYPE, source="system", time=NOON), entry(realm_id="x", time=NOON)])
    wanted = {
        (ANY, ALL): 2,
        (Query(reads=True), ALL): 3,
        (Query(type="b"), ALL): 1,
        (Query(reads=True), ACME): 1,
        (Query(type="b"), ACME): 0,
    }
    for (query, scope), number in wanted.items():
        assert sum(bar.records or 0 for bar in histogram(store, query, scope).bars) == number


def test_days_are_those_of_a_zone(store: SqlStore) -> None:
    store.append([entry(time=NOON), entry(time=NOON + 11 * HOUR)])
    asked = Query(after=NOON - 12 * HOUR, before=NOON + 8 * 24 * HOUR)
    scale = Scale(zone=ZoneInfo("Asia/Tokyo"), now=NOON, bars=12)
    found = store.figures.histogram(asked, ALL, scale, records=9, seconds=9)
    assert (found.width, [bar.records for bar in found.bars][:3]) == ("1d", [1, 1, 0])


@pytest.mark.parametrize("kind", ["facets", "histogram"])
def test_figures_take_no_longer_than_they_may(store: SqlStore, kind: str) -> None:
    store.append([entry(details={"x": "y" * 60_000}) for _ in range(300)])
    slow = Query(text="z")
    scale = Scale(zone=UTC, now=0, bars=9)
    ask: dict[str, Callable[[], object]] = {
        "facets": lambda: store.figures.facets(slow, ALL, records=9, top=9, seconds=0.001),
        "histogram": lambda: store.figures.histogram(slow, ALL, scale, records=9, seconds=0.001),
    }
    with pytest.raises(QueryTimeout):
        ask[kind]()


def test_a_query_that_cannot_be_is_refused(store: SqlStore) -> None:
    with pytest.raises(QueryError):
        facets(store, Query(type="\0"))
    with pytest.raises(QueryError):
        histogram(store, Query(after=2**63))


# Spans


def spans(store: SqlStore, scope: Scope = ALL, *, records: int = 99, top: int = 10) -> Spans:
    names = ("session", "ip", "org")
    return store.figures.spans(ANY, scope, records=records, top=top, seconds=9, names=names)


def begun(found: Spans, name: str) -> list[tuple[str, int, int, int]]:
    values = found.fields[name].values
    return [(each.value, each.records, each.first, each.last) for each in values]


def test_it_is_told_when_each_value_was_first_and_last_the_latest_first(store: SqlStore) -> None:
    store.append(
        [
            entry(time=1, session_id="long", ip_address="10.0.0.1"),
            entry(time=5, session_id="b", ip_address="2001:db8::1", organization_id="acme"),
            entry(time=5, session_id="a"),
            entry(time=9, session_id="long", ip_address="10.0.0.1"),
            entry(time=12),
        ]
    )
    found = spans(store)
    assert begun(found, "session") == [("a", 1, 5, 5), ("b", 1, 5, 5), ("long", 2, 1, 9)]
    assert begun(found, "ip") == [("2001:db8::1", 1, 5, 5), ("10.0.0.1", 2, 1, 9)]
    assert begun(found, "org") == [("acme", 1, 5, 5)]
    assert (found.records, found.since, found.complete) == (5, 1, True)


def test_of_many_values_those_that_began_last_are_told(store: SqlStore) -> None:
    store.append([entry(time=n, session_id=f"s{n}") for n in range(1, 5)])
    found = spans(store, top=2)
    assert begun(found, "session") == [("s4", 1, 4, 4), ("s3", 1, 3, 3)]
    assert found.fields["session"].distinct == 4
    newest = spans(store, records=3)
    assert [value for value, *_ in begun(newest, "session")] == ["s4", "s3", "s2"]
    assert (newest.records, newest.since, newest.complete) == (3, 2, False)


def test_spans_are_of_what_one_may_see(store: SqlStore) -> None:
    store.append(
        [
            entry(time=1, session_id="s", organization_id="globex"),
            entry(time=2, session_id="s", organization_id="acme"),
            entry(time=3, session_id="theirs", organization_id="globex"),
        ]
    )
    found = spans(store, ACME)
    assert begun(found, "session") == [("s", 1, 2, 2)]
    assert "org" not in found.fields
    assert (found.records, found.since) == (1, 2)


def test_spans_of_nothing_are_none(store: SqlStore) -> None:
    found = spans(store)
    assert begun(found, "ip") == []
    assert (found.records, found.since, found.complete) == (0, None, True)


def test_postgresql_finds_the_step_of_a_histogram_once(postgres_url: str) -> None:
    """Not for each record that is counted: that took seconds where it takes milliseconds."""
    with opened(postgres_url) as store, analyzed(store) as parts:
        store.append(entries(300, username="maya"))
        scale = Scale(zone=UTC, now=NOON, bars=12)
        store.figures.both(Query(username="maya"), ALL, scale, records=200, top=3, seconds=9)
    (step,) = [each for each in parts if each.get("Subplan Name") == "CTE pace"]
    assert step["Actual Loops"] == 1
    of_step = [each for each in parts if each.get("CTE Name") == "pace"]
    assert [each["Actual Loops"] for each in of_step] == [1] * len(of_step)
    assert of_step
