"""What was sent to webhooks, as Phase Two tells it, and to nobody whom it does not concern."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flask_auditlog.delivery.fanout import expand
from flask_auditlog.store import MANAGE_EVENTS
from flask_auditlog.store import VIEW_EVENTS
from tests.web.api.conftest import Log
from tests.web.api.hooks import Hooks
from tests.web.api.hooks import send
from tests.web.api.hooks import URL


@pytest.fixture
def hooks(log: Log) -> Hooks:
    """A caller who may view and manage."""
    return Hooks(log)


def recorded(log: Log, type: str = "invoice.paid", **more: Any) -> str:
    """Record an event and return its uid."""
    with log.app.app_context():
        uid = log.audit.record(type, **more).uid
    assert uid is not None
    return uid


@pytest.mark.parametrize(
    ("type", "kind"),
    [
        ("access.LOGIN", "USER"),
        ("admin.USER-CREATE", "ADMIN"),
        ("system.OUTAGE", "ADMIN"),
        ("invoice.paid", "ADMIN"),
    ],
)
def test_a_send_is_told_in_phase_twos_words(log: Log, hooks: Hooks, type: str, kind: str) -> None:
    made = hooks.make(eventTypes=[type])
    uid = recorded(log, type)
    send(log)
    (brief,) = hooks.get(f"/{made}/sends")
    expected = {
        "type": type,
        "webhook": {"id": made, "enabled": True, "url": URL},
        "status": 200,
        "status_message": "HTTP 200 OK",
        "retries": 1,
        "sent_at": 1_700_000_000_000,
        "event_id": uid,
        "keycloak_event_type": kind,
        "keycloak_event_id": uid,
    }
    assert brief | expected == brief
    whole = hooks.get(f"/{made}/sends/{brief['id']}")
    payload = json.loads(whole.pop("payload"))
    assert whole == brief
    assert payload["uid"] == uid
    assert payload == hooks.get(f"/payload/{kind.lower()}/{uid}")
    assert hooks.get(f"/sends/{kind.lower()}/{uid}") == [brief]
    other = {"USER": "admin", "ADMIN": "user"}[kind]
    assert hooks("GET", f"/payload/{other}/{uid}").status_code == 404
    assert hooks("GET", f"/sends/{other}/{uid}").status_code == 404


@pytest.mark.parametrize(
    ("tried", "message"),
    [
        ({"status": 503}, "HTTP 503 Service Unavailable"),
        ({"status": 799}, "HTTP 799"),
        ({"status": None, "error": "dns", "message": "Not known."}, "Not known."),
        ({"status": None, "error": "lost"}, "lost"),
    ],
)
def test_one_that_failed_is_told_too(
    log: Log, hooks: Hooks, tried: dict[str, Any], message: str
) -> None:
    made = hooks.make(eventTypes=["invoice.*"])
    recorded(log)
    send(log, **{"error": "http"} | tried)
    (sent,) = hooks.get(f"/{made}/sends", query_string="state=exhausted")
    assert sent["status_message"] == message
    assert sent.get("status") == tried["status"]
    (attempt,) = hooks.get(f"/{made}/sends/{sent['id']}/attempts")
    assert (attempt["number"], attempt["error"]) == (1, sent["error"])


def test_what_waits_is_told_with_when_it_is_due(log: Log, hooks: Hooks) -> None:
    made = hooks.make(eventTypes=["invoice.*"])
    recorded(log)
    with log.app.app_context():
        log.audit.events.deliveries.fan_out(expand, limit=9)
    (sent,) = hooks.get(f"/{made}/sends")
    assert (sent["state"], sent["retries"], sent["cause"]) == ("pending", 0, "auto")
    assert sent["due_at"] >= sent["created_at"] == sent["sent_at"]
    assert {"status", "status_message", "finished_at"} & sent.keys() == set()


def test_the_list_is_in_pages_newest_first_and_of_a_state(log: Log, hooks: Hooks) -> None:
    made = hooks.make(eventTypes=["invoice.*"])
    uids = [recorded(log) for _ in range(3)][::-1]
    send(log)
    for asked, expected in [
        ("", uids),
        ("max=2", uids[:2]),
        ("first=1&max=1", uids[1:2]),
        ("first=3", []),
        ("state=succeeded", uids),
        ("state=pending", []),
    ]:
        found = hooks.get(f"/{made}/sends", query_string=asked)
        assert [each["event_id"] for each in found] == expected
        assert not any("payload" in each for each in found)
    assert hooks("GET", f"/{made}/sends", query_string="state=lost").status_code == 400


def test_a_look_at_an_event_is_recorded_as_any_other(log: Log, hooks: Hooks) -> None:
    made = hooks.make(eventTypes=["invoice.*"])
    uid = recorded(log)
    send(log)
    (sent,) = hooks.get(f"/{made}/sends")
    before = len(looks(log))
    hooks.get(f"/{made}/sends/{sent['id']}")
    hooks.get(f"/payload/admin/{uid}")
    new = looks(log)[before:]
    assert [each["resourcePath"] for each in new] == [f"realms/default/events/{uid}"] * 2
    assert {each["authDetails"]["clientId"] for each in new} == {"robot"}


def looks(log: Log) -> list[dict[str, Any]]:
    return [e for e in log.read_events() if e.get("details", {}).get("action") == "view"]


@pytest.mark.parametrize("path", ["payload", "sends"])
@pytest.mark.parametrize(("kind", "status"), [("admin", 404), ("user", 404), ("ADMIN", 400)])
@pytest.mark.parametrize("uid", ["01a223d3-a080-7bd4-a740-82dac846521c", "x", "a'b"])
def test_what_is_not_there_is_not_found(
    hooks: Hooks, path: str, kind: str, status: int, uid: str
) -> None:
    assert hooks("GET", f"/{path}/{kind}/{uid}").status_code == status


def test_a_send_is_found_at_its_own_webhook_alone(log: Log, hooks: Hooks) -> None:
    made, other = hooks.make(eventTypes=["invoice.*"]), hooks.make(eventTypes=["x"])
    recorded(log)
    send(log)
    (sent,) = hooks.get(f"/{made}/sends")
    for rest in ("", "/attempts"):
        assert hooks("GET", f"/{other}/sends/{sent['id']}{rest}").status_code == 404
        assert hooks("GET", f"/{made}/sends/x{rest}").status_code == 404
    assert hooks("POST", f"/{other}/sends/{sent['id']}/resend").status_code == 404


def test_a_send_is_sent_again_whatever_became_of_it(log: Log, hooks: Hooks) -> None:
    made = hooks.make(eventTypes=["invoice.*"])
    uid = recorded(log)
    send(log, status=500, error="http")
    (sent,) = hooks.get(f"/{made}/sends")
    answer = hooks("POST", f"/{made}/sends/{sent['id']}/resend")
    assert answer.status_code == 202
    again, first = hooks.get(f"/{made}/sends")
    assert first == sent
    assert (again["id"], again["event_id"]) == (answer.get_json()["id"], uid)
    assert (again["cause"], again["state"]) == ("manual", "pending")
    send(log)
    told = [e["details"] for e in log.bodies() if e["type"] == "admin.WEBHOOK-ACTION"]
    assert told == [{"action": "resend", "delivery": again["id"], "resent": sent["id"]}]


def test_to_a_disabled_webhook_it_is_held_if_that_is_meant(log: Log, hooks: Hooks) -> None:
    made = hooks.make(eventTypes=["invoice.*"])
    recorded(log)
    send(log)
    (sent,) = hooks.get(f"/{made}/sends")
    hooks("POST", f"/{made}/disable")
    path = f"/{made}/sends/{sent['id']}/resend"
    answer = hooks("POST", path)
    assert (answer.status_code, answer.get_json()["error"]) == (409, "webhook_disabled")
    assert hooks("POST", path, query_string="force=yes").status_code == 400
    # What is misspelt must not mean that nothing was said.
    for wrong in ("forse=true", "force=true&force=true"):
        assert hooks("POST", path, query_string=wrong).status_code == 400
    assert hooks("POST", path, query_string="force=true").status_code == 202
    assert hooks.get(f"/{made}/sends")[0]["state"] == "held"


@pytest.mark.parametrize("organization", ["globex", None])
def test_nobody_sees_what_was_sent_to_others(log: Log, organization: str | None) -> None:
    """Of the realm all is seen; of another organization, and in another realm, nothing."""
    acme = Hooks(log, organization_id="acme")
    made = acme.make(eventTypes=["invoice.*"])
    uid = recorded(log, organization_id="acme")
    others = recorded(log, organization_id="globex")
    send(log)
    (sent,) = acme.get(f"/{made}/sends")
    assert sent["event_id"] == uid
    assert acme("GET", f"/payload/admin/{others}").status_code == 404
    if organization:
        stranger = Hooks(log, VIEW_EVENTS, MANAGE_EVENTS, organization_id=organization)
    else:
        stranger = Hooks(log, VIEW_EVENTS, MANAGE_EVENTS, realm="other")
    for path in (
        f"/{made}/sends",
        f"/{made}/sends/{sent['id']}",
        f"/{made}/sends/{sent['id']}/attempts",
        f"/payload/admin/{uid}",
        f"/sends/admin/{uid}",
    ):
        answer = stranger("GET", path)
        assert answer.status_code == 404
        assert URL not in answer.text
    assert stranger("POST", f"/{made}/sends/{sent['id']}/resend").status_code == 404
    assert Hooks(log).get(f"/sends/admin/{uid}") == [sent]


def test_what_went_to_one_organization_is_not_told_to_who_sees_another(log: Log) -> None:
    """An endpoint of the whole realm got the same event: the organization does not learn of it."""
    Hooks(log).make(eventTypes=["invoice.*"])
    acme = Hooks(log, organization_id="acme")
    made = acme.make(eventTypes=["invoice.*"])
    uid = recorded(log, organization_id="acme")
    send(log)
    (sent,) = acme.get(f"/sends/admin/{uid}")
    assert sent["webhook"]["id"] == made
    assert len(Hooks(log).get(f"/sends/admin/{uid}")) == 2
