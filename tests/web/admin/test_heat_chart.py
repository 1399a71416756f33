"""The last seven days by hour, as they are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from flask_auditlog.store import Query
from flask_auditlog.store import Scale
from flask_auditlog.store.charts.drawing import drawn
from flask_auditlog.store.charts.drawing import Point
from flask_auditlog.web.admin.asked import Asked
from flask_auditlog.web.admin.heat_chart import bars_of
from flask_auditlog.web.admin.heat_chart import Cell
from flask_auditlog.web.admin.heat_chart import Heat
from flask_auditlog.web.admin.heat_chart import heat_of
from flask_auditlog.web.admin.heat_chart import week

MAYA = Asked((("user", "maya"),))


def at(text: str) -> int:
    """Epoch milliseconds of an ISO 8601 time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def heat(now: str, zone: str, found: Mapping[str, int], *, since: str | None = None) -> Heat:
    """The week before *now*, with so many events at those times in UTC."""
    chart = drawn_or_not(now, zone, found, since=since)
    assert chart is not None
    return chart


def drawn_or_not(
    now: str, zone: str, found: Mapping[str, int], *, since: str | None = None
) -> Heat | None:
    """The same, which may be nothing."""
    where = ZoneInfo(zone)
    after, before = week(at(now), where)
    points = sorted((at(time), number) for time, number in found.items())
    made = drawn(
        [Point(time=time, records=number, errors=number // 2) for time, number in points],
        Query(after=after, before=before),
        Scale(zone=where, now=at(now), bars=bars_of(after, before)),
        since=None if since is None else at(since),
    )
    assert made.width == "30m"

    return heat_of(made, MAYA, where)


def cells(chart: Heat, day: str) -> list[Cell]:
    """The hours of a day."""
    (found,) = [each for each in chart.days if each.name == day]
    return list(found.cells)


def times(shown: Cell) -> tuple[str, str]:
    """From when to when a cell searches."""
    (_, after, before) = shown.to.filters
    return after[1], before[1]


def test_each_hour_has_its_number_its_place_and_its_search() -> None:
    chart = heat("2023-07-10T12:15:04", "UTC", {"2023-07-04T07:10": 2, "2023-07-04T07:59": 4})
    assert [day.name for day in chart.days] == [
        *("Tue 4", "Wed 5", "Thu 6", "Fri 7", "Sat 8", "Sun 9", "Mon 10")
    ]
    assert [day.top for day in chart.days] == [0, 17, 34, 51, 68, 85, 102]
    assert [len(day.cells) for day in chart.days] == [24] * 6 + [13]
    seven = cells(chart, "Tue 4")[7]
    assert (seven.left, seven.width, seven.shade) == (29.167, 3.95, 4)
    assert (seven.number, seven.errors) == (6, 3)
    assert seven.words == "Tue 4 Jul, 07:00: 6 events, 3 with an error"
    assert times(seven) == ("2023-07-04T07:00:00Z", "2023-07-04T08:00:00Z")
    assert chart.most == seven
    assert (chart.changed, chart.complete) == ((), True)


def test_a_shade_stands_for_several_times_as_many_as_the_one_before() -> None:
    numbers = [0, 1, 3, 6, 22, 100, 758, 1021]
    hours = {f"2023-07-09T{hour:02}:00": n for hour, n in enumerate(numbers)}
    chart = heat("2023-07-10T12:00", "UTC", hours)
    assert [each.shade for each in cells(chart, "Sun 9")[:8]] == [0, 1, 1, 2, 2, 3, 4, 4]


@pytest.mark.parametrize(
    ("zone", "when", "after"),
    [
        ("Asia/Kolkata", "Sat 8 Jul, 09:00", "2023-07-08T03:30:00Z"),
        ("Asia/Kathmandu", "Sat 8 Jul, 09:00", "2023-07-08T03:15:00Z"),
        ("Pacific/Chatham", "Sat 8 Jul, 16:00", "2023-07-08T03:15:00Z"),
        ("America/St_Johns", "Sat 8 Jul, 01:00", "2023-07-08T03:30:00Z"),
    ],
)
def test_hours_are_those_of_a_clock_beside_that_of_its_neighbours(
    zone: str, when: str, after: str
) -> None:
    chart = heat("2023-07-09T20:30", zone, {"2023-07-08T03:40": 1, "2023-07-08T03:14": 1})
    (_, hour) = [each for day in chart.days for each in day.cells if each.number]
    assert (hour.number, hour.when, times(hour)[0]) == (1, when, after)
    assert round(hour.left * 24 / 100) == int(when[-5:-3])


def test_where_the_clock_goes_forward_an_hour_is_not_there() -> None:
    chart = heat("2023-03-28T12:00", "Europe/Stockholm", {"2023-03-26T01:10": 5})
    sunday = cells(chart, "Sun 26")
    assert len(sunday) == 23
    assert [round(each.left * 24 / 100) for each in sunday[:4]] == [0, 1, 3, 4]
    assert (sunday[2].number, sunday[2].when) == (5, "Sun 26 Mar, 03:00")
    assert chart.changed == ("Sunday 26 has 23 hours: the clock is changed.",)


def test_where_the_clock_goes_back_an_hour_is_there_twice() -> None:
    found = {"2023-10-29T00:10": 2, "2023-10-29T01:10": 3}
    sunday = cells(heat("2023-10-31T12:00", "Europe/Stockholm", found), "Sun 29")
    assert len(sunday) == 25
    one, two = sunday[2:4]
    assert (one.words, two.words) == (
        "Sun 29 Oct, 02:00 CEST: 2 events, 1 with an error",
        "Sun 29 Oct, 02:00 CET: 3 events, 1 with an error",
    )
    assert times(one) == ("2023-10-29T00:00:00Z", "2023-10-29T01:00:00Z")
    assert times(two) == ("2023-10-29T01:00:00Z", "2023-10-29T02:00:00Z")
    assert (one.left, two.left) == (8.333, 10.417)
    assert one.left + one.width < two.left


def test_where_the_clock_is_changed_by_half_an_hour_a_half_is_there_twice() -> None:
    # On Lord Howe it goes from 02:00 back to 01:30, at 15:00 UTC of the day before.
    found = {"2023-04-01T14:40": 1, "2023-04-01T15:10": 2, "2023-04-01T15:40": 4}
    sunday = cells(heat("2023-04-02T20:00", "Australia/Lord_Howe", found), "Sun 2")
    assert [(each.number, times(each)) for each in sunday[1:4]] == [
        (1, ("2023-04-01T14:00:00Z", "2023-04-01T15:00:00Z")),
        (2, ("2023-04-01T15:00:00Z", "2023-04-01T15:30:00Z")),
        (4, ("2023-04-01T15:30:00Z", "2023-04-01T16:30:00Z")),
    ]


def test_a_day_begins_where_there_is_no_midnight() -> None:
    # In Chile 3 September 2023 begins at one.
    sunday = cells(heat("2023-09-04T12:00", "America/Santiago", {"2023-09-03T04:10": 1}), "Sun 3")
    assert len(sunday) == 23
    assert (round(sunday[0].left * 24 / 100), sunday[0].number) == (1, 1)


def test_what_was_not_counted_is_not_called_none() -> None:
    found = {"2023-07-09T12:00": 7}
    chart = heat("2023-07-10T12:00", "UTC", found, since="2023-07-08T09:30:01")
    saturday = cells(chart, "Sat 8")
    assert [each.shade for each in saturday[8:12]] == [None, None, 0, 0]
    assert saturday[9].words == "Sat 8 Jul, 09:00: not counted"
    assert not chart.complete


def test_a_week_without_events_is_not_drawn() -> None:
    assert drawn_or_not("2023-07-10T12:00", "UTC", {}) is None
