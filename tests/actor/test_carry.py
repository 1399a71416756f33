"""Who and where we are, taken along to a job as plain JSON."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from flask import Flask

from flask_auditlog import Actor
from flask_auditlog import AuditLog
from flask_auditlog import Event
from flask_auditlog.state.blocks import Work
from flask_auditlog.state.blocks import work
from flask_auditlog.state.carry import resumed
from tests.apps import events
from tests.apps import last

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
UID = "01893fc2-6c3f-7d0a-9c1e-3b8a52f04d11"
BOB = Actor(user_id="2", username="bob")


@pytest.fixture
def sent(host: Flask, audit: AuditLog) -> tuple[dict[str, Any], Event]:
    """What a request of Alice's carried, and an event of that request."""
    told: list[dict[str, Any]] = []
    audit.organization_loader(lambda: "acme")

    @host.get("/send")
    def send() -> str:
        with audit.actor(on_behalf_of=BOB):
            audit.record("sent")
            told.append(audit.carried())
        return "ok"

    client = host.test_client()
    client.get("/login")
    client.get("/send", headers={"traceparent": TRACE})

    return json.loads(json.dumps(told[0])), last(host)


def test_a_job_is_recorded_as_who_sent_it(
    host: Flask, audit: AuditLog, sent: tuple[dict[str, Any], Event]
) -> None:
    carried, before = sent
    with audit.resumed(carried, program="rq reports.build"), host.app_context():
        audit.record("worked")
    event = last(host)
    assert event.auth_details == before.auth_details
    assert event.auth_details is not None
    assert (event.auth_details.username, event.organization_id) == ("alice@acme.test", "acme")
    assert (event.request_id, event.traceparent) == (before.request_id, TRACE)
    assert event.details == {"onBehalfOf": {"userId": "2", "username": "bob"}}
    assert event.user_agent == "rq reports.build"


def test_it_ends_with_the_block(
    host: Flask, audit: AuditLog, sent: tuple[dict[str, Any], Event]
) -> None:
    with host.app_context():
        with audit.resumed(sent[0]):
            pass
        audit.record("after")
    event = last(host)
    assert (event.auth_details, event.request_id, event.organization_id) == (None, None, None)


def test_a_job_may_name_another_actor(
    host: Flask, audit: AuditLog, sent: tuple[dict[str, Any], Event]
) -> None:
    carried, before = sent
    with audit.resumed(carried), host.app_context(), audit.actor(user_id="nightly"):
        audit.record("worked")
    event = last(host)
    assert event.auth_details == Actor(realm_id="default", user_id="nightly")
    assert (event.request_id, event.organization_id) == (before.request_id, "acme")


def test_whoever_is_named_outside_did_not_send_the_job(host: Flask, audit: AuditLog) -> None:
    with host.app_context(), audit.actor(username="the worker"), audit.resumed(None):
        audit.record("worked")
    assert last(host).auth_details is None


def test_a_job_of_a_job_carries_on(
    host: Flask, audit: AuditLog, sent: tuple[dict[str, Any], Event]
) -> None:
    with audit.resumed(sent[0]), host.app_context():
        assert audit.carried() == sent[0]


def test_a_thread_takes_it_along(
    host: Flask, audit: AuditLog, sent: tuple[dict[str, Any], Event]
) -> None:
    def job() -> None:
        with host.app_context(), audit.resumed(sent[0]):
            audit.record("worked")

    thread = threading.Thread(target=job)
    thread.start()
    thread.join()
    assert last(host).auth_details == sent[1].auth_details


def test_a_request_made_by_a_job_is_its_own(
    host: Flask, audit: AuditLog, sent: tuple[dict[str, Any], Event]
) -> None:
    with audit.resumed(sent[0]):
        host.test_client().get("/act", environ_base={"REMOTE_ADDR": "192.0.2.9"})
    event = last(host)
    assert event.auth_details == Actor(realm_id="default", ip_address="192.0.2.9")
    assert event.request_id != sent[1].request_id


def test_work_done_at_once_belongs_to_its_request(host: Flask, audit: AuditLog) -> None:
    """A queue that works inside the request: RQ with is_async=False."""

    @host.get("/now")
    def now() -> str:
        with audit.resumed(audit.carried()):
            audit.record("worked")
        audit.record("after")
        return "ok"

    client = host.test_client()
    client.get("/login")
    client.get("/now")
    worked, after = events(host)[-2:]
    assert worked.auth_details == after.auth_details
    assert worked.request_id == after.request_id


def test_nobody_carries_no_one(host: Flask, audit: AuditLog) -> None:
    with host.app_context():
        assert audit.carried() == {"realmId": "default"}


def test_no_secret_goes_to_the_queue(host: Flask, audit: AuditLog) -> None:
    token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
    with host.app_context(), audit.actor(username=f"bob {token}", on_behalf_of=token):
        carried = audit.carried()
    assert token not in json.dumps(carried)


HOSTILE: list[Any] = [
    [],
    "x",
    7,
    {"realmId": 1},
    {"realmId": "no such\nrealm"},
    {"authDetails": "root"},
    {"authDetails": {"userId": "1", "isAdmin": True}},
    {"authDetails": {"userId": ["1"]}},
    {"requestId": "1' OR 1=1"},
    {"requestId": "x" * 100_000},
    {"organizationId": "x" * 10_000},
    {"organizationId": "ghp_16C7e42F292c6912E7710c838347Ae178B4a"},
]


@pytest.mark.parametrize("given", HOSTILE, ids=str)
def test_a_message_that_is_none_of_ours_was_sent_by_nobody(given: Any) -> None:
    with resumed(given, program="job"):
        assert work() == Work(program="job")


def test_what_is_too_long_in_it_is_cut(host: Flask, audit: AuditLog) -> None:
    who = {"userId": "ü" * 1000, "ipAddress": "6.6.6.6.6", "username": "a\0b"}
    given = {
        "authDetails": who,
        "onBehalfOf": who,
        "traceparent": "no",
        "requestId": UID,
        "more": 1,
    }
    with audit.resumed(given, program="p" * 10_000), host.app_context():
        audit.record("worked")
    event = last(host)
    assert event.auth_details is not None
    assert (event.auth_details.ip_address, event.traceparent, event.request_id) == (None, None, UID)
    assert len((event.auth_details.user_id or "").encode()) <= 255
    assert len(event.user_agent or "") == 500
