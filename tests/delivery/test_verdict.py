from __future__ import annotations

from random import Random

import pytest

from flask_auditlog.delivery.health import Outcome
from flask_auditlog.delivery.verdict import verdict

NOW = 1_700_000_000_000
GOOD, BAD = Outcome(status=204), Outcome(status=500, error="http")


@pytest.mark.parametrize(
    ("outcome", "attempts", "is_enabled", "state"),
    [
        (GOOD, 1, True, "succeeded"),
        (GOOD, 10, True, "succeeded"),
        # It was sent before somebody disabled it.
        (GOOD, 1, False, "succeeded"),
        (Outcome(status=200, wants="abort-message"), 1, True, "succeeded"),
        (BAD, 1, True, "pending"),
        (BAD, 9, True, "pending"),
        (BAD, 10, True, "exhausted"),
        (BAD, 10, False, "exhausted"),
        (BAD, 9, False, "held"),
        (Outcome(status=410, error="http"), 1, False, "held"),
        (Outcome(error="timeout"), 1, True, "pending"),
        (Outcome(status=500, error="http", wants="abort-message"), 1, True, "cancelled"),
        (Outcome(status=500, error="http", wants="disable"), 1, False, "held"),
        (Outcome(status=500, error="http", wants="nonsense"), 1, True, "pending"),
    ],
)
def test_a_delivery_goes_on_or_ends(
    outcome: Outcome, attempts: int, is_enabled: bool, state: str
) -> None:
    found = verdict(outcome, attempts=attempts, is_enabled=is_enabled, now=NOW, random=Random(1))
    assert found.state == state
    assert (found.due_time is not None) is (state in {"pending", "held"})


def test_what_the_receiver_asks_for_is_waited() -> None:
    outcome = Outcome(status=503, error="http", retry_after=3_600_000)
    found = verdict(outcome, attempts=1, is_enabled=True, now=NOW, random=Random(1))
    assert found.due_time == NOW + 3_600_000
