"""Somebody acts for somebody else, and both are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from flask import Flask
from marshmallow import fields
from marshmallow import Schema

from flask_auditlog import Actor
from flask_auditlog import AuditLog
from flask_auditlog import Query
from flask_auditlog import Scope
from flask_auditlog.errors import InvalidEvent
from flask_auditlog.web.admin.sentence import sentence
from tests.apps import last

BOB = Actor(user_id="2", username="bob")
SAID = {"userId": "2", "username": "bob"}


def test_a_block_keeps_both_people(host: Flask, audit: AuditLog) -> None:
    with host.app_context(), audit.actor(user_id="1", username="alice", on_behalf_of=BOB):
        audit.record("a", details={"n": 1})
    event = last(host)
    assert event.auth_details == Actor(realm_id="default", user_id="1", username="alice")
    assert event.details == {"n": 1, "onBehalfOf": SAID}


def test_a_request_goes_on_by_whoever_makes_it(host: Flask, audit: AuditLog) -> None:
    @host.get("/as-bob")
    def as_bob() -> str:
        with audit.actor(on_behalf_of=BOB):
            audit.record("a")
        return "ok"

    client = host.test_client()
    client.get("/login")
    client.get("/as-bob")
    event = last(host)
    assert event.auth_details is not None
    assert (event.auth_details.username, event.details) == ("alice@acme.test", {"onBehalfOf": SAID})


def test_a_user_id_is_enough(host: Flask, audit: AuditLog) -> None:
    with host.app_context(), audit.actor(user_id="1", on_behalf_of="2"):
        audit.record("a")
    assert last(host).details == {"onBehalfOf": {"userId": "2"}}


def test_the_actor_loader_may_say_both(host: Flask, audit: AuditLog) -> None:
    audit.actor_loader(lambda: (Actor(user_id="1"), BOB))
    host.test_client().get("/act")
    event = last(host)
    assert event.auth_details == Actor(realm_id="default", user_id="1", ip_address="127.0.0.1")
    assert event.details == {"onBehalfOf": SAID}


def test_the_loader_may_say_that_they_act_for_themselves(host: Flask, audit: AuditLog) -> None:
    audit.actor_loader(lambda: (Actor(user_id="1"), None))
    host.test_client().get("/act")
    assert last(host).details is None


def test_what_is_captured_keeps_both_too(host: Flask, audit: AuditLog) -> None:
    audit.actor_loader(lambda: (Actor(user_id="1"), BOB))
    host.add_url_rule("/change", view_func=lambda: "ok", methods=["POST"], endpoint="change")
    host.test_client().post("/change")
    event = last(host)
    assert (event.type, (event.details or {})["onBehalfOf"]) == ("access.REQUEST", SAID)


def test_an_inner_actor_acts_for_themselves(host: Flask, audit: AuditLog) -> None:
    with (
        host.app_context(),
        audit.actor(user_id="1", on_behalf_of=BOB),
        audit.actor(user_id="nightly"),
    ):
        audit.record("a")
    assert last(host).details is None


def test_an_inner_block_for_somebody_else_keeps_who_acts(host: Flask, audit: AuditLog) -> None:
    alice = audit.actor(user_id="1", organization_id="acme")
    with host.app_context(), alice, audit.actor(on_behalf_of=BOB):
        audit.record("a")
    event = last(host)
    assert event.organization_id == "acme"
    assert event.auth_details == Actor(realm_id="default", user_id="1")
    assert event.details == {"onBehalfOf": SAID}


def test_what_the_system_did_was_done_for_no_one(host: Flask, audit: AuditLog) -> None:
    with host.app_context(), audit.actor(user_id="1", on_behalf_of=BOB):
        audit.system_event("BACKUP")
    assert (last(host).auth_details, last(host).details) == (None, None)


def test_it_is_no_fault_of_an_event_whose_details_are_defined(host: Flask, audit: AuditLog) -> None:
    schema = Schema.from_dict({"amount": fields.Integer(required=True)})
    audit.define("invoice.paid", schema=schema, invalid="refuse")
    with host.app_context(), audit.actor(user_id="1", on_behalf_of=BOB):
        audit.record("invoice.paid", details={"amount": 12})
    assert last(host).details == {"amount": 12, "onBehalfOf": SAID}


def test_the_host_cannot_pass_on_what_somebody_sent(host: Flask, audit: AuditLog) -> None:
    """Details often come from a request's JSON."""
    with host.app_context(), audit.actor(user_id="1", on_behalf_of=BOB):
        audit.record("a", details={"onBehalfOf": {"userId": "ceo"}})
    assert last(host).details == {"givenOnBehalfOf": {"userId": "ceo"}, "onBehalfOf": SAID}


