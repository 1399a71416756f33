"""A histogram by family: its parts are those of the records, and add up to its bars."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC

import pytest
import sqlalchemy as sa

from flask_auditlog.event import Entry
from flask_auditlog.event import FAMILIES
from flask_auditlog.event import Family
from flask_auditlog.event import family
from flask_auditlog.event import READ_TYPE
from flask_auditlog.event import STARTED
from flask_auditlog.store import Histogram
from flask_auditlog.store import Query
from flask_auditlog.store import Scale
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.charts import hours

from .samples import ALL
from .samples import ANY
from .samples import entry
from .test_hours import ACME
from .test_hours import DAY
from .test_hours import END
from .test_hours import HOUR
from .test_hours import NOON

# Also those that only begin like ours, stand beside them in an index, or are not written as they are.
TYPES = [
    *("access.LOGIN", "access.LOGIN_ERROR", "access.é", "access.\U0010fffe", "access/x", "access"),
    *("accessory.sold", "admin.A", "admin.USER-UPDATE", "administered.x", "Admin.USER-UPDATE"),
    *("system.NEWS", "systemic.x", "system", "a", "invoice.paid", "aws.s3.access.x", "zz"),
    *(READ_TYPE, STARTED),
]
RANGE = {"after": NOON + HOUR // 3, "before": END - 5 * HOUR - 1}
QUERIES = [
    ANY,
    Query(reads=True),
    Query(type="access.*"),
    Query(type="a*"),
    Query(type="system.*"),
    Query(error=False),
    Query(org="acme"),
    Query(user="maya"),
]


def some(number: int = 160) -> list[Entry]:
    """Events of five days, of all families and of none of ours."""
    chance = random.Random(7)
    return [
        entry(
            TYPES[n % len(TYPES)],
            time=NOON + chance.randrange(5 * DAY),
            source=chance.choice(["api", "system"]),
            organization_id=chance.choice(["acme", "globex", None]),
            realm_id=chance.choice(["default", "default", "other"]),
            error=chance.choice(["denied", None]),
            user_id="maya",
        )
        for n in range(number)
    ]


def histogram(
    store: SqlStore, query: Query = ANY, scope: Scope = ALL, *, records: int = 999, bars: int = 60
) -> Histogram:
    scale = Scale(zone=UTC, now=END, bars=bars, by_family=True)
    return store.figures.histogram(query, scope, scale, records=records, seconds=600)


def counted(
    store: SqlStore, query: Query, scope: Scope, found: Histogram
) -> list[Mapping[Family, int]]:
    """The same numbers, of the records that a search finds."""
    starts = [bar.start for bar in found.bars]
    numbers = [Counter[Family]() for _ in starts]
    for record in store.stream(query, scope):
        numbers[bisect_right(starts, record.event.time) - 1][family(record.event.type)] += 1
    return [{each: number[each] for each in FAMILIES} for number in numbers]


@pytest.mark.parametrize(("bars", "width"), [(60, {"1h", "2h"}), (5, {"1d", "1w"})])
@pytest.mark.parametrize("followed", [61, 160])
@pytest.mark.parametrize("scope", [ALL, ACME], ids=["all", "acme"])
def test_the_families_are_those_of_the_records_that_a_search_finds(
    store: SqlStore, followed: int, scope: Scope, bars: int, width: set[str]
) -> None:
    store.append(some())
    assert store.hours.follow(limit=followed) == followed
    widths: set[str] = set()
    for query in QUERIES:
        for asked in (query, replace(query, **RANGE)):  # type: ignore[arg-type] # by name
            found = histogram(store, asked, scope, bars=bars)
            widths.add(found.width)
            told = [bar.families for bar in found.bars]
            assert told == counted(store, asked, scope, found), (asked, scope)
            assert found.complete
    assert width & widths


def test_they_add_up_to_the_same_bars_as_without_them(store: SqlStore) -> None:
    store.append(some())
    store.hours.follow(limit=150)
    for query in QUERIES:
        found = histogram(store, query)
        assert [sum((bar.families or {}).values()) for bar in found.bars] == [
            bar.records for bar in found.bars
        ]
        scale = Scale(zone=UTC, now=END, bars=60)
        plain = store.figures.histogram(query, ALL, scale, records=999, seconds=600)
        assert plain.bars == tuple(replace(bar, families=None) for bar in found.bars)


def test_all_are_told_by_family_however_many_are_looked_at(store: SqlStore) -> None:
    store.append(some())
    store.hours.follow(limit=999)
    found = histogram(store, records=9)
    assert [bar.families for bar in found.bars] == counted(store, ANY, ALL, found)


def test_whole_hours_are_told_by_the_numbers_of_their_types(store: SqlStore) -> None:
    store.append([entry("access.A", time=NOON), entry("own", time=NOON + 3 * DAY)])
    store.hours.follow(limit=99)
    for table in (hours.of_all, hours.by_type):
        with store.engine.begin() as connection:
            connection.execute(sa.update(table).values(records=table.c.records * 10))
    told = [bar.families for bar in histogram(store).bars if bar.records]
    assert told == [
        {"access": 10, "admin": 0, "system": 0, "own": 0},
        {"access": 0, "admin": 0, "system": 0, "own": 10},
    ]


def test_an_organization_is_counted_whole_and_its_newest_by_family(store: SqlStore) -> None:
    types = ["access.A", "own", "admin.B", "system.C"]
    store.append(
        [entry(types[n % 4], time=NOON + n * HOUR, organization_id="acme") for n in range(96)]
    )
    store.hours.follow(limit=999)
    for scope, query in ((ACME, ANY), (ALL, Query(org="acme"))):
        found = histogram(store, query, scope, records=12)
        assert found.complete
        assert sum(bar.records or 0 for bar in found.bars) == 96
        known = [bar for bar in found.bars if bar.families is not None and bar.records]
        assert 0 < len(known) < len(found.bars)
        assert [bar.families for bar in known] == counted(store, query, scope, found)[-len(known) :]
        # What is not known of them is the oldest, and nothing in between.
        assert found.bars[-len(known) :] == tuple(known)


def test_of_what_is_counted_by_its_newest_the_oldest_second_is_left_out_whole(
    store: SqlStore,
) -> None:
    store.append([entry(each, time=NOON) for each in ("access.A", "own", "admin.B")])
    store.append([entry("own", time=NOON + HOUR)])
    found = histogram(store, Query(after=NOON, before=NOON + 2 * HOUR), records=3)
    assert not found.complete
    assert (found.bars[0].records, found.bars[0].families) == (None, None)
    assert sum((bar.families or {}).get("own", 0) for bar in found.bars) == 1


def test_without_being_asked_nobody_counts_by_family(store: SqlStore) -> None:
    store.append(some())
    store.hours.follow(limit=80)
    for query in QUERIES:
        scale = Scale(zone=UTC, now=END, bars=60)
        found = store.figures.histogram(query, ALL, scale, records=999, seconds=600)
        assert {bar.families for bar in found.bars} == {None}


def test_an_empty_range_has_no_record_of_any_family(store: SqlStore) -> None:
    store.append([entry("access.A", time=NOON - DAY)])
    for followed in (0, 9):
        store.hours.follow(limit=followed)
        (families,) = {str(bar.families) for bar in histogram(store, Query(after=NOON)).bars}
        assert families == str(dict.fromkeys(FAMILIES, 0))
    assert histogram(store, Query(before=0)).bars == ()
