"""Polling: what a webhook wants, for a receiver that asks."""

from __future__ import annotations

import random
from typing import Any

import pytest
from flask import Flask

from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.event import READ_TYPE
from flask_auditlog.store import PERMISSIONS
from flask_auditlog.store import PUBLISH_AS
from flask_auditlog.store import PUBLISH_EVENTS
from flask_auditlog.store import VIEW_EVENTS
from flask_auditlog.web.api import following
from flask_auditlog.web.api import poll as polling
from tests.web.api.conftest import Log
from tests.web.api.hooks import Hooks
from tests.web.api.hooks import send
from tests.web.api.hooks import URL
from tests.web.api.test_feed import Clock
from tests.web.api.test_feed import told


@pytest.fixture
def hooks(log: Log) -> Hooks:
    """A caller who may view and manage."""
    return Hooks(log)


def poll(hooks: Hooks, webhook: str, iterator: str | None = None, **params: Any) -> dict[str, Any]:
    given = params | ({"iterator": iterator} if iterator else {})
    answer: dict[str, Any] = hooks.get(f"/{webhook}/poll", query_string=given)
    return answer


def publish(log: Log, *events: dict[str, Any]) -> None:
    answer = log.caller(PUBLISH_EVENTS, PUBLISH_AS).post(list(events))
    assert answer.status_code == 202, answer.text


def reads(log: Log) -> list[dict[str, Any]]:
    return [each for each in log.read_events() if each["type"] == READ_TYPE]


