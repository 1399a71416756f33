"""The numbers of the hours: a histogram of them is that of the records."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from datetime import timezone
from datetime import tzinfo
from datetime import UTC
from itertools import count
from zoneinfo import ZoneInfo

import msgspec
import pytest
import sqlalchemy as sa

from flask_auditlog import parse_query
from flask_auditlog.event import encode
from flask_auditlog.event import Entry
from flask_auditlog.event import READ_TYPE
from flask_auditlog.store import followers
from flask_auditlog.store import Histogram
from flask_auditlog.store import Query
from flask_auditlog.store import Scale
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.charts import hours
from flask_auditlog.store.charts import numbers

from .samples import ALL
from .samples import ANY
from .samples import entry
from .samples import together

ACME = Scope(realm="default", organization_id="acme")
HOUR = 3_600_000
DAY = 24 * HOUR
NOON = 1_688_990_400_000  # 10 July 2023, 12:00 UTC
END = NOON + 5 * DAY

QUERIES = [
    ANY,
    Query(reads=True),
    Query(type="a.b"),
    Query(type="a.*"),
    Query(type="*.c"),
    Query(type=READ_TYPE),
    Query(error=True),
    Query(error=False),
    Query(error=True, type="a.*", reads=True),
    Query(org="acme"),
    Query(org="nobody"),
    Query(org="acme", error=False, reads=True),
    Query(org="acme", type="a.b"),
    Query(user="maya"),
    Query(source="api"),
    Query(more=parse_query("type:a.* error:*"), zone="Europe/Stockholm"),
    Query(more=parse_query("type:a.* -type:a.b")),
]


def some(number: int, seed: int = 5) -> list[Entry]:
    """Events of five days, of all kinds; a part of them in hours that a range may cut."""
    chance = random.Random(seed)
    cut = [NOON + HOUR // 2, NOON + HOUR // 4, END - 5 * HOUR - 2, END - 5 * HOUR]
    return [
        entry(
            chance.choice(["a.b", "a.c", "b.c", READ_TYPE]),
            time=chance.choice([*cut, *(NOON + chance.randrange(5 * DAY) for _ in range(8))]),
            source=chance.choice(["api", "system"]),
            organization_id=chance.choice(["acme", "globex", None]),
            realm_id=chance.choice(["default", "default", "other"]),
            error=chance.choice(["denied", None]),
            user_id="maya",
        )
        for _ in range(number)
    ]


def histogram(
    store: SqlStore, query: Query, scope: Scope = ALL, *, zone: tzinfo = UTC, records: int = 999
) -> Histogram:
    scale = Scale(zone=zone, now=END, bars=60)
    return store.figures.histogram(query, scope, scale, records=records, seconds=9)


def counted(store: SqlStore, query: Query, scope: Scope, found: Histogram) -> list[tuple[int, int]]:
    """The same numbers, of the records that a search finds."""
    records, errors = [0] * len(found.bars), [0] * len(found.bars)
    starts = [bar.start for bar in found.bars]
    for record in store.stream(query, scope):
        place = bisect_right(starts, record.event.time) - 1
        records[place] += 1
        errors[place] += record.event.error is not None
    return list(zip(records, errors, strict=True))


@pytest.mark.parametrize("followed", [0, 37, 120])
def test_a_histogram_is_that_of_the_records_however_far_they_were_followed(
    store: SqlStore, followed: int
) -> None:
    store.append(some(120))
    assert store.hours.follow(limit=followed) == followed
    for query in QUERIES:
        for ends in ({}, {"after": NOON + HOUR // 3, "before": END - 5 * HOUR - 1}):
            asked = Query(**{n: getattr(query, n) for n in query.__dataclass_fields__} | ends)
            for scope in (ALL, ACME):
                found = histogram(store, asked, scope)
                told = [(bar.records, bar.errors) for bar in found.bars]
                assert told == counted(store, asked, scope, found), (asked, scope)
                assert found.complete


def test_more_are_counted_than_are_looked_at(store: SqlStore) -> None:
    store.append(some(120))
    found = histogram(store, ANY, records=9)
    assert found.complete
    assert sum(bar.records or 0 for bar in found.bars) == store.count(ANY, ALL, at_most=999).value
    # What the hours do not know is looked for among the newest.
    assert not histogram(store, Query(user="maya"), records=9).complete


def test_each_record_is_counted_once_by_whoever_follows(store: SqlStore) -> None:
    store.append(some(120))
    together(lambda n: [store.hours.follow(limit=7) for _ in range(40)], 2)
    while store.hours.follow(limit=50) != 0:
        pass
    with store.engine.connect() as connection:
        sums = [connection.scalar(sa.select(sa.func.sum(t.c.records))) for t in hours.TABLES]
    organized = sum(each.event.organization_id is not None for each in some(120))
    assert sums == [120, 120, organized] * 2


def test_whole_hours_are_read_from_their_numbers(store: SqlStore) -> None:
    store.append([entry(time=NOON + n * DAY) for n in range(3)])
    store.hours.follow(limit=99)
    with store.engine.begin() as connection:
        connection.execute(sa.update(hours.of_all).values(records=hours.of_all.c.records * 10))
    numbers = [bar.records for bar in histogram(store, ANY).bars if bar.records]
    assert numbers == [10, 10, 10]


def long(number: int = 120) -> list[Entry]:
    """The same as :func:`some`, each day ten days after the one before."""
    whole = [(each, each.event.time - NOON) for each in some(number)]
    return [
        encode(msgspec.structs.replace(each.event, time=NOON + at // DAY * 10 * DAY + at % DAY))
        for each, at in whole
    ]


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Europe/London"), ZoneInfo("Europe/Stockholm")])
@pytest.mark.parametrize("followed", [0, 37, 120])
def test_a_histogram_of_days_is_that_of_the_records(
    store: SqlStore, followed: int, zone: tzinfo
) -> None:
    store.append(long())
    store.hours.follow(limit=followed)
    after, before = NOON + HOUR // 3, NOON + 41 * DAY - HOUR // 2
    for query in QUERIES:
        for asked in (query, replace(query, after=after, before=before)):
            for scope in (ALL, ACME):
                found = histogram(store, asked, scope, zone=zone)
                assert found.width == "1d" or not any(bar.records for bar in found.bars)
                told = [(bar.records, bar.errors) for bar in found.bars]
                assert told == counted(store, asked, scope, found), (asked, scope)


@pytest.mark.parametrize(
    ("zone", "width"), [("UTC", 10 * DAY), ("Asia/Kolkata", DAY), ("Asia/Pyongyang", HOUR)]
)
@pytest.mark.parametrize("records", [40, 999])
def test_what_nobody_keeps_numbers_of_is_counted_in_steps_that_no_bar_cuts(
    store: SqlStore, zone: str, width: int, records: int
) -> None:
    """Pyongyang was half an hour behind in these years, and is not any more."""
    start = 1_483_228_800_000  # 2017
    chance = random.Random(3)
    times = [start + n * width + chance.randrange(width) for n in range(60)]
    store.append(
        [entry(time=time, user_id="maya", error=chance.choice(["x", None])) for time in times]
    )
    query = Query(user="maya")
    found = histogram(store, query, zone=ZoneInfo(zone), records=records)
    told = [(bar.records, bar.errors) for bar in found.bars]
    all_ = counted(store, query, ALL, found) if records > 60 else told
    assert told == all_
    assert found.complete is (records > 60)
    if records <= 60:
        rest = [each for each in store.stream(query, ALL) if each.event.time >= found.bars[0].start]
        assert sum(bar.records or 0 for bar in found.bars) == len(rest) > 20


def test_whole_days_are_read_from_their_numbers_where_days_begin_in_utc(store: SqlStore) -> None:
    store.append([entry(time=NOON + n * 20 * DAY) for n in range(3)])
    store.hours.follow(limit=99)
    day = hours.DAYS[hours.of_all]
    with store.engine.begin() as connection:
        connection.execute(sa.update(day).values(records=day.c.records * 10))
    for query, zone, told in (
        (ANY, UTC, [10, 10, 10]),
        (ANY, ZoneInfo("Europe/London"), [1, 1, 1]),
        # Parts of days are of hours.
        (Query(after=NOON - 1, before=NOON + 40 * DAY + 1), UTC, [1, 10, 1]),
    ):
        found = histogram(store, query, zone=zone)
        assert [bar.records for bar in found.bars if bar.records] == told


def test_times_before_1970_have_hours_too(store: SqlStore) -> None:
    times = [-1, 0, 1, -HOUR, -HOUR - 1, HOUR - 1, 3 * DAY, -3 * DAY]
    store.append([entry(time=time) for time in times])
    for limit in (0, 99):
        store.hours.follow(limit=limit)
        found = histogram(store, ANY)
        told = [(bar.records, bar.errors) for bar in found.bars]
        assert found.width == "3h"
        assert told == counted(store, ANY, ALL, found)


def test_what_the_language_says_plainly_is_made_of_hours_too(store: SqlStore) -> None:
    store.append(some(120))
    asked = Query(more=parse_query("type:a.* after:2023-07-10 error:*"), zone="Europe/Stockholm")
    assert histogram(store, asked, records=9).complete
    assert not histogram(store, Query(more=parse_query("-type:a.b")), records=9).complete


@pytest.mark.parametrize(
    ("zone", "complete"),
    [(ZoneInfo("Europe/Stockholm"), True), (timezone(timedelta(hours=5, minutes=30)), False)],
)
def test_bars_that_begin_within_an_hour_are_not_made_of_hours(
    store: SqlStore, zone: tzinfo, *, complete: bool
) -> None:
    store.append(some(120))
    assert histogram(store, ANY, zone=zone, records=9).complete is complete


def test_a_short_range_is_not_made_of_hours(store: SqlStore) -> None:
    store.append([entry(time=NOON + n * 60_000) for n in range(300)])
    asked = Query(after=NOON, before=NOON + 5 * HOUR)
    assert not histogram(store, asked, records=9).complete
    assert histogram(store, asked).width == "5m"


def test_numbers_that_are_not_kept_are_not_used(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(some(120))
    store.hours.follow(limit=100)
    assert histogram(store, ANY, records=9).complete
    monkeypatch.setattr(numbers, "BEHIND", 19)
    assert not histogram(store, ANY, records=9).complete


def moved(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Let the follower move after it was twice asked where it stands; count how often it is asked."""
    calls = count()

    def moving(*given: object) -> int:
        position = followers.position_of(*given)  # type: ignore[arg-type] # as they came
        if next(calls) < 2:
            store.hours.follow(limit=30)
        return position

    monkeypatch.setattr("flask_auditlog.store.charts.numbers.position_of", moving)

    return calls


def test_a_follower_that_moves_meanwhile_makes_no_difference(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(some(120))
    store.hours.follow(limit=30)
    calls = moved(store, monkeypatch)
    found = histogram(store, ANY)
    assert [(bar.records, bar.errors) for bar in found.bars] == counted(store, ANY, ALL, found)
    # Three times for the days, which no bar is as wide as, and once for the hours.
    assert next(calls) == 4
