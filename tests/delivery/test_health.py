from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest

from flask_auditlog.delivery.health import after
from flask_auditlog.delivery.health import Health
from flask_auditlog.delivery.health import IN_FLIGHT_MOST
from flask_auditlog.delivery.health import Notice
from flask_auditlog.delivery.health import Outcome
from flask_auditlog.delivery.health import probing
from flask_auditlog.delivery.schedule import HOUR
from flask_auditlog.delivery.schedule import MINUTE
from flask_auditlog.delivery.schedule import SECOND
from flask_auditlog.store.webhooks import IN_FLIGHT

NOW = 1_700_000_000_000
DAY = 24 * HOUR

GOOD = Outcome(status=204, milliseconds=20)
BAD = Outcome(status=500, error="http", milliseconds=20)
BUSY = Outcome(status=503, error="http", milliseconds=20)
SILENT = Outcome(error="timeout", milliseconds=15_000)


def allowed(health: Health, now: int) -> int:
    """How many may be in flight to it now, as who claims has it."""
    return 0 if health.paused_until > now else health.allowed


def restarted(health: Health) -> Health:
    """As it comes back from the database."""
    return msgspec.json.decode(msgspec.json.encode(health), type=Health)


def run(
    outcomes: Iterable[Outcome], *, health: Health | None = None, every: int = SECOND
) -> tuple[Health, list[Notice], int]:
    """Let attempts end one after the other, with a restart between any two."""
    known, told, now = health or Health(), [], NOW
    for outcome in outcomes:
        now += every
        known, notices = after(restarted(known), outcome, now)
        told += notices
    return known, told, now


@pytest.mark.parametrize(
    ("outcomes", "breaker"),
    [
        ([BAD] * 9, "closed"),
        ([BAD] * 10, "open"),
        ([BAD] * 9 + [GOOD] + [BAD] * 9, "closed"),
        # 14 of 20, never ten in a row.
        (([BAD] * 7 + [GOOD] * 3) * 2, "closed"),
        (([GOOD] * 3 + [BAD] * 7) * 2, "open"),
        (([GOOD] * 3 + [BAD] * 6) * 2, "closed"),
        ([GOOD] * 4 + [BAD] * 9 + [GOOD] * 2 + [BAD] * 5, "open"),
        ([GOOD] * 100, "closed"),
    ],
)
def test_the_breaker_opens_when_most_fail(outcomes: list[Outcome], breaker: str) -> None:
    health, _, now = run(outcomes)
    assert health.breaker == breaker
    assert allowed(health, now) == (0 if breaker == "open" else health.in_flight_limit)


def test_what_failed_more_than_five_minutes_ago_does_not_count() -> None:
    health, _, _ = run(([GOOD] + [BAD] * 4) * 10, every=MINUTE)
    assert health.breaker == "closed"


def test_an_open_breaker_is_probed_ever_more_rarely_and_closes_on_a_success() -> None:
    health, _, now = run([BAD] * 10)
    pauses = []
    for _ in range(7):
        pauses.append(health.paused_until - now)
        assert allowed(health, health.paused_until - 1) == 0
        assert probing(health, health.paused_until - 1) is health
        now = health.paused_until
        health = probing(health, now)
        assert (health.breaker, allowed(health, now)) == ("half-open", 1)
        health, _ = after(health, BAD, now)
    assert pauses == [30_000, 60_000, 120_000, 240_000, 480_000, 900_000, 900_000]
    now = health.paused_until
    health, told = after(probing(health, now), GOOD, now)
    assert (health.breaker, health.in_a_row) == ("closed", 0)
    assert allowed(health, now) > 0
    assert [each.says for each in told] == ["recovered"]
    # It begins with the short pause again.
    health, _, now = run([BAD] * 10, health=health)
    assert (health.breaker, health.open_for) == ("open", 30_000)


def test_what_was_in_flight_as_it_opened_makes_it_no_longer() -> None:
    opened, _, now = run([BAD] * 10)
    health, _ = after(opened, BAD, now + 1)
    assert (health.paused_until, health.open_for) == (opened.paused_until, 30_000)


@pytest.mark.parametrize("outcome", [BUSY, SILENT, Outcome(status=429, error="http")])
def test_who_says_it_is_too_much_gets_half(outcome: Outcome) -> None:
    limits = []
    health = Health()
    for _ in range(5):
        health, _ = after(health, outcome, NOW)
        limits.append(health.in_flight_limit)
    assert limits == [4, 2, 1, 1, 1]
    assert after(Health(), BAD, NOW)[0].in_flight_limit == IN_FLIGHT