def test_whatever_is_asked_each_event_it_wants_comes_once_in_order(
    log: Log, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces of any size, and events that come between them."""
    choose = random.Random(5)
    made = hooks.make(eventTypes=["good.*"])
    iterator, seen, sent = None, [], []
    for turn in range(40):
        for number in range(choose.randrange(4)):
            kind = choose.choice(["good", "bad"])
            publish(log, {"type": f"{kind}.e{turn}-{number}"})
            sent += [f"good.e{turn}-{number}"] if kind == "good" else []
        monkeypatch.setattr(polling, "READ", choose.choice([1, 2, 3, 500]))
        answer = poll(hooks, made, iterator, limit=choose.choice([1, 2, 5]))
        seen += told(answer)
        iterator = choose.choice([answer["iterator"]])
    while answer["more"]:
        answer = poll(hooks, made, iterator)
        seen += told(answer)
        iterator = answer["iterator"]
    assert seen == sent
    assert len(seen) > 20


def test_who_did_not_keep_what_came_gets_it_again(log: Log, hooks: Hooks) -> None:
    made = hooks.make(eventTypes=["a", "b"])
    publish(log, {"type": "a"}, {"type": "b"})
    first = poll(hooks, made, limit=1)
    assert poll(hooks, made, limit=1) == first
    again = [poll(hooks, made, first["iterator"]) for _ in range(2)]
    assert [told(each) for each in again] == [["b"], ["b"]]


def test_it_gets_what_would_be_sent_to_it_and_the_same_bytes(log: Log, hooks: Hooks) -> None:
    publish(log, {"type": "older"})
    body = {
        "eventTypes": ["invoice.*", "access.*"],
        "excludeClients": ["echo"],
        "filter": "-details.amount:>9",
    }
    made = hooks.make(**body)
    publish(
        log,
        {"type": "invoice.paid", "details": {"é": 1.50, "amount": 9}},
        {"type": "invoice.paid", "details": {"amount": 10}},
        {"type": "invoice.paid", "authDetails": {"clientId": "echo"}},
        {"type": "other"},
    )
    hooks("POST", f"/{made}/test")
    answer = hooks("GET", f"/{made}/poll")
    (event,) = answer.get_json()["events"]
    assert event["details"]["amount"] == 9
    payload = hooks("GET", f"/payload/admin/{event['uid']}").text
    assert f'{{"events":[{payload}],"iterator":' in answer.text


def test_one_of_an_organization_gives_its_events_whoever_asks(log: Log, hooks: Hooks) -> None:
    acme, globex = (Hooks(log, organization_id=name) for name in ("acme", "globex"))
    made = acme.make()
    of_acme, of_globex = ({"type": n, "organizationId": n} for n in ("acme", "globex"))
    publish(log, of_acme, of_globex, {"type": "nobody"})
    answer = poll(acme, made)
    types = [each for each in told(answer) if not each.startswith("admin.")]
    assert (types, "position" in answer["events"][0]) == (["acme"], False)
    # The operator goes on where the customer stopped, and sees no more.
    assert told(poll(hooks, made, answer["iterator"])) == []
    assert globex("GET", f"/{made}/poll").status_code == 404
    # What happens to others does not show in it.
    publish(log, of_globex)
    assert poll(acme, made, answer["iterator"])["iterator"] == answer["iterator"]


def test_an_iterator_of_another_organization_is_refused(log: Log, hooks: Hooks) -> None:
    made, other = (hooks.make(organizationId=name) for name in ("acme", "globex"))
    iterator = poll(hooks, made)["iterator"]
    answer = hooks("GET", f"/{other}/poll", query_string={"iterator": iterator})
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (400, "iterator")


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"iterator": "x"}, "iterator"),
        ({"iterator": ""}, "iterator"),
        ({"wait": "31"}, "wait"),
        ({"limit": "0"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"type": "a"}, "type"),
    ],
)
def test_what_it_cannot_read_is_refused(hooks: Hooks, params: dict[str, str], field: str) -> None:
    answer = hooks("GET", f"/{hooks.make()}/poll", query_string=params)
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (400, field)


def test_a_disabled_one_gives_nothing_and_goes_on_when_it_is_enabled(
    log: Log, hooks: Hooks
) -> None:
    made = hooks.make()
    iterator = poll(hooks, made)["iterator"]
    hooks("POST", f"/{made}/disable")
    publish(log, {"type": "meanwhile"})
    answer = hooks("GET", f"/{made}/poll")
    assert (answer.status_code, answer.get_json()["error"]) == (409, "webhook_disabled")
    hooks("POST", f"/{made}/enable")
    assert "meanwhile" in told(poll(hooks, made, iterator))


def test_what_its_filter_says_is_never_passed_over(
    app: Flask, log: Log, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = hooks.make(filter="type:a")
    publish(log, {"type": "b"})
    monkeypatch.setattr(polling, "is_read", lambda text: False)
    answer = hooks("GET", f"/{made}/poll")
    assert (answer.status_code, answer.get_json()["error"]) == (409, "conflict")


def test_it_waits_for_what_is_wanted(
    app: Flask, log: Log, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = hooks.make(eventTypes=["wanted"])
    poll(hooks, made)
    answer = app.wsgi_app
    monkeypatch.setattr(
        app, "wsgi_app", lambda environ, start: answer(environ | {"wsgi.multithread": True}, start)
    )
    clock = Clock(lambda: publish(log, {"type": "x"}), lambda: publish(log, {"type": "wanted"}))
    clock.rule(monkeypatch)
    assert told(poll(hooks, made, wait=30)) == ["wanted"]
    assert clock.pauses == 2


def test_one_answer_does_not_look_through_all_of_a_large_log(
    log: Log, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = hooks.make(eventTypes=["wanted"])
    monkeypatch.setattr(polling, "READ", 1)
    monkeypatch.setattr(following, "PATIENCE", -1)
    publish(log, {"type": "a"}, {"type": "wanted"})
    answers = [poll(hooks, made)]
    while answers[-1]["more"]:
        answers.append(poll(hooks, made, answers[-1]["iterator"]))
    assert [each for answer in answers for each in told(answer)] == ["wanted"]
    assert len(answers) > 2


def test_one_that_is_only_polled_has_no_url_and_nothing_is_sent_to_it(
    log: Log, hooks: Hooks
) -> None:
    body = {"enabled": True, "eventTypes": ["invoice.*"], "pollingOnly": True}
    made = hooks("POST", body=body).headers["Location"].rpartition("/")[2]
    told_of = hooks.get(f"/{made}")
    assert (told_of["url"], told_of["pollingOnly"], told_of["authType"]) == ("", True, "none")
    publish(log, {"type": "invoice.paid"})
    send(log)
    assert hooks.get(f"/{made}/sends") == []
    assert told(poll(hooks, made)) == ["invoice.paid"]
    for path, sent in (("test", None), ("replay", {"after": 1}), ("recover", {"since": 1})):
        answer = hooks("POST", f"/{made}/{path}", sent)
        assert (answer.status_code, answer.get_json()["error"]) == (409, "webhook_polled")
    # As it was read it can be sent back.
    assert hooks("PUT", f"/{made}", told_of | {"description": "theirs"}).status_code == 204
    assert hooks.get(f"/{made}")["description"] == "theirs"


@pytest.mark.parametrize(
    ("new", "change", "field"),
    [
        ({"url": URL}, None, "url"),
        ({"secret": "short"}, None, "authType"),
        ({"authType": "hmac"}, None, "authType"),
        ({"pollingOnly": "maybe"}, None, "pollingOnly"),
        ({"pollingOnly": False}, None, "url"),
        ({}, {"url": URL}, "url"),
        ({}, {"pollingOnly": False}, "pollingOnly"),
        ({}, {"authType": "bearer"}, "authType"),
    ],
)
def test_what_belongs_to_one_that_is_sent_to_is_refused(
    hooks: Hooks, new: dict[str, Any], change: dict[str, Any] | None, field: str
) -> None:
    answer = hooks("POST", body={"pollingOnly": True, **new})
    if change is not None:
        made = answer.headers["Location"].rpartition("/")[2]
        answer = hooks("PUT", f"/{made}", change)
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (400, field)


def test_one_that_is_sent_to_stays_one(hooks: Hooks) -> None:
    answer = hooks("PUT", f"/{hooks.make()}", {"pollingOnly": True})
    assert answer.get_json()["errors"][0]["field"] == "pollingOnly"


def test_a_day_of_polling_is_one_read_of_each_token_and_webhook(log: Log, hooks: Hooks) -> None:
    one, two = hooks.make(eventTypes=["admin.AUDIT_LOG-*"]), hooks.make()
    other = Hooks(log, VIEW_EVENTS)
    for _ in range(3):
        for webhook in (one, two):
            poll(hooks, webhook)
        poll(other, one)
        log.app.extensions["auditlog"].fed.clear()
    found = [each["details"] for each in reads(log)]
    assert found == [{"action": "poll", "webhook": each} for each in (one, two, one)]


def test_what_cannot_be_recorded_is_not_given(
    log: Log, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = hooks.make()

    def away(*args: object, **options: object) -> None:
        raise StoreUnavailable

    with log.app.app_context():
        monkeypatch.setattr(log.audit.events, "append", away)
    assert hooks("GET", f"/{made}/poll").status_code == 503
    monkeypatch.undo()
    assert reads(log) == []


@pytest.mark.parametrize("held", PERMISSIONS)
def test_who_may_see_the_webhook_may_poll_it_and_nobody_else(
    log: Log, hooks: Hooks, held: str
) -> None:
    made = hooks.make()
    status = 200 if held == VIEW_EVENTS else 403
    assert Hooks(log, held)("GET", f"/{made}/poll").status_code == status
    for headers in ({}, {"Authorization": f"Bearer {log.token(*PERMISSIONS, realm='other')}"}):
        assert hooks("GET", f"/{made}/poll", headers=headers).status_code == 401
