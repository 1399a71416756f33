"""How an endpoint does, and how long an attempt took, in words."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flask_auditlog.delivery.health import Health
from flask_auditlog.store.webhooks import Attempt
from flask_auditlog.store.webhooks import DisabledReason
from flask_auditlog.store.webhooks import Endpoint
from flask_auditlog.web.admin.webhooks.paging import first_of
from flask_auditlog.web.admin.webhooks.paging import page_of
from flask_auditlog.web.admin.webhooks.standing import REASONS
from flask_auditlog.web.admin.webhooks.standing import standing_of
from flask_auditlog.web.admin.webhooks.standing import state_of
from flask_auditlog.web.admin.webhooks.timing import timing_of
from flask_auditlog.web.admin.webhooks.timing import took

URL = "https://hooks.example.com/"
NOW = 1_688_991_304_000  # Monday 10 July 2023, 12:15:04 UTC
MINUTE = 60_000


@pytest.mark.parametrize(
    ("health", "word", "tone"),
    [
        (Health(), "Nothing sent yet", "none"),
        (Health(last_success=NOW), "Works", "good"),
        (Health(first_failure=NOW - MINUTE), "Failing", "warn"),
        (Health(last_success=NOW, paused_until=NOW + 1), "Paused", "warn"),
        (Health(breaker="open", paused_until=NOW + 1), "Breaker open", "warn"),
        (Health(breaker="open", paused_until=NOW), "Trying one", "warn"),
        (Health(breaker="half-open"), "Trying one", "warn"),
    ],
)
def test_a_webhook_has_one_word(health: Health, word: str, tone: str) -> None:
    standing = standing_of(Endpoint(id="", realm="", url=URL, enabled=True), health, NOW)
    assert (standing.word, standing.tone) == (word, tone)


def test_one_that_fails_says_since_when_and_what_becomes_of_it() -> None:
    health = Health(
        breaker="open", first_failure=NOW - 11 * MINUTE, paused_until=NOW + 4 * MINUTE + 1
    )
    standing = standing_of(Endpoint(id="", realm="", url=URL, enabled=True), health, NOW)
    assert standing.lead == "No success for 11 min."
    assert "The next try is in 4 min." in standing.rest
    assert "until Saturday 15 July, 12:04 UTC" in standing.rest
    there = standing_of(
        Endpoint(id="", realm="", url=URL, enabled=True), health, NOW, ZoneInfo("Asia/Tokyo")
    )
    assert "until Saturday 15 July, 21:04 JST" in there.rest


def test_one_that_is_only_polled_says_so_and_that_nothing_is_held_for_it() -> None:
    polled = Endpoint(id="", realm="", enabled=True)
    assert standing_of(polled, Health(), NOW).word == "Polled"
    off = Endpoint(id="", realm="", disabled_reason="manual", disabled_time=NOW)
    standing = standing_of(off, Health(), NOW)
    assert standing.lead.startswith("Nothing is given since")
    assert "held" not in standing.rest


@pytest.mark.parametrize("reason", REASONS)
def test_one_that_is_disabled_says_why(reason: DisabledReason) -> None:
    endpoint = Endpoint(id="", realm="", url=URL, disabled_reason=reason, disabled_time=NOW)
    standing = standing_of(endpoint, Health(), NOW)
    assert standing.word == "Disabled"
    assert REASONS[reason] in standing.lead
    assert standing.tone == ("none" if reason == "manual" else "bad")


def test_a_delivery_that_waits_after_a_failure_is_told_from_a_fresh_one() -> None:
    assert (state_of("pending", 0).tone, state_of("pending", 2).tone) == ("none", "warn")
    assert state_of("inflight", 1).word == "In flight"


@pytest.mark.parametrize(
    ("milliseconds", "words"), [(0.42, "0.4 ms"), (142.4, "142 ms"), (15_000, "15.00 s")]
)
def test_a_time_is_as_exact_as_a_reader_needs_it(milliseconds: float, words: str) -> None:
    assert took(milliseconds) == words


def test_the_parts_of_an_attempt_are_a_bar_and_words() -> None:
    phases = {"dns": 10.0, "connect": 10.0, "tls": 0.0, "wait": 60.0}
    attempt = Attempt(
        delivery_id="", number=1, started_time=0, phases=phases, milliseconds=100.0, error="timeout"
    )
    timing = timing_of(attempt)
    assert timing is not None
    assert [(each.colour, each.begin, each.width) for each in timing.parts] == [
        ("t-dns", 0, 10),
        ("t-conn", 10, 10),
        ("t-over", 20, 60),
    ]
    assert timing.words == "dns 10 ms, connect 10 ms, answer 60 ms, in all 100 ms"


@pytest.mark.parametrize("more", [{}, {"milliseconds": 3.0}, {"phases": {"dns": 0.0}}])
def test_of_what_is_not_known_there_is_no_bar(more: dict[str, Any]) -> None:
    assert timing_of(Attempt(delivery_id="", number=1, started_time=0, **more)) is None


@pytest.mark.parametrize(
    ("text", "first"),
    [(None, 0), ("20", 20), ("-1", 0), ("x", 0), ("²", 0), ("9" * 400, 10_000)],
)
def test_a_page_begins_where_a_number_says(text: str | None, first: int) -> None:
    assert first_of(text) == first


@pytest.mark.parametrize(
    ("found", "first", "beside", "words"),
    [
        (0, 0, (None, None), ""),
        (20, 0, (None, None), "1 to 20"),
        (21, 0, (None, 20), "1 to 20"),
        (5, 20, (0, None), "21 to 25"),
        (21, 30, (10, 50), "31 to 50"),
        (21, 10_000, (9980, None), "10001 to 10020"),
    ],
)
def test_a_page_knows_those_beside_it(
    found: int, first: int, beside: tuple[int | None, int | None], words: str
) -> None:
    page = page_of(range(found), first)
    assert ((page.newer, page.older), page.words) == (beside, words)
