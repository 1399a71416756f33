"""What is sent again to a webhook, over HTTP: by whoever may, on record, and never of others."""

from __future__ import annotations

from typing import Any

import pytest

from flask_auditlog.delivery.replaying import advance
from flask_auditlog.store import MANAGE_EVENTS
from flask_auditlog.store import VIEW_EVENTS
from tests.web.api.conftest import Log
from tests.web.api.hooks import Hooks
from tests.web.api.hooks import send

SINCE = {"since": 0}
AFTER = {"after": 0}
NONE = "00000000-0000-7000-8000-000000000000"
# Every address of this, with a right body.
ADDRESSES = (
    ("POST", "/recover", SINCE, MANAGE_EVENTS),
    ("POST", "/replay", AFTER, MANAGE_EVENTS),
    ("GET", "/replays", None, VIEW_EVENTS),
    ("GET", "/replays/{replay}", None, VIEW_EVENTS),
    ("DELETE", "/replays/{replay}", None, MANAGE_EVENTS),
    ("GET", "/stats", None, VIEW_EVENTS),
)


@pytest.fixture
def hooks(log: Log) -> Hooks:
    return Hooks(log)


def record(log: Log, *organizations: str | None) -> None:
    with log.app.app_context():
        for each in organizations:
            log.audit.record("invoice.paid", organization_id=each)


def go_on(log: Log) -> int:
    """Do what the app does from time to time."""
    with log.app.app_context():
        return advance(log.audit.events, seconds=60)


