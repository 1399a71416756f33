"""What flask-login tells beside logins and logouts."""

from __future__ import annotations

from typing import Any

import flask_login
import pytest
from flask import Flask
from flask import Request
from flask.testing import FlaskClient

from flask_auditlog import AuditLog
from flask_auditlog import Event
from tests.apps import events
from tests.apps import last
from tests.apps import MakeApp
from tests.apps import types
from tests.apps import User
from tests.apps import with_logins


@pytest.fixture
def host(make_app: MakeApp) -> Flask:
    app = with_logins(make_app())

    @app.get("/remember")
    def remember() -> str:
        flask_login.login_user(User(), remember=True)
        return "in"

    @app.get("/private")
    @flask_login.login_required
    def private() -> str:
        return "private"

    @app.get("/fresh")
    @flask_login.fresh_login_required
    def fresh() -> str:
        return "fresh"

    @app.post("/confirm")
    def confirm() -> str:
        flask_login.confirm_login()
        return "confirmed"

    return app


@pytest.fixture
def client(host: Flask) -> FlaskClient:
    return host.test_client()


def the(app: Flask, kind: str) -> Event:
    """Return the one event of this type."""
    (event,) = (event for event in events(app) if event.type == f"access.{kind}")
    return event


def test_a_session_by_a_cookie_is_resumed_once(host: Flask, client: FlaskClient) -> None:
    client.get("/remember")
    client.delete_cookie("session")
    for _ in range(3):
        client.get("/private")
    assert types(host) == ["access.LOGIN", "access.RESUME_SESSION"]
    event = last(host)
    assert event.details == {"auth_method": "remember-me"}
    assert event.auth_details is not None
    assert event.auth_details.username == "alice@acme.test"


def test_who_must_log_in_is_refused(host: Flask, client: FlaskClient) -> None:
    assert client.get("/private").status_code == 401
    assert types(host) == ["access.PERMISSION_DENIED"]
    assert last(host).error == "not_logged_in"
    assert (last(host).details or {})["endpoint"] == "private"


def test_who_is_sent_to_the_login_page_is_refused(host: Flask, client: FlaskClient) -> None:
    host.login_manager.login_view = "login"  # type: ignore[attr-defined]
    assert client.get("/private").status_code == 302
    assert types(host) == ["access.PERMISSION_DENIED"]


def test_the_same_refusal_is_counted(host: Flask, client: FlaskClient) -> None:
    for _ in range(50):
        client.get("/private")
    assert 1 <= len(types(host)) <= 10


def test_an_old_login_is_refused_and_confirmed(host: Flask, client: FlaskClient) -> None:
    client.get("/remember")
    client.delete_cookie("session")
    assert client.get("/fresh").status_code == 401
    denied = the(host, "PERMISSION_DENIED")
    assert denied.error == "login_not_fresh"
    assert denied.auth_details is not None
    assert denied.auth_details.user_id == "1"
    client.post("/confirm")
    assert last(host).type == "access.REAUTHENTICATE"
    assert client.get("/fresh").text == "fresh"


@pytest.mark.parametrize(
    ("protection", "error", "status"),
    [("basic", "session_not_fresh", 200), ("strong", "session_ended", 401)],
)
def test_a_session_from_another_browser_is_told(
    host: Flask, client: FlaskClient, protection: str, error: str, status: int
) -> None:
    host.config["SESSION_PROTECTION"] = protection
    client.get("/login")
    login = last(host)
    answer = client.get("/private", headers={"User-Agent": "another browser"})
    assert answer.status_code == status
    event = the(host, "RESUME_SESSION_ERROR")
    assert event.error == error
    assert event.auth_details is not None
    assert login.auth_details is not None
    assert event.auth_details.session_id == login.auth_details.session_id


@pytest.mark.parametrize("protection", ["basic", "strong"])
def test_a_visitor_who_never_logged_in_is_not_told_of(
    host: Flask, client: FlaskClient, protection: str
) -> None:
    host.config["SESSION_PROTECTION"] = protection
    with client.session_transaction() as kept:
        kept["basket"] = 1
    client.get("/private")
    assert types(host) == ["access.PERMISSION_DENIED"]


def loading(app: Flask, audit: AuditLog) -> Flask:
    """Give *app* users that come with a header."""

    def load(request: Request) -> User | None:
        known = request.headers.get("X-Key") == "opens-Nothing-9"
        return User("9", email="key@acme.test") if known else None

    flask_login.LoginManager(app).request_loader(load)

    @app.post("/act")
    def act() -> str:
        return str(flask_login.current_user.is_authenticated)

    @app.post("/record")
    def record() -> str:
        audit.record("a")
        return "ok"

    return app


@pytest.mark.parametrize("path", ["/act", "/record"])
def test_the_user_of_a_request_is_who_acts(make_app: MakeApp, path: str) -> None:
    audit = AuditLog()
    app = loading(make_app(audit), audit)
    app.test_client().post(path, headers={"X-Key": "opens-Nothing-9"})
    event = last(app)
    assert event.auth_details is not None
    assert (event.auth_details.user_id, event.auth_details.username) == ("9", "key@acme.test")
    assert event.auth_details.session_id is None
    if path == "/act":
        assert (event.details or {})["auth_method"] == "token"


class Alternative(User):
    """A user who keeps another id in the session: flask-login's alternative tokens."""

    def get_id(self) -> str:
        return "changes-With-the-password-3"


def test_a_user_keeps_the_id_that_stays(make_app: MakeApp) -> None:
    user = Alternative("5", email="alice@acme.test")
    app = with_logins(make_app(), user)

    @app.post("/act")
    def act() -> str:
        return "ok"

    client: Any = app.test_client()
    client.get("/login")
    client.post("/act")
    client.get("/logout")
    client.post("/act")
    who = [event.auth_details and event.auth_details.user_id for event in events(app)]
    assert who == ["5", "5", "5", None]
