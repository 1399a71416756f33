"""Success and latency as they are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from flask_auditlog.store.outbox.course import HALF_HOUR
from flask_auditlog.store.webhooks import Interval
from flask_auditlog.web.admin.webhooks.course_chart import Course
from flask_auditlog.web.admin.webhooks.course_chart import course_of
from flask_auditlog.web.admin.webhooks.course_chart import FIELD

NOON = 1_688_990_400_000  # 10 July 2023, 12:00 UTC
Told = tuple[int, int, float | None]


def drawn(*told: Told, timeout: float = 15_000.0, is_exact: bool = True) -> Course:
    intervals = [
        Interval(
            start=NOON + place * HALF_HOUR,
            end=NOON + (place + 1) * HALF_HOUR,
            succeeded=succeeded,
            failed=failed,
            p95=p95,
            is_exact=is_exact,
        )
        for place, (succeeded, failed, p95) in enumerate(told)
    ]
    course = course_of(intervals, timeout)
    assert course is not None
    return course


def heights(points: str) -> Sequence[float]:
    return [float(each.partition(",")[2]) for each in points.split()]


def test_bars_are_as_high_as_their_tries_and_say_the_same() -> None:
    course = drawn((30, 10, 142.0), (0, 0, None), (1, 0, 9.5), (0, 1, 15_000.0))
    assert course.top == 40
    assert [(bar.good, bar.bad) for bar in course.bars] == [(42, 14), (0, 0), (1.4, 0), (0, 1.4)]
    assert [bar.left for bar in course.bars] == [0, 25, 50, 75]
    said = "10 Jul, 12:00 to 12:30: 30 succeeded, 10 failed, p95 142 ms"
    assert course.bars[0].words == said
    assert course.bars[1].words.endswith("0 succeeded, 0 failed")


def test_one_of_thousands_is_still_seen() -> None:
    course = drawn((9_999, 1, 100.0), (1, 0, 100.0))
    assert [bar.good + bar.bad for bar in course.bars] == [57, 1]


def test_the_line_has_a_gap_where_nothing_was_tried() -> None:
    course = drawn((1, 0, 100.0), (1, 0, 100.0), (0, 0, None), (1, 0, 100.0))
    first, alone = course.lines
    assert [len(heights(line.points)) for line in (first, alone)] == [2, 2]
    assert first.points.startswith("12.50,")
    assert [each.split(",")[0] for each in alone.points.split()] == ["75.00", "100.00"]
    assert first.area.split()[0] == f"12.50,{FIELD}"


@pytest.mark.parametrize("p95", [0.0, 0.001, 10.0, 387.0, 15_000.0, 1e9])
def test_the_line_stays_in_its_field_and_rises_with_the_time(p95: float) -> None:
    (y,) = set(heights(drawn((1, 0, p95)).lines[0].points))
    assert 2 <= y <= FIELD - 2
    slower = heights(drawn((1, 0, p95 * 2)).lines[0].points)[0]
    assert slower <= y


def test_the_limit_of_an_attempt_is_the_upper_edge_whatever_it_is() -> None:
    for timeout in (5.0, 100.0, 30_000.0):
        edge = heights(drawn((0, 1, max(timeout, 100.0)), timeout=timeout).lines[0].points)[0]
        assert edge == 2


def test_what_was_not_all_looked_at_says_about() -> None:
    course = drawn((1_200, 0, 100.0), is_exact=False)
    assert not course.is_exact
    assert "about 1,200 succeeded" in course.bars[0].words


def test_where_nothing_was_tried_nothing_is_drawn() -> None:
    with pytest.raises(AssertionError):
        drawn((0, 0, None), (0, 0, None))
    assert course_of([], 1000.0) is None
