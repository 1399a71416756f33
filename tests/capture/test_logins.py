from __future__ import annotations

import subprocess
import sys

import flask_login
import pytest
from flask import Flask

from flask_auditlog import AuditLog
from tests.apps import close
from tests.apps import events
from tests.apps import last
from tests.apps import MakeApp
from tests.apps import types
from tests.apps import User
from tests.apps import with_logins


@pytest.fixture
def host(make_app: MakeApp) -> Flask:
    return with_logins(make_app())


def test_a_login_is_an_event_of_who_logged_in(host: Flask) -> None:
    host.test_client().get("/login")
    (event,) = events(host)
    assert (event.type, event.source) == ("access.LOGIN", "capture")
    assert event.auth_details is not None
    assert event.auth_details.username == "alice@acme.test"


def test_a_logout_is_an_event_of_who_was_logged_in(host: Flask) -> None:
    client = host.test_client()
    client.get("/login")
    client.get("/logout")
    assert types(host) == ["access.LOGIN", "access.LOGOUT"]
    who = last(host).auth_details
    assert who is not None
    assert who.username == "alice@acme.test"


def test_the_logout_of_nobody_is_no_event(host: Flask) -> None:
    assert host.test_client().get("/logout").status_code == 200
    assert types(host) == []


def test_a_login_that_was_not_let_in_is_no_event(host: Flask) -> None:
    class Inactive(User):
        is_active = False

    @host.get("/inactive")
    def inactive() -> str:
        return str(flask_login.login_user(Inactive()))

    assert host.test_client().get("/inactive").text == "False"
    assert types(host) == []


def test_a_login_by_a_form_is_one_event(host: Flask) -> None:
    @host.post("/login")
    def by_form() -> str:
        flask_login.login_user(User())
        return "in"

    host.test_client().post("/login", data={"password": "hunter2"})
    assert types(host) == ["access.LOGIN"]


def test_being_remembered_is_no_second_login(host: Flask) -> None:
    @host.get("/remember")
    def remember() -> str:
        flask_login.login_user(User(), remember=True)
        return "in"

    client = host.test_client()
    client.get("/remember")
    client.delete_cookie("session")
    client.get("/logout")
    assert types(host) == ["access.LOGIN", "access.RESUME_SESSION", "access.LOGOUT"]


def test_logins_need_not_be_recorded(make_app: MakeApp) -> None:
    app = with_logins(make_app(AUDITLOG_CAPTURE={"logins": False}))
    client = app.test_client()
    client.get("/login")
    client.post("/nowhere")
    who = last(app).auth_details
    assert types(app) == ["access.REQUEST"]
    assert who is not None
    assert who.user_id == "1"


def test_logins_that_are_not_recorded_are_not_heard_through_another_app(make_app: MakeApp) -> None:
    app = with_logins(make_app(AUDITLOG_CAPTURE={"logins": False}))
    other = with_logins(make_app())
    app.test_client().get("/login")
    assert types(app) == types(other) == []


@pytest.mark.parametrize("first", ["login", "audit"])
def test_either_extension_may_come_first(first: str) -> None:
    app = Flask("host")
    app.config.update(TESTING=True, SECRET_KEY="s")
    if first == "login":
        AuditLog(with_logins(app))
    else:
        AuditLog(app)
        with_logins(app)
    app.test_client().get("/login")
    assert types(app) == ["access.LOGIN"]
    close(app)


def test_two_apps_in_one_process_do_not_hear_each_other(make_app: MakeApp) -> None:
    one, two = with_logins(make_app()), with_logins(make_app())
    one.test_client().get("/login")
    assert (types(one), types(two)) == (["access.LOGIN"], [])


def test_one_audit_log_serves_several_apps(make_app: MakeApp) -> None:
    audit = AuditLog()
    one, two = with_logins(make_app(audit)), with_logins(make_app(audit))
    one.test_client().get("/login")
    two.test_client().get("/login")
    assert (types(one), types(two)) == (["access.LOGIN"], ["access.LOGIN"])


WITHOUT = """
import sys
sys.modules["flask_login"] = None
from flask import Flask
from flask_auditlog import AuditLog, Query, Scope
app = Flask("host")
app.config.update(TESTING=True, SECRET_KEY="s")
audit = AuditLog(app)
app.post("/act")(lambda: "ok")
assert app.test_client().post("/act").text == "ok"
assert app.test_client().get("/audit/").status_code == 403
with app.app_context():
    scope = Scope(realm="default", organization_id=None)
    print(*[r.event.type for r in audit.events.after(0, Query(), scope, limit=9)])
"""


def test_an_app_may_be_without_flask_login() -> None:
    command = [sys.executable, "-W", "error", "-c", WITHOUT]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "access.REQUEST"


def test_an_app_may_have_flask_login_installed_and_not_use_it(make_app: MakeApp) -> None:
    app = make_app()
    app.test_client().post("/nowhere")
    assert types(app) == ["access.REQUEST"]
