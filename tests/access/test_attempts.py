"""Logins that fail in views of the host's own: no signal tells of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask_login
import pytest
from flask import flash
from flask import Flask
from flask import redirect
from flask import request
from flask import session
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from flask_auditlog import AuditLog
from flask_auditlog import Event
from flask_auditlog import Veto
from tests.apps import counted
from tests.apps import events
from tests.apps import last
from tests.apps import MakeApp
from tests.apps import types
from tests.apps import User

PASSWORD = "correct-Horse7-battery"
AT: dict[str, Any] = {"AUDITLOG_CAPTURE": {"logins_at": ["sign_in"]}}

Answer = Callable[[], Any]


def serving(app: Flask, answer: Answer, *, logins: bool = True) -> Flask:
    """Give *app* a login view that lets in whom the password says, and answers others so."""
    if logins:
        flask_login.LoginManager(app).user_loader(lambda user_id: User())

    @app.route("/sign-in", methods=["GET", "POST"])
    def sign_in() -> Any:
        request.get_data()
        if request.form.get("password") == PASSWORD:
            flask_login.login_user(User())
            return redirect("/")
        return answer()

    app.add_url_rule("/second", "second", lambda: "code?")
    app.add_url_rule("/", "home", lambda: "home")
    return app


def refuse() -> Any:
    raise Unauthorized


def ask_in_page() -> str:
    session["mfa_user"] = "1"
    return "code?"


def flash_and_ask_again() -> Response:
    flash("No such user, or not that password.")
    return redirect("/sign-in")


def forget() -> str:
    session.clear()
    return "form"


def failed(app: Flask) -> Event:
    """Return the one event there is, which is a login that failed."""
    (event,) = events(app)
    assert event.type == "access.LOGIN_ERROR"
    return event


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda: "the form again", "refused"),
        (lambda: ("the form again", 422), "http_422"),
        (refuse, "http_401"),
        (lambda: redirect("/sign-in"), "refused"),
        (lambda: redirect("http://localhost/sign-in?next=/"), "refused"),
        (lambda: redirect("/page"), "refused"),
        (lambda: {"error": "invalid"}, "refused"),
        (lambda: ({"error": "slow down"}, 429), "http_429"),
        (flash_and_ask_again, "refused"),
        (forget, "refused"),
    ],
)
def test_a_post_that_logs_nobody_in_is_an_error(
    make_app: MakeApp, answer: Answer, error: str
) -> None:
    app = serving(make_app(**AT), answer)
    app.test_client().post(
        "/sign-in",
        data={"username": "alice", "password": "wrong"},
        headers={"Referer": "http://localhost/page"},
    )
    event = failed(app)
    assert event.error == error
    assert event.details is not None
    assert event.details["username"] == "alice"
    assert event.details["endpoint"] == "sign_in"
    assert event.auth_details is not None
    assert event.auth_details.user_id is None


@pytest.mark.parametrize(
    "answer",
    [
        lambda: redirect("/second"),
        lambda: {"mfa_required": True},
        ask_in_page,
        lambda: redirect("http://elsewhere.test/sign-on"),
    ],
)
def test_one_that_asks_for_a_second_factor_is_none(make_app: MakeApp, answer: Answer) -> None:
    app = serving(make_app(**AT), answer)
    app.test_client().post("/sign-in", data={"username": "alice", "password": "wrong"})
    assert types(app) == ["access.REQUEST"]


def test_a_second_factor_of_before_hides_no_failure(make_app: MakeApp) -> None:
    app = serving(make_app(**AT), lambda: "the form again")
    client = app.test_client()
    with client.session_transaction() as kept:
        kept["mfa_user"] = "1"
    client.post("/sign-in", data={"username": "bob", "password": "wrong"})
    assert failed(app).error == "refused"


def test_one_that_logs_in_is_a_login(make_app: MakeApp) -> None:
    app = serving(make_app(**AT), refuse)
    app.test_client().post("/sign-in", data={"username": "alice", "password": PASSWORD})
    (event,) = events(app)
    assert event.type == "access.LOGIN"
    assert event.details == {"auth_method": "password"}


def test_the_page_itself_is_no_login(make_app: MakeApp) -> None:
    app = serving(make_app(**AT), lambda: "form")
    app.test_client().get("/sign-in")
    app.test_client().options("/sign-in")
    assert types(app) == []


def test_the_login_view_of_flask_login_need_not_be_named(make_app: MakeApp) -> None:
    app = serving(make_app(), refuse)
    app.login_manager.login_view = "sign_in"  # type: ignore[attr-defined]
    app.test_client().post("/sign-in", data={"email": "alice@acme.test"})
    assert (failed(app).details or {})["username"] == "alice@acme.test"


def test_the_login_view_may_be_an_address(make_app: MakeApp) -> None:
    app = serving(make_app(), refuse)
    app.login_manager.login_view = "https://sso.acme.test/login"  # type: ignore[attr-defined]
    app.test_client().post("/sign-in", data={"email": "alice@acme.test"})
    assert "access.LOGIN_ERROR" not in types(app)


def test_what_the_view_recorded_itself_is_enough(make_app: MakeApp) -> None:
    audit = AuditLog()

    def answer() -> str:
        audit.access_event("LOGIN_ERROR", error="locked", details={"username": "alice"})
        return "form"

    app = serving(make_app(audit, **AT), answer)
    app.test_client().post("/sign-in", data={"username": "alice"})
    assert failed(app).error == "locked"


def test_what_the_host_vetoed_is_not_recorded_by_another_door(make_app: MakeApp) -> None:
    audit = AuditLog()

    @audit.before_record
    def veto(event: Event) -> None:
        if event.type == "access.LOGIN_ERROR":
            raise Veto

    app = serving(make_app(audit, **AT), refuse)
    app.test_client().post("/sign-in", data={"username": "alice"})
    assert "access.LOGIN_ERROR" not in types(app)
    assert counted(app, "capture_failed") == 0


def test_an_event_of_the_hosts_own_does_not_hide_it(make_app: MakeApp) -> None:
    audit = AuditLog()

    def answer() -> str:
        audit.record("login.form.shown")
        return "form"

    app = serving(make_app(audit, **AT), answer)
    app.test_client().post("/sign-in", data={"username": "alice"})
    assert types(app) == ["login.form.shown", "access.LOGIN_ERROR"]


@pytest.mark.parametrize("propagate", [True, False])
def test_a_view_that_fails_logs_nobody_in(make_app: MakeApp, propagate: bool) -> None:
    def answer() -> Any:
        raise LookupError(PASSWORD)

    app = serving(make_app(PROPAGATE_EXCEPTIONS=propagate, **AT), answer)
    if propagate:
        with pytest.raises(LookupError):
            app.test_client().post("/sign-in", data={"username": "alice"})
    else:
        app.test_client().post("/sign-in", data={"username": "alice"})
    assert failed(app).error in {"LookupError", "http_500"}
    assert PASSWORD not in str(events(app))


def test_a_token_lets_in_without_flask_login(make_app: MakeApp) -> None:
    app = serving(make_app(**AT), lambda: {"access_token": "not kept"}, logins=False)
    app.test_client().post("/sign-in", json={"username": "alice", "password": "right"})
    (event,) = events(app)
    assert (event.type, event.error) == ("access.LOGIN", None)
    assert (event.details or {})["username"] == "alice"


@pytest.mark.parametrize(
    "sent",
    [
        {"json": {"username": "alice"}},
        {"json": {"email": "alice"}},
        {"data": {"login": "alice"}},
        {"data": {"username": ["alice", "bob"]}},
    ],
)
def test_the_name_is_in_a_field_of_the_form_or_of_json(
    make_app: MakeApp, sent: dict[str, Any]
) -> None:
    app = serving(make_app(**AT), refuse)
    app.test_client().post("/sign-in", **sent)
    assert (failed(app).details or {})["username"] == "alice"


def test_the_fields_can_be_named(make_app: MakeApp) -> None:
    capture = {"logins_at": ["sign_in"], "login_fields": ["benutzer"]}
    app = serving(make_app(AUDITLOG_CAPTURE=capture), refuse)
    app.test_client().post("/sign-in", data={"username": "bob", "benutzer": "alice"})
    assert (failed(app).details or {})["username"] == "alice"


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"data": b"\xff\xfe", "content_type": "application/json"},
        {"data": "[" * 200_000, "content_type": "application/json"},
        {"json": ["alice"]},
        {"json": {"username": {"$ne": None}}},
        {"json": None},
        {"data": {"username": ""}},
        {"data": {"user\0name": "a\0b"}},
        {"data": b"--x\r\nbroken", "content_type": "multipart/form-data; boundary=x"},
        {"query_string": {"username": "alice"}},
    ],
)
def test_whatever_is_sent_the_failure_is_recorded(make_app: MakeApp, sent: dict[str, Any]) -> None:
    app = serving(make_app(**AT), refuse)
    assert app.test_client().post("/sign-in", **sent).status_code == 401
    assert "username" not in (failed(app).details or {})
    assert counted(app, "capture_failed") == 0


@pytest.mark.parametrize("name", ["a\0b", "\ud800".encode("utf-8", "surrogatepass"), "x" * 100_000])
def test_a_name_that_no_log_can_hold_is_masked(make_app: MakeApp, name: Any) -> None:
    app = serving(make_app(**AT), refuse)
    app.test_client().post("/sign-in", data={"username": name})
    assert (failed(app).details or {})["username"] == "[masked]"


def test_what_the_view_did_not_read_is_not_read(make_app: MakeApp) -> None:
    app = make_app(**AT)
    app.add_url_rule("/sign-in", "sign_in", refuse, methods=["POST"])
    sent = "username=alice&password=secret"
    app.test_client().post("/sign-in", data=sent, content_type="application/x-www-form-urlencoded")
    assert "username" not in (failed(app).details or {})


def test_the_session_is_left_as_it_was(make_app: MakeApp) -> None:
    app = serving(make_app(**AT), lambda: "form", logins=False)
    answer = app.test_client().post("/sign-in", data={"username": "alice"})
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers


def test_logins_need_not_be_recorded(make_app: MakeApp) -> None:
    app = serving(
        make_app(AUDITLOG_CAPTURE={"logins": False, "logins_at": ["sign_in"]}), lambda: "form"
    )
    app.test_client().post("/sign-in", data={"username": "alice"})
    assert last(app).type == "access.REQUEST"
