"""Who is refused at the log's own doors is on record: bounded, at home, and told to nobody."""

from __future__ import annotations

import math
from typing import Any

import pytest
from flask import Flask
from flask import request
from flask.testing import FlaskClient
from flask_login import LoginManager

from flask_auditlog import Actor
from flask_auditlog import AuditLog
from flask_auditlog import Event
from flask_auditlog import Token
from flask_auditlog.capture import noise
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.state import of
from flask_auditlog.store import PUBLISH_EVENTS
from flask_auditlog.store import VIEW_EVENTS
from tests.apps import counted
from tests.apps import records

EVENTS = "/audit/realms/{}/events"
UID = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.config.update(TESTING=True, SECRET_KEY="test", AUDITLOG_REALMS=["home", "other"])
    return app


@pytest.fixture
def audit(app: Flask) -> AuditLog:
    audit = AuditLog(app)
    # A user says who they are, and which organization they would like to be in.
    audit.actor_loader(lambda: Actor(user_id=request.headers.get("X-User")))
    audit.organization_loader(lambda: request.headers.get("X-Organization"))
    return audit


def make_token(app: Flask, audit: AuditLog, **options: Any) -> tuple[Token, dict[str, str]]:
    given = {"name": "robot", "realm": "other", "permissions": [VIEW_EVENTS], **options}
    with app.app_context():
        token, secret = audit.events.tokens.create(**given)
    return token, {"Authorization": f"Bearer {secret}"}


def denied(app: Flask) -> list[Event]:
    """End the minute; return all refusals there are in any realm."""
    with app.app_context():
        noise.flush(of(app), math.inf)
    found = [record.event for realm in ("home", "other") for record in records(app, realm)]
    return [event for event in found if event.type == "access.PERMISSION_DENIED"]


def details_of(event: Event) -> dict[str, Any]:
    return event.details or {}


CASES = [
    ("not_permitted", 403, {"permissions": [PUBLISH_EVENTS]}, "other"),
    ("other_realm", 401, {}, "home"),
    ("other_realm", 401, {}, "nowhere"),
    ("expired_token", 401, {"expires_time": 1}, "other"),
    ("revoked_token", 401, {}, "other"),
]


