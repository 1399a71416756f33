"""Times in words."""

from __future__ import annotations

import pytest

from flask_auditlog.web.admin import moments
from tests.web.admin.samples import NOON

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (-5 * SECOND, "now"),
        (999, "now"),
        (SECOND, "1s ago"),
        (59 * SECOND, "59s ago"),
        (MINUTE, "1m ago"),
        (HOUR - 1, "59m ago"),
        (HOUR, "1h ago"),
        (DAY, "1d ago"),
        (364 * DAY, "364d ago"),
        (365 * DAY, "1y ago"),
    ],
)
def test_how_long_ago(back: int, words: str) -> None:
    assert moments.ago(NOON - back, NOON) == words


@pytest.mark.parametrize(
    ("back", "name"),
    [
        (0, "Today, Monday 10 July"),
        (DAY, "Yesterday, Sunday 9 July"),
        (2 * DAY, "Saturday 8 July"),
        (365 * DAY, "Sunday 10 July 2022"),
        (-DAY, "Tuesday 11 July"),
    ],
)
def test_the_name_of_a_day(back: int, name: str) -> None:
    assert moments.day(NOON - back, NOON) == name


def test_a_moment_for_people_and_for_machines() -> None:
    assert moments.full(NOON + 7) == "Monday 10 July 2023, 12:15:04.007 UTC"
    assert moments.iso(NOON + 7) == "2023-07-10T12:15:04.007Z"
    assert moments.hour(NOON) == "12:15:04"
    assert moments.brief(NOON) == "10 Jul 2023, 12:15:04"


@pytest.mark.parametrize("time", [-(10**15), 10**15])
def test_what_no_calendar_holds_is_shown_all_the_same(time: int) -> None:
    assert moments.iso(time).endswith("Z")


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (3, "3 ms"),
        (1250, "1.2 s"),
        (90 * SECOND, "1 min"),
        (5 * HOUR, "5 h"),
        (12 * DAY, "12 days"),
    ],
)
def test_how_long_something_took(milliseconds: int, words: str) -> None:
    assert moments.span(milliseconds) == words