def test_it_gets_more_as_it_answers_up_to_a_bound() -> None:
    health, _, _ = run([GOOD] * 7)
    assert health.in_flight_limit == 8
    health, _, _ = run([GOOD], health=health)
    assert health.in_flight_limit == 16
    health, _, _ = run([GOOD] * 16, health=health)
    assert health.in_flight_limit == 32
    health, _, _ = run([GOOD] * 5000, health=health)
    assert health.in_flight_limit == IN_FLIGHT_MOST


def test_from_where_it_was_too_much_it_gets_one_more_at_a_time() -> None:
    health, _ = after(Health(in_flight_limit=40), Outcome(status=429, error="http"), NOW)
    assert health.in_flight_limit == 20
    health, _, _ = run([GOOD] * 20, health=health)
    assert health.in_flight_limit == 21
    health, _, _ = run([GOOD] * 21, health=health)
    assert health.in_flight_limit == 22


@pytest.mark.parametrize(("status", "paused"), [(429, 120_000), (503, 120_000), (500, 0), (404, 0)])
def test_who_asks_for_a_pause_gets_it(status: int, paused: int) -> None:
    outcome = Outcome(status=status, error="http", retry_after=120_000)
    health, _ = after(Health(), outcome, NOW)
    assert max(0, health.paused_until - NOW) == paused
    assert allowed(health, NOW) == (0 if paused else IN_FLIGHT)
    assert allowed(health, NOW + 120_000) > 0


def test_a_success_in_flight_ends_no_pause_that_was_asked_for() -> None:
    busy = Outcome(status=429, error="http", retry_after=120_000)
    health, _ = after(Health(), busy, NOW)
    health, _ = after(health, GOOD, NOW + 1)
    assert (allowed(health, NOW + 119_999), health.breaker) == (0, "closed")
    assert allowed(health, NOW + 120_000) > 0


def test_a_success_in_flight_closes_no_breaker() -> None:
    opened, _, now = run([BAD] * 10)
    health, told = after(opened, GOOD, now + 1)
    assert (health.breaker, allowed(health, now + 2), told) == ("open", 0, [])
    assert allowed(probing(health, health.paused_until), health.paused_until) == 1


def test_one_is_slow_by_its_last_answers() -> None:
    slow = Outcome(status=204, milliseconds=3_000)
    health, _, _ = run([slow])
    assert health.is_slow
    health, _, _ = run([GOOD] * 10, health=health)
    assert not health.is_slow
    health, _, _ = run([BAD] * 10)
    assert health.is_slow


def failing(hours: int, *, every: int = HOUR) -> list[tuple[str, int]]:
    """What is told of an endpoint that fails once in an hour, and when."""
    told: list[tuple[str, int]] = []
    health, now = Health(), NOW
    for _ in range(hours * HOUR // every + 1):
        health, notices = after(restarted(probing(health, now)), BAD, now)
        told += [(each.says, (now - NOW) // HOUR) for each in notices]
        if told and told[-1][0] == "disabled":
            break
        now += every
    return told


def test_an_endpoint_that_fails_for_five_days_is_disabled_and_warned_of_before() -> None:
    assert failing(23) == []
    assert failing(200) == [("failing", 24), ("failing", 72), ("disabled", 120)]
    assert failing(200, every=7 * HOUR)[-1] == ("disabled", 126)
    # Ten attempts are one delivery's.
    assert failing(200, every=14 * HOUR)[-1] == ("disabled", 126)


def test_two_failures_a_week_apart_are_not_a_week_of_failures() -> None:
    health, _ = after(Health(), BAD, NOW)
    health, told = after(health, BAD, NOW + 7 * DAY)
    assert [each.says for each in told] == ["failing"]


def test_a_success_in_between_begins_anew() -> None:
    health, told, now = run([BAD] * 119, every=HOUR)
    assert [each.says for each in told] == ["failing", "failing"]
    health, told = after(health, GOOD, now)
    assert told == [Notice(says="recovered", since=NOW + HOUR)]
    assert after(health, BAD, now + 2 * HOUR)[1] == []


def test_who_never_failed_for_long_has_not_recovered() -> None:
    _, told, _ = run([GOOD, BAD, GOOD])
    assert told == []


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome(status=410, error="http"), "gone"),
        (Outcome(status=500, error="http", wants="disable"), "receiver"),
        (Outcome(status=200, wants="disable"), "receiver"),
    ],
)
def test_a_receiver_may_end_it(outcome: Outcome, reason: str) -> None:
    _, told = after(Health(), outcome, NOW)
    assert told == [Notice(says="disabled", since=NOW, reason=reason)]  # type: ignore[arg-type]


def test_what_is_kept_does_not_grow() -> None:
    health, _, _ = run([GOOD] * 2000, every=1)
    assert len(msgspec.json.encode(health)) < 1000