@pytest.mark.parametrize("organization", [None, "acme"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_token_that_is_refused_is_on_record_at_home(
    app: Flask,
    audit: AuditLog,
    case: tuple[str, int, dict[str, Any], str],
    organization: str | None,
) -> None:
    reason, status, options, realm = case
    token, header = make_token(
        app, audit, organization_id=organization, created_by="alice", **options
    )
    if reason == "revoked_token":
        with app.app_context():
            audit.events.tokens.revoke(token.id)
    answer = app.test_client().get(
        EVENTS.format(realm), headers={**header, "X-User": "7", "X-Organization": "globex"}
    )
    assert answer.status_code == status
    assert token.id not in answer.text
    (event,) = denied(app)
    assert (event.realm_id, event.organization_id) == ("other", organization)
    assert (event.token_id, event.source) == (token.id, "system")
    assert (event.resource_type, event.resource_path) == ("AUDIT_LOG", f"realms/{realm}/events")
    assert (event.error, details_of(event)["reason"]) == (f"http_{status}", reason)
    assert details_of(event)["realm"] == realm
    assert event.auth_details is not None
    assert (event.auth_details.client_id, event.auth_details.user_id) == ("robot", "alice")
    assert header["Authorization"][7:] not in str(event)


def test_to_write_is_refused_likewise(app: Flask, audit: AuditLog) -> None:
    _, header = make_token(app, audit)
    assert app.test_client().post(EVENTS.format("other"), headers=header).status_code == 403
    (event,) = denied(app)
    assert (details_of(event)["method"], details_of(event)["reason"]) == ("POST", "not_permitted")


@pytest.mark.parametrize("header", [None, "Bearer nonsense", f"Bearer al_{'x' * 43}", "Basic eDp5"])
def test_a_stranger_is_counted_into_one_event(
    app: Flask, audit: AuditLog, header: str | None
) -> None:
    headers = {"X-User": "7", "X-Organization": "acme"}
    for realm in ("home", "other", "nowhere", "%0d%0a<script>"):
        for _ in range(10):
            answer = app.test_client().get(
                EVENTS.format(realm),
                headers=headers | ({"Authorization": header} if header else {}),
            )
            assert answer.status_code == 401
    assert records(app, "home") == []
    (event,) = denied(app)
    assert (event.realm_id, event.organization_id) == ("home", None)
    assert event.auth_details == Actor(realm_id="home", ip_address="127.0.0.1")
    assert details_of(event)["repeated"] == 40
    assert "script" not in str(event)


def test_what_a_token_is_refused_is_bounded(app: Flask, audit: AuditLog) -> None:
    _, header = make_token(app, audit)
    for _ in range(50):
        app.test_client().get(EVENTS.format("home"), headers=header)
    assert [details_of(event).get("repeated") for event in denied(app)] == [None] * 5 + [45]


@pytest.mark.parametrize("uid", [UID, UID.upper(), "x" * 3000])
def test_an_event_that_is_not_the_callers_to_see_is_on_record(
    app: Flask, audit: AuditLog, uid: str
) -> None:
    token, header = make_token(app, audit, organization_id="acme")
    answer = app.test_client().get(f"{EVENTS.format('other')}/{uid}", headers=header)
    assert answer.status_code == 404
    (event,) = denied(app)
    known = f"/{UID}" if len(uid) == 36 else ""
    assert event.resource_path == f"realms/other/events{known}"
    assert (event.organization_id, event.token_id) == ("acme", token.id)
    assert details_of(event)["reason"] == "not_found"


def test_a_token_of_the_hosts_that_names_no_realm_is_the_apps(app: Flask, audit: AuditLog) -> None:
    nowhere = Token(id="t", name="host's", realm="nowhere", permissions=frozenset(), created_time=0)
    audit.token_loader(lambda secret: nowhere)
    app.test_client().get(EVENTS.format("home"), headers={"Authorization": "Bearer x"})
    (event,) = denied(app)
    assert (event.realm_id, event.organization_id, event.token_id) == ("home", None, "t")


PAGES = ["/audit/", "/audit/?realm=other", "/audit/export?format=csv", f"/audit/events/{UID}"]


@pytest.mark.parametrize("path", PAGES)
def test_a_user_whom_the_authorizer_refuses_is_on_record(
    app: Flask, audit: AuditLog, path: str
) -> None:
    audit.authorizer(lambda permission, realm, organization_id: False)
    answer = app.test_client().get(path, headers={"X-User": "7", "X-Organization": "acme"})
    assert answer.status_code == 403
    (event,) = denied(app)
    assert (event.realm_id, event.organization_id) == ("home", None)
    assert event.auth_details is not None
    assert event.auth_details.user_id == "7"
    assert details_of(event)["realm"] == ("other" if "realm=other" in path else "home")


def test_a_reader_of_one_organization_who_asks_for_more_is_on_record(
    app: Flask, audit: AuditLog
) -> None:
    audit.authorizer(lambda permission, realm, organization_id: organization_id == "acme")
    headers = {"X-User": "7", "X-Organization": "acme"}
    assert app.test_client().get(f"/audit/events/{UID}", headers=headers).status_code == 404
    (event,) = denied(app)
    assert (event.organization_id, details_of(event)["reason"]) == ("acme", "not_found")


@pytest.mark.parametrize("login_view", [None, "login"])
def test_a_visitor_who_is_asked_to_log_in_is_not_refused(
    app: Flask, audit: AuditLog, login_view: str | None
) -> None:
    logins = LoginManager(app)
    logins.user_loader(lambda user_id: None)
    logins.login_view = login_view
    app.add_url_rule("/login", "login", lambda: "who are you?")
    answer = app.test_client().get("/audit/")
    assert answer.status_code == (302 if login_view else 403)
    assert denied(app) == []


def test_the_menu_of_realms_refuses_nobody(app: Flask, audit: AuditLog) -> None:
    audit.authorizer(lambda permission, realm, organization_id: realm == "home")
    assert app.test_client().get("/audit/", headers={"X-User": "7"}).status_code == 200
    assert denied(app) == []


def test_the_refused_are_answered_as_ever_when_it_cannot_be_recorded(
    app: Flask, audit: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, header = make_token(app, audit)

    def away(*_: Any) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(of(app).recorder, "append", away)
    answer = app.test_client().get(EVENTS.format("home"), headers=header)
    assert (answer.status_code, answer.mimetype) == (401, "application/json")
    assert counted(app, "capture_failed") == 1


def test_where_the_log_is_off_nothing_is_counted(app: Flask) -> None:
    app.config["AUDITLOG_ENABLED"] = False
    AuditLog(app)
    client: FlaskClient = app.test_client()
    assert client.get(EVENTS.format("home")).status_code == 503
    assert client.get("/audit/").status_code == 403
    assert of(app).strangers.due == math.inf
