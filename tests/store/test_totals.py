"""The facets that are of all that is found: the same as if each record had been counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC

import pytest
import sqlalchemy as sa

from flask_auditlog.store import Query
from flask_auditlog.store import Scale
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.charts import hours
from flask_auditlog.store.charts import numbers
from flask_auditlog.store.charts import totals
from flask_auditlog.store.charts.summary import Facet

from .samples import ALL
from .samples import ANY
from .samples import entry
from .test_hours import ACME
from .test_hours import DAY
from .test_hours import END
from .test_hours import HOUR
from .test_hours import moved
from .test_hours import NOON
from .test_hours import QUERIES
from .test_hours import some

MIDNIGHT = NOON + 12 * HOUR
RANGES = {
    "all": (None, None),
    "whole days": (MIDNIGHT, MIDNIGHT + 2 * DAY),
    "from an hour on": (NOON, None),
    "up to within an hour": (None, END - 5 * HOUR - 1),
    "days, hours and parts of hours": (NOON + HOUR // 3, END - 5 * HOUR - 1),
    "hours of one day": (NOON, NOON + 9 * HOUR),
    "hours of two days": (NOON, MIDNIGHT + 9 * HOUR + 1),
    "nothing": (END + 9 * DAY, END + 12 * DAY),
}


def facet(store: SqlStore, name: str, query: Query, scope: Scope = ALL, top: int = 9) -> Facet:
    """Of few records: so what is of all of them is of the numbers."""
    found = store.figures.facets(query, scope, records=2, top=top, seconds=9, names=[name])
    return found.fields[name]


def counted(store: SqlStore, name: str, query: Query) -> list[tuple[str, int]]:
    """The same of each record, the most frequent first, then by their bytes."""
    column = {"type": "type", "org": "organization_id"}[name]
    values = (getattr(record.event, column) for record in store.stream(query, ALL))
    sums = Counter(value for value in values if value is not None)
    return sorted(sums.items(), key=lambda pair: (-pair[1], pair[0].encode()))


@pytest.mark.parametrize("ends", RANGES.values(), ids=RANGES)
@pytest.mark.parametrize("followed", [37, 240])
def test_types_and_organizations_are_of_all_that_is_found(
    store: SqlStore, followed: int, ends: tuple[int | None, int | None]
) -> None:
    store.append(some(240))
    store.hours.follow(limit=followed)
    after, before = ends
    told = 0
    for query in QUERIES:
        asked = replace(query, after=after, before=before)
        for name in ("type", "org"):
            found = facet(store, name, asked)
            if found.complete:
                told += 1
                values = [(each.value, each.records) for each in found.values]
                assert values == counted(store, name, asked), (name, asked)
                assert found.distinct == len(values)
    assert told >= 8


@pytest.mark.parametrize(
    ("name", "query", "complete"),
    [
        ("type", ANY, True),
        ("type", Query(error=True, reads=True), True),
        ("type", Query(type="a.*"), True),
        ("org", Query(org="acme"), True),
        ("org", Query(type="a.*"), False),
        ("type", Query(org="acme"), False),
        ("type", Query(user="maya"), False),
        ("actor", ANY, False),
        ("type", Query(after=NOON + 1, before=NOON + HOUR), False),
    ],
)
def test_what_no_numbers_are_kept_of_is_of_the_newest(
    store: SqlStore, name: str, query: Query, *, complete: bool
) -> None:
    store.append([*some(90), *(entry(time=NOON + n, organization_id="acme") for n in range(5))])
    store.hours.follow(limit=99)
    assert facet(store, name, query).complete is complete


@pytest.mark.parametrize("followed", [0, 240])
@pytest.mark.parametrize("records", [7, 999])
@pytest.mark.parametrize("by_family", [False, True])
def test_both_say_what_each_says_alone(
    store: SqlStore, followed: int, records: int, by_family: bool
) -> None:
    store.append(some(240))
    store.hours.follow(limit=followed)
    scale = Scale(zone=UTC, now=END, bars=60, by_family=by_family)
    for query in QUERIES:
        for asked in (query, replace(query, after=NOON + HOUR // 3), replace(query, before=END)):
            for scope in (ALL, ACME):
                figures = store.figures
                assert figures.both(asked, scope, scale, records=records, top=3, seconds=9) == (
                    figures.histogram(asked, scope, scale, records=records, seconds=9),
                    figures.facets(asked, scope, records=records, top=3, seconds=9),
                ), (asked, scope)


def test_of_an_organization_no_numbers_are_told(store: SqlStore) -> None:
    """Nobody counts its types: those of the realm are not its own."""
    store.append(some(90))
    store.hours.follow(limit=99)
    found = facet(store, "type", ANY, ACME)
    assert not found.complete
    assert sum(each.records for each in found.values) == 2


def test_of_another_realm_nothing_is_told(store: SqlStore) -> None:
    store.append([entry(f"{realm}.x", realm_id=realm, time=NOON) for realm in "aaabbb"])
    store.hours.follow(limit=99)
    (found,) = facet(store, "type", ANY, Scope(realm="a", organization_id=None)).values
    assert (found.value, found.records) == ("a.x", 3)


def test_the_most_frequent_are_told_and_how_many_there_are(store: SqlStore) -> None:
    store.append([entry(name, time=NOON) for name in ("b", "é", "B", "b", "z", "a", "z")])
    store.hours.follow(limit=99)
    found = facet(store, "type", ANY, top=4)
    assert [(each.value, each.records) for each in found.values] == [
        ("b", 2),
        ("z", 2),
        ("B", 1),
        ("a", 1),
    ]
    assert (found.distinct, found.complete) == (5, True)


@pytest.mark.parametrize(
    ("range_", "table", "number"),
    [
        ((None, None), hours.DAYS[hours.by_type], 30),
        ((MIDNIGHT, MIDNIGHT + DAY), hours.DAYS[hours.by_type], 30),
        ((MIDNIGHT - HOUR, MIDNIGHT + 2 * HOUR), hours.by_type, 30),
    ],
)
def test_days_are_read_from_days_and_hours_from_hours(
    store: SqlStore, range_: tuple[int | None, int | None], table: sa.Table, number: int
) -> None:
    store.append([entry("a.b", time=MIDNIGHT + n) for n in range(3)])
    store.hours.follow(limit=99)
    with store.engine.begin() as connection:
        connection.execute(sa.update(table).values(records=table.c.records * 10))
    (found,) = facet(store, "type", Query(after=range_[0], before=range_[1])).values
    assert found.records == number


def test_before_1970_there_are_days_too(store: SqlStore) -> None:
    times = (-1, 0, -DAY, -DAY - 1, -3 * DAY, HOUR, -HOUR - 1)
    store.append([entry(f"at.{time}", time=time) for time in times])
    store.hours.follow(limit=99)
    for after, before in ((None, None), (-DAY, 0), (-DAY - 1, DAY), (-2 * DAY, 1), (-DAY, HOUR)):
        asked = Query(after=after, before=before)
        found = facet(store, "type", asked)
        assert [(each.value, each.records) for each in found.values] == counted(
            store, "type", asked
        )


def test_of_very_many_days_and_values_the_newest_are_told(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append([entry(f"{n}", time=NOON + n * DAY) for n in range(6)])
    store.hours.follow(limit=99)
    monkeypatch.setattr(totals, "MOST", 6)
    assert facet(store, "type", ANY).complete
    monkeypatch.setattr(totals, "MOST", 5)
    assert not facet(store, "type", ANY).complete
    assert facet(store, "type", Query(after=MIDNIGHT)).complete


def test_numbers_that_are_far_behind_are_not_told(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(some(90))
    store.hours.follow(limit=80)
    assert facet(store, "type", ANY).complete
    monkeypatch.setattr(numbers, "BEHIND", 9)
    assert not facet(store, "type", ANY).complete


def test_a_follower_that_moves_meanwhile_makes_no_difference(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(some(120))
    store.hours.follow(limit=30)
    calls = moved(store, monkeypatch)
    found = facet(store, "type", ANY)
    assert [(each.value, each.records) for each in found.values] == counted(store, "type", ANY)
    assert next(calls) == 3
