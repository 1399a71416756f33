from __future__ import annotations

from random import Random

import pytest

from flask_auditlog.delivery.schedule import HOUR
from flask_auditlog.delivery.schedule import next_due
from flask_auditlog.delivery.schedule import retry_after
from flask_auditlog.delivery.schedule import SCHEDULE

# Sun, 06 Nov 1994 08:49:37 GMT
NOW = 784_111_777_000


class Middle(Random):
    """Neither early nor late."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def test_ten_attempts_take_three_days() -> None:
    now = total = 0
    for attempts in range(10):
        due = next_due(attempts, now, random=Middle())
        assert due is not None
        assert due - now == SCHEDULE[attempts]
        total, now = due, due
    assert next_due(10, now, random=Middle()) is None
    assert total == ((75 * 60 + 35) * 60 + 5) * 1000


@pytest.mark.parametrize("attempts", range(1, 10))
def test_those_who_failed_together_do_not_come_back_together(attempts: int) -> None:
    random = Random(attempts)
    pauses = {next_due(attempts, NOW, random=random) or 0 for _ in range(500)}
    planned = SCHEDULE[attempts]
    assert len(pauses) > 200
    assert planned * 0.8 <= min(pauses) - NOW < planned * 0.82
    assert planned * 1.18 < max(pauses) - NOW <= planned * 1.2


@pytest.mark.parametrize(
    ("asked", "pause"),
    [(None, 5_000), (0, 5_000), (4_000, 5_000), (120_000, 120_000), (10**12, 24 * HOUR)],
)
def test_a_receiver_makes_the_pause_longer_and_never_shorter(asked: int | None, pause: int) -> None:
    assert next_due(1, NOW, random=Middle(), retry_after=asked) == NOW + pause


def test_the_schedule_can_be_another() -> None:
    assert next_due(1, NOW, random=Middle(), schedule=(0, 7)) == NOW + 7
    assert next_due(2, NOW, random=Middle(), schedule=(0, 7)) is None


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", 120_000),
        (" 120 ", 120_000),
        ("0", 0),
        ("Sun, 06 Nov 1994 08:51:37 GMT", 120_000),
        ("Sun, 06 Nov 1994 08:51:37 -0000", 120_000),
        ("Sunday, 06-Nov-94 08:51:37 GMT", 120_000),
        ("Sun Nov  6 08:51:37 1994", 120_000),
        ("Tue, 06 Nov 2040 08:49:37 GMT", 24 * HOUR),
        ("1000000000", 24 * HOUR),
        ("99999999999999999999", 24 * HOUR),
        # In the past, or not to be read.
        ("Sun, 06 Nov 1994 08:49:37 GMT", None),
        ("Sat, 05 Nov 1994 08:49:37 GMT", None),
        ("-5", None),
        ("1e9", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("9" * 400, None),
        ("Sun, 99 Nov 1994 08:51:37 GMT", None),
        ("Sun, 06 Nov 999999999999 08:51:37 GMT", None),
        (None, None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date(value: str | None, wait: int | None) -> None:
    assert retry_after(value, NOW) == wait
