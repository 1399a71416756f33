"""The course of a figure, and how it does against the time before."""

from __future__ import annotations

import pytest

from flask_auditlog.store.charts.summary import Bar
from flask_auditlog.web.admin.overview.patience import Patience
from flask_auditlog.web.admin.overview.trends import change_words
from flask_auditlog.web.admin.overview.trends import course_of
from flask_auditlog.web.admin.overview.trends import HOUR
from flask_auditlog.web.admin.overview.trends import points_of
from flask_auditlog.web.admin.overview.trends import Range
from tests.web.admin.conftest import PATIENT


@pytest.mark.parametrize(
    ("number", "before", "words"),
    [
        (118, 100, "+18% on the day before"),
        (82, 100, "\u221218% on the day before"),
        (100, 100, "+0% on the day before"),
        (0, 100, "\u2212100% on the day before"),
        # A per cent of few, or of hundreds, says nothing.
        (19, 4, "4 in the day before"),
        (7, 0, "0 in the day before"),
        (20_000, 2_000, "2,000 in the day before"),
    ],
)
def test_a_change_in_words(number: int, before: int, words: str) -> None:
    assert change_words(number, before, "day") == words


@pytest.mark.parametrize(
    ("numbers", "points"),
    [
        ([], ""),
        ([3], ""),
        ([0, 0], ""),
        ([0, 5, 10], "0.0,20.0 50.0,11.0 100.0,2.0"),
    ],
)
def test_the_points_of_a_line(numbers: list[int], points: str) -> None:
    assert points_of(numbers) == points


@pytest.mark.parametrize(
    ("numbers", "course"),
    [
        # The first part begins before the range. The last is not over: lower, it says nothing yet.
        ([7, 4, 5, 2], [4, 5]),
        ([7, 4, 5, 6], [4, 5, 6]),
        ([7], []),
        ([], []),
    ],
)
def test_the_course_is_of_whole_parts(numbers: list[int], course: list[int]) -> None:
    here, part = Range("hour", now=10 * HOUR), HOUR // 3
    bars = [
        Bar(start=start, end=start + part, records=number, errors=0)
        for start, number in zip(
            range(here.after - part // 2, here.now, part), numbers, strict=False
        )
    ]
    assert course_of(bars, here, lambda bar: bar.records or 0) == course


def test_who_has_no_time_left_is_not_asked() -> None:
    asked: list[float] = []
    assert Patience(0).ask(asked.append) is None
    Patience(9 * PATIENT).ask(asked.append)
    assert asked == [PATIENT]