def begun(hooks: Hooks, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = hooks("POST", path, body)
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def test_what_failed_is_recovered(log: Log, hooks: Hooks) -> None:
    made = hooks.make(eventTypes=["invoice.*"])
    record(log, None, None)
    send(log, status=None, error="timeout")
    told = begun(hooks, f"/{made}/recover", SINCE | {"held": True, "rate": 50})
    assert (told["kind"], told["state"], told["made"], told["planned"]) == (
        "recover",
        "running",
        0,
        2,
    )
    assert (told["webhookId"], told["held"], told["rate"], told["after"]) == (made, True, 50, 0)
    assert "position" not in told
    assert go_on(log) == 2
    now = hooks.get(f"/{made}/replays/{told['id']}")
    assert (now["state"], now["made"], now["exact"]) == ("done", 2, True)
    assert hooks.get(f"/{made}/replays") == [now]
    causes = [each["cause"] for each in hooks.get(f"/{made}/sends")]
    assert causes == ["replay", "replay", "auto", "auto"]


def test_a_range_is_replayed(log: Log, hooks: Hooks) -> None:
    record(log, None, None)
    made = hooks.make(eventTypes=["invoice.*"])
    send(log)
    told = begun(hooks, f"/{made}/replay", {"afterPosition": 2, "beforePosition": 3})
    assert (told["afterPosition"], told["beforePosition"], told["position"]) == (2, 3, 1)
    assert go_on(log) == told["planned"]
    again = begun(hooks, f"/{made}/replay", AFTER | {"missing": True, "before": 2**53})
    assert again["kind"] == "missing"
    assert again["planned"] + told["planned"] == 2


def test_a_dry_run_only_counts(log: Log, hooks: Hooks) -> None:
    record(log, None, None, None)
    made = hooks.make(eventTypes=["invoice.*"])
    send(log)
    for path, body, planned in (("replay", AFTER, 3), ("recover", SINCE, 0)):
        answer = hooks("POST", f"/{made}/{path}", body | {"dryRun": True})
        assert (answer.status_code, answer.get_json()) == (200, {"planned": planned, "exact": True})
    assert hooks.get(f"/{made}/replays") == hooks.get(f"/{made}/sends") == []


def test_one_is_cancelled_with_what_was_not_sent(log: Log, hooks: Hooks) -> None:
    record(log, None, None)
    made = hooks.make(eventTypes=["invoice.*"])
    send(log)
    told = begun(hooks, f"/{made}/replay", AFTER)
    assert hooks("POST", f"/{made}/replay", AFTER).status_code == 409
    go_on(log)
    answer = hooks("DELETE", f"/{made}/replays/{told['id']}")
    assert (answer.status_code, answer.data) == (204, b"")
    assert hooks.get(f"/{made}/replays/{told['id']}")["state"] == "cancelled"
    assert {each["state"] for each in hooks.get(f"/{made}/sends")} == {"cancelled"}


def test_each_act_is_on_record(log: Log, hooks: Hooks) -> None:
    made = hooks.make(eventTypes=["invoice.*"])
    told = begun(hooks, f"/{made}/replay", AFTER | {"missing": True})
    hooks("DELETE", f"/{made}/replays/{told['id']}")
    hooks("POST", f"/{made}/recover", SINCE | {"dryRun": True})
    acts = [each for each in log.bodies() if each["type"] == "admin.WEBHOOK-ACTION"]
    assert [each["details"] for each in acts] == [
        {
            "action": "replay",
            "replay": told["id"],
            "kind": "missing",
            "after": 0,
            "rate": 100.0,
            "planned": 0,
        },
        {"action": "cancel-replay", "replay": told["id"], "made": 0},
    ]
    assert {each["resourcePath"] for each in acts} == {f"webhooks/{made}"}
    assert {each["authDetails"]["clientId"] for each in acts} == {"robot"}


def test_to_a_disabled_webhook_nothing_is_sent_again(hooks: Hooks) -> None:
    made = hooks.make(enabled=False)
    for path, body in (("replay", AFTER), ("recover", SINCE)):
        answer = hooks("POST", f"/{made}/{path}", body)
        assert answer.status_code == 409
        assert "webhook_disabled" in answer.text


@pytest.mark.parametrize(("method", "path", "body", "permission"), ADDRESSES)
def test_each_address_has_its_permission(
    log: Log, hooks: Hooks, method: str, path: str, body: Any, permission: str
) -> None:
    made = hooks.make()
    job = begun(hooks, f"/{made}/replay", AFTER)["id"]
    hooks("DELETE", f"/{made}/replays/{job}")
    path = f"/{made}{path.format(replay=job)}"
    other = VIEW_EVENTS if permission == MANAGE_EVENTS else MANAGE_EVENTS
    assert Hooks(log, other)(method, path, body).status_code == 403
    assert Hooks(log, permission)(method, path, body).status_code in {200, 202, 204}
    assert hooks(method, path, body, headers={}).status_code == 401


@pytest.mark.parametrize(("method", "path", "body", "permission"), ADDRESSES)
def test_nobody_reaches_anothers(
    log: Log, method: str, path: str, body: Any, permission: str
) -> None:
    acme, globex = (Hooks(log, organization_id=name) for name in ("acme", "globex"))
    made, other = acme.make(), globex.make()
    job = begun(acme, f"/{made}/replay", AFTER)["id"]
    path = path.format(replay=job)
    assert globex(method, f"/{made}{path}", body).status_code == 404
    assert acme(method, f"/{NONE}{path}", body).status_code == 404
    if job in path:
        # Of this webhook there is no such replay.
        assert globex(method, f"/{other}{path}", body).status_code == 404
    assert acme.get(f"/{made}/replays/{job}")["state"] == "running"


def test_an_organization_learns_nothing_of_the_events_of_others(log: Log) -> None:
    record(log, "acme", "globex", None, "acme")
    acme = Hooks(log, organization_id="acme")
    made = acme.make(eventTypes=["invoice.*"])
    send(log)
    told = begun(acme, f"/{made}/replay", AFTER)
    assert told["planned"] == 2
    go_on(log)
    shown = [told, *acme.get(f"/{made}/replays"), acme.get(f"/{made}/replays/{told['id']}")]
    assert not {name for each in shown for name in each if "osition" in name}
    for name in ("afterPosition", "beforePosition"):
        answer = acme("POST", f"/{made}/replay", AFTER | {name: 1})
        assert answer.status_code == 400
        assert "see the whole realm" in answer.text
    assert len(acme.get(f"/{made}/sends")) == 2


@pytest.mark.parametrize("path", ["recover", "replay"])
@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "{",
        '{"since": 1, "after": 1}',
        '{"since": "2023", "after": "2023"}',
        '{"since": 1.5}',
        '{"after": 1.5}',
        '{"after": true, "since": true}',
        '{"after": -1, "since": -1}',
        '{"after": 1e400}',
        '{"rate": 5}',
        '{"after": null, "since": null}',
        '{"after": 99999999999999999999999}',
    ],
)
def test_what_is_wrong_is_refused(hooks: Hooks, path: str, body: str) -> None:
    made = hooks.make()
    answer = hooks("POST", f"/{made}/{path}", body)
    assert answer.status_code == 400, answer.text
    assert hooks.get(f"/{made}/replays") == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"rate": 0}, "rate is from 0.1 to 1000"),
        ({"rate": "5"}, "`rate` must be a number"),
        ({"rate": True}, "`rate` must be a number"),
        ({"missing": 1}, "`missing` must be true or false"),
        ({"afterPosition": "1"}, "`afterPosition` must be a whole number"),
        ({"sicne": 5}, "`sicne` is not a field of a replay"),
    ],
)
def test_it_is_said_what_is_wrong(hooks: Hooks, more: dict[str, Any], said: str) -> None:
    answer = hooks("POST", f"/{hooks.make()}/replay", AFTER | more)
    assert answer.status_code == 400
    assert said in answer.text


def test_figures_of_a_webhook(log: Log, hooks: Hooks) -> None:
    made = hooks.make(eventTypes=["invoice.*"])
    nothing = {"attempts": 0, "exact": True}
    told = hooks.get(f"/{made}/stats")
    assert (told["day"], told["week"], told.get("oldestDue")) == (nothing, nothing, None)
    record(log, None, None)
    send(log, milliseconds=12.5)
    told = hooks.get(f"/{made}/stats")
    assert told["day"] == {"attempts": 2, "success": 1.0, "p50": 12.5, "p95": 12.5, "exact": True}
    assert told["states"]["succeeded"] == 2
