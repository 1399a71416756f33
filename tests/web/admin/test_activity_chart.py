"""The chart of the overview as it is drawn: bars stacked by family."""

from __future__ import annotations

from itertools import pairwise

import pytest

from flask_auditlog.event import FAMILIES
from flask_auditlog.store import Histogram
from flask_auditlog.store import Query
from flask_auditlog.store.charts.buckets import DAY
from flask_auditlog.store.charts.buckets import HOUR
from flask_auditlog.store.charts.summary import Bar
from flask_auditlog.web.admin.activity_chart import Activity
from flask_auditlog.web.admin.activity_chart import activity_of
from flask_auditlog.web.admin.activity_chart import HEIGHT
from flask_auditlog.web.admin.asked import Asked
from flask_auditlog.web.admin.histogram_chart import chart_of

HERE = Asked((("after", "2023-07-10T12:00:00Z"),))
NOON = 1_688_990_400_000  # 10 July 2023, 12:00 UTC

Numbers = tuple[int, int, int, int]


def drawn(*numbers: Numbers | int | None) -> Activity:
    """The chart of these hours: by family, as a number of none, or not counted."""
    bars = []
    for place, each in enumerate(numbers):
        records = sum(each) if isinstance(each, tuple) else each
        families = dict(zip(FAMILIES, each, strict=True)) if isinstance(each, tuple) else None
        start = NOON + place * HOUR
        bars.append(
            Bar(
                start=start,
                end=start + HOUR,
                records=records,
                errors=None if records is None else records // 4,
                families=families,
            )
        )
    found = Histogram(width="1h", bars=tuple(bars), complete=None not in numbers)
    chart = chart_of(found, Query(after=NOON), HERE, NOON + DAY)
    assert chart is not None
    return activity_of(chart, bars, HERE)


def test_parts_stand_on_each_other_and_are_as_high_as_their_numbers() -> None:
    (stack, _) = drawn((4, 3, 1, 2), (0, 0, 0, 0)).stacks
    assert [(part.family, part.height) for part in stack.parts] == [
        ("own", 30),
        ("access", 60),
        ("admin", 45),
        ("system", 15),
    ]
    assert stack.parts[0].top + stack.parts[0].height == HEIGHT
    for below, above in pairwise(stack.parts):
        assert above.top + above.height == below.top
    assert stack.parts[-1].top == 0


@pytest.mark.parametrize("numbers", [(1, 0, 1, 99_998), (1, 1, 1, 1), (99_997, 1, 1, 1)])
def test_what_is_there_is_seen_and_the_bar_no_higher_for_it(numbers: Numbers) -> None:
    (_, stack) = drawn((0, 0, 0, 100_000), numbers).stacks
    assert len(stack.parts) == sum(number > 0 for number in numbers)
    assert min(part.height for part in stack.parts) >= 2
    high = sum(part.height for part in stack.parts)
    assert high == pytest.approx(max(2 * len(stack.parts), HEIGHT * sum(numbers) / 100_000))


def test_a_bar_says_what_it_stands_for() -> None:
    assert [stack.words for stack in drawn((1200, 0, 1, 3), 5, None, (0, 0, 0, 0)).stacks] == [
        "10 Jul, 12:00 to 13:00: 1,204 events, 301 with an error (access 1,200, system 1, own types 3)",
        "10 Jul, 13:00 to 14:00: 5 events, 1 with an error (class not counted)",
        "10 Jul, 14:00 to 15:00: not counted",
        "10 Jul, 15:00 to 16:00: 0 events, none with an error",
    ]


def test_the_legend_and_what_is_unknown_add_up_to_all() -> None:
    activity = drawn(7, (4, 3, 1, 2), (1, 0, 0, 5))
    assert [(each.family, each.number) for each in activity.legend] == [
        ("access", 5),
        ("admin", 3),
        ("system", 1),
        ("own", 7),
    ]
    assert activity.unknown == 7
    assert activity.stacks[0].numbers is None
    assert activity.highest is activity.stacks[1]


def test_the_legend_leads_to_a_search_of_the_class() -> None:
    activity = drawn((1, 1, 1, 1), (1, 1, 1, 1))
    assert [each.to.values("q") for each in activity.legend] == [
        ["type:access.*"],
        ["type:admin.*"],
        ["type:system.* -type:system.STARTED -type:system.UPGRADED"],
        ["-type:access.* -type:admin.* -type:system.*"],
    ]
    assert activity.failed.values("q") == ["error:*"]
    assert {each.to.values("after")[0] for each in activity.legend} == set(HERE.values("after"))
