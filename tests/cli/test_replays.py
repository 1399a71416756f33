"""The commands that send again, and those that show how deliveries do."""

from __future__ import annotations

import json
import time

import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog.delivery.replaying import advance
from tests.apps import events
from tests.apps import MakeApp
from tests.cli.shell import ok
from tests.cli.shell import OPERATOR
from tests.cli.shell import refused
from tests.cli.shell import run
from tests.cli.test_webhooks import make
from tests.cli.test_webhooks import NONE
from tests.cli.test_webhooks import sent


@pytest.fixture
def host(make_app: MakeApp) -> Flask:
    return make_app()


def go_on(host: Flask) -> None:
    with host.app_context():
        advance(AuditLog().events, seconds=60)


def far(host: Flask, webhook_id: str) -> list[str]:
    """How far each replay of a webhook is, newest first."""
    lines = ok(host, "webhook", "replays", webhook_id).splitlines()
    return [line.split("  ", 2)[2] for line in lines]


def test_events_of_a_range_are_sent_and_watched(host: Flask) -> None:
    made, _ = make(host)
    assert len(sent(host, made)) == 1
    job = ok(host, "webhook", "replay", made, "--after", "2023-01-01").strip()
    assert far(host, made) == ["replay  running: 0 of 1"]
    go_on(host)
    assert far(host, made) == ["replay  done: 1 of 1"]
    (line,) = ok(host, "webhook", "replays", made, "--json").splitlines()
    assert (json.loads(line)["id"], json.loads(line)["made"]) == (job, 1)


def test_what_it_never_had_is_sent(host: Flask) -> None:
    first, _ = make(host)
    sent(host, first)
    second, _ = make(host)
    for webhook_id, count in ((first, 0), (second, 1)):
        told = ok(
            host, "webhook", "replay", webhook_id, "--after-position", "1", "--missing", "--dry-run"
        )
        assert told == f"Deliveries: {count}\n"
    assert far(host, second) == []


def test_what_failed_is_sent_again(host: Flask) -> None:
    made, _ = make(host)
    ok(host, "webhook", "recover", made, "--since", "2023-01-01", "--held", "--rate", "5")
    assert far(host, made) == ["recover  running: 0 of 0"]


def test_more_than_can_be_counted_is_more_than(
    host: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_auditlog.store.outbox.replays.COUNTED", 1)
    made, _ = make(host)
    sent(host, made)
    sent(host, made)
    words = ("webhook", "replay", made, "--after", "2023-01-01")
    assert ok(host, *words, "--dry-run") == "Deliveries: more than 1\n"
    ok(host, *words)
    assert far(host, made) == ["replay  running: 0 of more than 1"]


def test_one_waits_until_it_is_over(host: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = make(host)
    sent(host, made)
    # While it waits the app goes on.
    monkeypatch.setattr(time, "sleep", lambda _: go_on(host))
    result = run(host, "webhook", "replay", made, "--after", "2023-01-01", "--wait")
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines() == ["running: 0 of 1", "done: 1 of 1"]


def test_one_is_cancelled(host: Flask) -> None:
    made, _ = make(host)
    sent(host, made)
    job = ok(host, "webhook", "replay", made, "--after", "2023-01-01").strip()
    assert "running" in refused(host, "webhook", "replay", made, "--after", "2023-01-01")
    go_on(host)
    assert f"Replay {job} is cancelled: 1 of 1\n" == ok(host, "webhook", "cancel-replay", job)
    assert far(host, made) == ["replay  cancelled: 1 of 1"]
    acts = [each for each in events(host) if each.type == "admin.WEBHOOK-ACTION"]
    assert {each.auth_details and each.auth_details.username for each in acts} == {OPERATOR}
    assert {(each.details or {})["action"] for each in acts} == {"replay", "cancel-replay"}


def test_what_cannot_be_is_refused_in_one_line(host: Flask) -> None:
    made, _ = make(host)
    assert "from which time" in refused(host, "webhook", "replay", made)
    assert "rate" in refused(
        host, "webhook", "replay", made, "--after-position", "1", "--rate", "nan"
    )
    assert "no such replay" in refused(host, "webhook", "cancel-replay", NONE)
    for words in (
        ("recover", "--since", "2023-01-01"),
        ("replay", "--after", "2023-01-01"),
        ("stats",),
    ):
        assert "webhook list" in refused(host, "webhook", words[0], NONE, *words[1:])


def test_figures_are_shown_of_one_and_of_all(host: Flask) -> None:
    made, _ = make(host)
    sent(host, made)
    one = json.loads(ok(host, "webhook", "stats", made))
    assert one["states"]["pending"] == 1
    told = json.loads(ok(host, "webhook", "stats"))
    assert (told["pending"], told["inflight"], told["disabled"]) == (1, 0, 0)
