"""What happened before: weeks that look like weeks, and the same for the same moment."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from datetime import UTC

import pytest
from flask import Flask

from example_app import demo
from example_app import history
from example_app.clock import DAY
from example_app.clock import HOUR
from tests.example_app.stories import Events

# A Wednesday at noon, and a Sunday night.
NOON, NIGHT = (
    int(datetime(2026, 3, day, hour, tzinfo=UTC).timestamp() * 1000)
    for day, hour in ((11, 12), (15, 3))
)


@pytest.mark.parametrize("now", [NOON, NIGHT])
def test_it_is_of_five_weeks_and_the_same_for_the_same_moment(now: int) -> None:
    told = list(history.history(now))
    assert told == list(history.history(now))
    assert 1000 < len(told) < 2000
    times = [each["time"] for each in told]
    assert now - 36 * DAY < min(times) < now - 30 * DAY
    assert now - 3 * DAY < max(times) < now


def test_people_work_on_weekdays_and_by_day() -> None:
    logins = [each["time"] for each in history.history(NOON) if each["type"] == "access.LOGIN"]
    at = [datetime.fromtimestamp(time / 1000, UTC) for time in logins]
    days = Counter(each.weekday() < 5 for each in at)
    assert days[True] > 10 * days[False]
    assert {each.hour for each in at} <= set(range(6, 22))


@pytest.mark.parametrize("now", [NOON, NIGHT])
def test_doors_are_tried_in_the_last_night_that_is_over(now: int) -> None:
    addresses = [
        each["authDetails"]["ipAddress"]
        for each in history.history(now)
        if each["type"] == "access.LOGIN_ERROR" and each["time"] > now - DAY - 5 * HOUR
    ]
    assert sum(each.startswith(history.NETWORK) for each in addresses) == history.NIGHTS[0]


def test_it_is_imported_and_twice_does_no_harm(ledgerly: Flask, events: Events) -> None:
    for _ in range(2):
        history.bring(ledgerly, NOON)
        assert len(events(type="system.BACKUP")) == 35
    assert {each.source for each in events(type="system.BACKUP")} == {"import"}


def test_who_is_known_by_the_number_of_their_account(ledgerly: Flask, events: Events) -> None:
    for company in (demo.LEDGERLY, *demo.COMPANIES):
        demo.open_account(ledgerly, company)
    numbers = {
        who.username: who.user_id
        for each in events(type="access.LOGIN")
        if (who := each.auth_details) and who.username
    }
    told = [each["authDetails"] for each in history.history(NOON) if "authDetails" in each]
    known = {each["username"]: each["userId"] for each in told if "username" in each}
    assert known == {name: numbers[name] for name in known}
    assert len(known) == 11


def test_the_story_takes_weeks_and_nothing_of_it_is_yet_to_come(
    ledgerly: Flask, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "VISITS", 2)
    demo.play(ledgerly)
    now = int(datetime.now(UTC).timestamp() * 1000)
    opened = [each.time for each in events(type="admin.ORGANIZATION-CREATE")]
    assert all(now - 36 * DAY < each < now - 31 * DAY for each in opened)
    assert len(events(after=now - HOUR)) >= 5
    assert all(each.time <= now for each in events())
    # It is over: what happens now is of now.
    demo.sign_in(demo.SOFIA.at(ledgerly), demo.SOFIA)
    assert events(type="access.LOGIN")[0].time >= now
