"""The histogram as it is drawn."""

from __future__ import annotations

from datetime import UTC

import pytest

from flask_auditlog.store import Query
from flask_auditlog.store.charts.buckets import cut
from flask_auditlog.store.charts.buckets import DAY
from flask_auditlog.store.charts.buckets import HOUR
from flask_auditlog.store.charts.buckets import MINUTE
from flask_auditlog.store.charts.summary import Bar
from flask_auditlog.store.charts.summary import Histogram
from flask_auditlog.web.admin.asked import Asked
from flask_auditlog.web.admin.histogram_chart import Chart
from flask_auditlog.web.admin.histogram_chart import chart_of

NOTHING = Asked(())
NOON = 1_688_990_400_000  # 10 July 2023, 12:00 UTC


def drawn(
    *numbers: int | None, width: int = HOUR, name: str = "1h", query: Query | None = None
) -> Chart:
    bars = [
        Bar(
            start=NOON + place * width,
            end=NOON + (place + 1) * width,
            records=number,
            errors=None if number is None else number // 2,
        )
        for place, number in enumerate(numbers)
    ]
    found = Histogram(width=name, bars=tuple(bars), complete=None not in numbers)
    chart = chart_of(found, query or Query(), NOTHING, NOON + DAY)
    assert chart is not None
    return chart


def over(span: int) -> Chart:
    """The chart of a range of time from noon on."""
    parts = cut(NOON, NOON + span, UTC, most=60)
    edges = parts.edges
    bars = tuple(
        Bar(start=edges[n], end=edges[n + 1], records=1, errors=0) for n in range(len(edges) - 1)
    )
    chart = chart_of(
        Histogram(width=parts.width.name, bars=bars, complete=True), Query(), NOTHING, NOON
    )
    assert chart is not None
    return chart


def test_bars_are_as_high_as_their_numbers_and_red_as_their_errors() -> None:
    chart = drawn(10, 5, 0, 1)
    assert [bar.height for bar in chart.columns] == [72, 36, 0, 7.2]
    assert [bar.bad for bar in chart.columns] == [36, 14.4, 0, 0]
    assert [bar.left for bar in chart.columns] == [0, 25, 50, 75]
    assert (chart.top, chart.errors) == (10, 7)


@pytest.mark.parametrize(
    ("most", "top"), [(1, 1), (3, 4), (9, 10), (11, 20), (41, 50), (66, 80), (2001, 4000)]
)
def test_the_axis_ends_with_a_round_number(most: int, top: int) -> None:
    assert drawn(most, 0).top == top


def test_a_little_is_still_seen() -> None:
    assert drawn(1000, 1).columns[1].height == 1.5


def test_a_bar_says_what_it_stands_for() -> None:
    assert [bar.words for bar in drawn(4, 1, None).columns] == [
        "10 Jul, 12:00 to 13:00: 4 events, 2 with an error",
        "10 Jul, 13:00 to 14:00: 1 event, none with an error",
        "10 Jul, 14:00 to 15:00: not counted",
    ]
    assert drawn(1, 0, width=DAY, name="1d").columns[0].when == "Mon 10 Jul 2023"
    assert drawn(1, 0, width=7 * DAY, name="1w").columns[0].when == "10 Jul 2023 to 17 Jul 2023"
    assert drawn(1, 0, width=1000, name="1s").columns[0].when == "10 Jul, 12:00:00 to 12:00:01"


def test_a_bar_leads_to_no_more_than_was_asked_for() -> None:
    asked = Query(after=NOON + 10 * MINUTE, before=NOON + HOUR + 5 * MINUTE)
    first, last = drawn(1, 1, query=asked).columns
    assert first.to.values("after") == ["2023-07-10T12:10:00Z"]
    assert last.to.values("before") == ["2023-07-10T13:05:00Z"]


@pytest.mark.parametrize(
    ("span", "words", "ticks"),
    [
        (HOUR, "1 minute a bar", ["12:10", "12:20", "12:30", "12:40", "12:50"]),
        (6 * HOUR, "10 minutes a bar", ["13:00", "14:00", "15:00", "16:00", "17:00"]),
        (DAY, "30 minutes a bar", ["15:00", "18:00", "21:00", "11 Jul", "03:00", "06:00", "09:00"]),
        (
            7 * DAY,
            "3 hours a bar",
            ["11 Jul", "12 Jul", "13 Jul", "14 Jul", "15 Jul", "16 Jul", "17 Jul"],
        ),
        (30 * DAY, "12 hours a bar", ["17 Jul", "24 Jul", "31 Jul", "7 Aug"]),
        (365 * DAY, "1 week a bar", ["Oct", "2024", "Apr"]),
        (3 * 365 * DAY, "1 month a bar", ["2024", "2025", "2026"]),
        (45 * 1000, "1 second a bar", ["12:00:05"]),
    ],
)
def test_the_axis_has_round_times(span: int, words: str, ticks: list[str]) -> None:
    chart = over(span)
    told = [tick.words for tick in chart.ticks]
    assert (chart.width_words, told[: len(ticks)]) == (words, ticks)
    lefts = [tick.left for tick in chart.ticks]
    assert len(lefts) <= 9
    assert lefts == sorted(lefts)


@pytest.mark.parametrize(
    ("query", "ends"),
    [
        (Query(), None),
        (Query(before=NOON), None),
        (Query(after=NOON, before=NOON + HOUR), ("2023-07-10T11:00:00Z", "2023-07-10T14:00:00Z")),
        (Query(after=NOON), ("2023-07-09T12:00:00Z", None)),
        (Query(after=NOON, before=NOON + DAY - 1), ("2023-07-09T12:00:00.001Z", None)),
    ],
)
def test_zooming_out_shows_three_times_as_much_but_no_future(
    query: Query, ends: tuple[str, str | None] | None
) -> None:
    wider = drawn(1, 1, query=query).wider
    told = None
    if wider is not None:
        told = (wider.values("after")[0], next(iter(wider.values("before")), None))
    assert told == ends


def test_too_little_is_not_drawn() -> None:
    bar = Bar(start=0, end=1, records=0, errors=0)
    for bars in ((), (bar,), (bar, bar)):
        found = Histogram(width="1s", bars=bars, complete=True)
        assert chart_of(found, Query(), NOTHING, 0) is None