@pytest.mark.parametrize("stands_for", [None, BOB])
def test_a_definition_speaks_of_what_was_given_and_not_of_where_it_is_kept(
    host: Flask, audit: AuditLog, stands_for: Actor | None
) -> None:
    schema = Schema.from_dict({"onBehalfOf": fields.Dict(required=True)})
    audit.define("a", schema=schema, invalid="refuse")
    with host.app_context(), audit.actor(user_id="1", on_behalf_of=stands_for):
        audit.record("a", details={"onBehalfOf": {"userId": "ceo"}})
        with pytest.raises(InvalidEvent):
            audit.record("a", details={"onBehalfOf": "ceo"})
        with pytest.raises(InvalidEvent):
            audit.record("a", details={})
    said = {"onBehalfOf": SAID} if stands_for else {}
    assert last(host).details == {"givenOnBehalfOf": {"userId": "ceo"}, **said}


@pytest.fixture
def publish(host: Flask) -> Callable[..., Any]:
    """Send an event to the API with a token of these permissions; return what was stored."""

    def send(event: dict[str, Any], *permissions: str) -> Any:
        with host.app_context():
            store = AuditLog().events
            _, secret = store.tokens.create(name="t", realm="default", permissions=permissions)
        headers = {"Authorization": f"Bearer {secret}"}
        answer = host.test_client().post(
            "/audit/realms/default/events", json=event, headers=headers
        )
        assert answer.status_code == 202, answer.text
        return last(host)

    return send


def test_a_client_of_the_api_cannot_forge_it(publish: Callable[..., Any]) -> None:
    event = {"type": "a", "details": {"onBehalfOf": SAID, "n": 1}}
    stored = publish(event, "publish-events")
    assert stored.details == {"givenOnBehalfOf": SAID, "n": 1}
    assert "on behalf of" not in sentence(stored)


def test_a_client_that_may_name_others_says_it(publish: Callable[..., Any]) -> None:
    stored = publish({"type": "a", "details": {"onBehalfOf": SAID}}, "publish-events", "publish-as")
    assert stored.details == {"onBehalfOf": SAID}


def test_it_can_be_searched(host: Flask, audit: AuditLog) -> None:
    with host.app_context():
        for who in ("1", "2"):
            with audit.actor(user_id="9", on_behalf_of=who):
                audit.record("a", details={"n": who})
        query = Query(details=(("onBehalfOf.userId", "2"),))
        found = audit.events.find(query, Scope(realm="default", organization_id=None), limit=9)
    assert [record.event.details and record.event.details["n"] for record in found.records] == ["2"]


@pytest.mark.parametrize(
    ("stands_for", "said"),
    [
        (SAID, "alice, on behalf of bob"),
        ({"userId": "2"}, "alice, on behalf of 2"),
        ({"username": ["bob"]}, "alice"),
        ({}, "alice"),
        ("bob", "alice"),
        (None, "alice"),
        ({"username": ""}, "alice"),
    ],
)
def test_the_sentence_names_both(host: Flask, audit: AuditLog, stands_for: Any, said: str) -> None:
    audit.before_record(lambda event: _for(event, stands_for))
    with host.app_context(), audit.actor(username="alice"):
        audit.admin_event("USER", "DELETE", resource_path="users/7")
    comma = "," if said != "alice" else ""
    assert sentence(last(host)) == f"{said}{comma} deleted user 7"
    with host.app_context(), audit.actor(username="alice"):
        audit.record("paid")
    assert sentence(last(host)) == f"paid by {said}"


def _for(event: Any, stands_for: Any) -> Any:
    return msgspec.structs.replace(event, details={"onBehalfOf": stands_for})


def test_the_pages_show_both(host: Flask, audit: AuditLog) -> None:
    audit.authorizer(lambda permission, realm, organization_id: True)
    hostile = '<b>"bob"</b>'
    with host.app_context(), audit.actor(username="alice", on_behalf_of=Actor(username=hostile)):
        uid = audit.record("paid").uid
    client = host.test_client()
    page = client.get(f"/audit/events/{uid}").text
    assert "on behalf of" in page
    assert hostile not in page
    assert "?q=details.onBehalfOf.username:" in page
    listed = client.get("/audit/").text
    assert "&lt;b&gt;" in listed
    assert hostile not in listed
