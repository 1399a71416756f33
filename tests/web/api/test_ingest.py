"""POST: what comes in, under which name, once."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from flask import Flask
from flask import request
from marshmallow import fields
from marshmallow import Schema

from flask_auditlog import AuditLog
from flask_auditlog import Event
from flask_auditlog import Veto
from flask_auditlog.store import PUBLISH_AS
from flask_auditlog.store import PUBLISH_EVENTS
from tests.web.api.conftest import Api
from tests.web.api.conftest import CHUNKED
from tests.web.api.conftest import EVENTS
from tests.web.api.conftest import Log

FORM = "application/x-www-form-urlencoded"
NDJSON = "application/x-ndjson"


class Paid(Schema):
    amount = fields.Integer(required=True)


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=UTF-8", FORM, None]
)
def test_one_event_is_answered_with_its_uid(api: Api, log: Log, content_type: str | None) -> None:
    answer = api.post('{"type":"foo.bar"}', content_type=content_type)
    assert answer.status_code == 202
    assert answer.get_json() == {"uid": log.bodies()[0]["uid"]}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [('[{"type":"a"},{"type":"b"}]', FORM), ('{"type":"a"}\n{"type":"b"}\n', NDJSON)],
)
def test_a_batch_is_answered_with_its_uids_in_order(
    api: Api, log: Log, body: str, content_type: str
) -> None:
    answer = api.post(body, content_type=content_type)
    assert answer.status_code == 202
    assert [body["type"] for body in log.bodies()] == ["a", "b"]
    assert answer.get_json() == {"uids": [body["uid"] for body in log.bodies()]}


def test_a_batch_is_stored_whole_or_not_at_all(api: Api, log: Log) -> None:
    answer = api.post([{"type": "a"}, {"type": "access.X"}, {"type": "b"}, {"type": "admin.Y"}])
    assert answer.status_code == 409
    assert [fault["index"] for fault in answer.get_json()["errors"]] == [1, 3]
    assert log.bodies() == []


def test_a_single_event_has_no_index_in_its_faults(api: Api) -> None:
    assert api.post({"type": "access.X"}).get_json()["errors"][0].keys() == {"field", "message"}


def test_a_chunked_body_is_read(api: Api, log: Log) -> None:
    events = [{"type": "foo.bar", "details": {"x": "x" * 50_000}}] * 10
    assert api.post(events, environ=CHUNKED).status_code == 202
    assert len(log.bodies()) == 10


@pytest.mark.parametrize("environ", [{}, CHUNKED])
def test_a_body_that_a_hook_of_the_host_has_read_is_there_still(
    app: Flask, api: Api, environ: dict[str, Any]
) -> None:
    app.before_request(lambda: request.get_data() and None)
    assert api.post({"type": "a"}, environ=environ).status_code == 202


@pytest.mark.parametrize("environ", [{}, CHUNKED])
def test_the_hosts_own_limit_is_respected(app: Flask, api: Api, environ: dict[str, Any]) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 10
    answer = api.post({"type": "foo.bar"}, environ=environ)
    assert (answer.status_code, answer.get_json()["error"]) == (413, "too_large")


def test_who_and_where_come_from_the_token_and_never_from_the_body(log: Log) -> None:
    api = log.caller(PUBLISH_EVENTS, created_by="alice")
    claimed = {
        "authDetails": {"userId": "mallory"},
        "uid": "1",
        "id": "2",
        "realmId": "other",
        "realmName": "x",
    }
    api.post(
        {"type": "a", **claimed}, headers={"User-Agent": "curl/8", "X-Forwarded-For": "6.6.6.6"}
    )
    (body,) = log.bodies()
    who = {"realmId": "default", "clientId": "robot", "userId": "alice", "ipAddress": "127.0.0.1"}
    assert body["authDetails"] == who
    assert (body["source"], body["realmId"], body["userAgent"]) == ("api", "default", "curl/8")
    assert body["uid"] != "1"
    assert body["requestId"]
    assert body["tokenId"]


def test_publish_as_names_another_actor_a_uid_and_a_reserved_type(log: Log) -> None:
    api = log.caller(PUBLISH_EVENTS, PUBLISH_AS)
    event = {
        "uid": "8d76de08-1c12-4d9a-bb86-fd1c602b2486",
        "time": 1588363619462,
        "type": "access.LOGIN",
        "organizationId": "acme",
        "authDetails": {"userId": "bob"},
    }
    for _ in range(2):
        assert api.post(event).get_json() == {"uid": event["uid"]}
    (body,) = log.bodies()
    assert {name: body[name] for name in event} == event
    assert (body["source"], "tokenId" in body) == ("api", True)


def test_an_honest_retry_is_the_same_event_from_anywhere(log: Log) -> None:
    api = log.caller(PUBLISH_EVENTS, PUBLISH_AS)
    event = {
        "uid": "8d76de08-1c12-4d9a-bb86-fd1c602b2486",
        "type": "a",
        "time": time.time_ns() // 1_000_000 + 60_000,
    }
    for address in ("192.0.2.1", "192.0.2.2"):
        assert api.post(event, environ={"REMOTE_ADDR": address}).status_code == 202
    (body,) = log.bodies()
    assert body["time"] == event["time"]
    assert "ipAddress" not in body["authDetails"]


def test_an_event_with_a_uid_needs_its_time(log: Log) -> None:
    api = log.caller(PUBLISH_EVENTS, PUBLISH_AS)
    answer = api.post([{"type": "a"}, {"type": "a", "uid": "8d76de08-1c12-4d9a-bb86-fd1c602b2486"}])
    assert answer.status_code == 400
    (fault,) = answer.get_json()["errors"]
    assert (fault["field"], fault["index"]) == ("time", 1)


def test_a_token_of_an_organization_cannot_ask_for_the_uids_of_another(log: Log) -> None:
    uid = "8d76de08-1c12-4d9a-bb86-fd1c602b2486"
    event = {"type": "a", "uid": uid, "time": 1}
    permissions = (PUBLISH_EVENTS, PUBLISH_AS)
    log.caller(*permissions).post({**event, "organizationId": "globex"})
    answer = log.caller(*permissions, organization_id="acme").post(event)
    assert answer.status_code == 202
    assert answer.get_json()["uid"] != uid


@pytest.mark.parametrize("address", ["unix:", "ghp_0123456789abcdefghijABCDEFGHIJ"])
def test_a_connection_without_an_address_has_none(api: Api, log: Log, address: str) -> None:
    api.post({"type": "a"}, environ={"REMOTE_ADDR": address})
    assert "ipAddress" not in log.bodies()[0]["authDetails"]


def test_another_event_with_a_known_uid_is_a_conflict(log: Log) -> None:
    api = log.caller(PUBLISH_EVENTS, PUBLISH_AS)
    uid = "8d76de08-1c12-4d9a-bb86-fd1c602b2486"
    api.post({"type": "a", "uid": uid, "time": 1})
    answer = api.post([{"type": "b"}, {"type": "a", "uid": uid, "time": 2}])
    assert (answer.status_code, answer.get_json()["error"]) == (409, "conflict")
    assert len(log.bodies()) == 1


def test_publish_as_alone_does_not_publish(log: Log) -> None:
    assert log.caller(PUBLISH_AS).post({"type": "a"}).status_code == 403


def test_a_token_of_an_organization_writes_for_no_other(log: Log) -> None:
    api = log.caller(PUBLISH_EVENTS, PUBLISH_AS, organization_id="acme")
    assert api.post({"type": "a"}).status_code == 202
    assert api.post({"type": "a", "organizationId": "acme"}).status_code == 202
    assert api.post({"type": "a", "organizationId": "globex"}).status_code == 403
    assert [body["organizationId"] for body in log.bodies()] == ["acme", "acme"]


def test_a_vetoed_event_has_no_uid(audit: AuditLog, api: Api, log: Log) -> None:
    @audit.before_record
    def quiet(event: Event) -> None:
        if event.type == "noise":
            raise Veto

    answer = api.post([{"type": "noise"}, {"type": "a"}])
    assert answer.status_code == 202
    assert answer.get_json()["uids"] == [None, log.bodies()[0]["uid"]]


def test_a_key_gives_the_first_answer_again(api: Api, log: Log) -> None:
    key = {"Idempotency-Key": "k-1"}
    first, second = (api.post({"type": "a"}, headers=key) for _ in range(2))
    assert first.status_code == second.status_code == 202
    assert first.get_json() == second.get_json()
    assert len(log.bodies()) == 1


def test_a_key_with_another_body_is_refused(api: Api, log: Log) -> None:
    key = {"Idempotency-Key": "k-1"}
    api.post({"type": "a"}, headers=key)
    answer = api.post({"type": "b"}, headers=key)
    assert (answer.status_code, answer.get_json()["error"]) == (422, "idempotency_key_reused")
    assert len(log.bodies()) == 1


@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson"])
def test_what_is_wrong_is_told_before_its_key_is_looked_at(
    api: Api, log: Log, audit: AuditLog, content_type: str
) -> None:
    seen: list[str] = []

    @audit.before_record
    def note(event: Event) -> None:
        seen.append(event.type)

    key = {"Idempotency-Key": "k-1"}
    api.post({"type": "a"}, headers=key)
    lines = [b'{"type":"b"}', b'{"typ":1}']
    body = b"[%b]" % b",".join(lines) if content_type.endswith("/json") else b"\n".join(lines)
    answer = api.post(body, headers=key, content_type=content_type)
    assert answer.status_code == 400
    assert {fault["index"] for fault in answer.get_json()["errors"]} == {1}
    # And before anybody works on the others.
    assert seen == ["a"]
    assert len(log.bodies()) == 1


def test_a_key_belongs_to_its_token(log: Log) -> None:
    key = {"Idempotency-Key": "k-1"}
    uids = {
        log.caller(PUBLISH_EVENTS).post({"type": "a"}, headers=key).get_json()["uid"]
        for _ in range(2)
    }
    assert len(uids) == 2


def test_a_refused_event_does_not_use_up_its_key(api: Api) -> None:
    key = {"Idempotency-Key": "k-1"}
    assert api.post({"type": "access.X"}, headers=key).status_code == 409
    assert api.post({"type": "a"}, headers=key).status_code == 202


def test_a_known_key_is_answered_also_when_its_events_would_be_refused_by_now(
    api: Api, log: Log
) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = api.post({"type": "a"}, headers=key)
    log.audit.define("a", schema=Paid, version=2, invalid="refuse")
    assert api.post({"type": "a"}).status_code == 400
    again = api.post({"type": "a"}, headers=key)
    assert (again.status_code, again.get_json()) == (202, first.get_json())
    assert api.post({"type": "a"}, headers={"Idempotency-Key": "k-2"}).status_code == 400
    other = api.post({"type": "a", "details": {}}, headers=key)
    assert (other.status_code, other.get_json()["error"]) == (422, "idempotency_key_reused")
    assert len(log.bodies()) == 1


def test_one_key_sent_by_many_at_once_stores_one_event(api: Api, log: Log) -> None:
    found: list[str] = []

    def send() -> None:
        answer = Api(log.app.test_client(), api.secret).post(
            {"type": "a"}, headers={"Idempotency-Key": "k"}
        )
        found.append(answer.get_json()["uid"])

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [log.bodies()[0]["uid"]] * 8
    assert len(log.bodies()) == 1


def test_the_token_is_looked_at_before_the_body(api: Api) -> None:
    answer = api.client.post(EVENTS, data=b"{broken", content_type="text/plain")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_permission_is_looked_at_before_the_body(log: Log) -> None:
    assert log.caller("view-events").post("{broken", content_type="text/plain").status_code == 403


def test_a_wrong_event_is_told_before_a_reserved_one(api: Api) -> None:
    assert api.post([{"type": "access.X"}, {}]).status_code == 400
