"""Who and where: from the request by itself, or from whoever says so."""

from __future__ import annotations

import re
import uuid
from typing import Any

import flask_login
import pytest
from flask import Flask
from flask import request
from flask import session

from flask_auditlog import Actor
from flask_auditlog import AuditLog
from flask_auditlog import Event
from flask_auditlog import state
from flask_auditlog import Token
from flask_auditlog import Veto
from flask_auditlog.errors import ConfigError
from flask_auditlog.errors import InvalidEvent
from flask_auditlog.errors import NotFound
from flask_auditlog.errors import NotInitialized
from tests.apps import counted
from tests.apps import events
from tests.apps import last
from tests.apps import MakeApp
from tests.apps import records
from tests.apps import User
from tests.apps import with_logins

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def recording(app: Flask, audit: AuditLog) -> Flask:
    """Give *app* a view that records something."""

    @app.get("/act")
    def act() -> str:
        audit.record("acted")
        return "ok"

    return app


def acted(app: Flask, **request: Any) -> Event:
    """Return the event of a request to that view."""
    assert app.test_client().get("/act", **request).status_code == 200
    return last(app)


@pytest.fixture
def audit() -> AuditLog:
    return AuditLog()


@pytest.fixture
def host(make_app: MakeApp, audit: AuditLog) -> Flask:
    return recording(make_app(audit), audit)


def test_without_an_audit_log_the_error_says_what_to_do() -> None:
    with Flask("bare").app_context(), pytest.raises(NotInitialized, match=r"init_app"):
        AuditLog().record("a")


def test_outside_of_a_request_nobody_did_it_from_nowhere(host: Flask, audit: AuditLog) -> None:
    with host.app_context():
        audit.record("a")
    event = last(host)
    assert (event.auth_details, event.request_id, event.user_agent) == (None, None, None)
    assert (event.realm_id, event.source) == ("default", "capture")


def test_a_request_says_where_from_and_with_what(host: Flask) -> None:
    headers = {"User-Agent": "Firefox", "traceparent": TRACE}
    event = acted(host, headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert event.auth_details == Actor(realm_id="default", ip_address="192.0.2.7")
    assert (event.user_agent, event.traceparent) == ("Firefox", TRACE)


def test_a_proxy_is_not_believed_by_itself(host: Flask) -> None:
    event = acted(host, headers={"X-Forwarded-For": "6.6.6.6", "X-Request-Id": "theirs"})
    assert event.auth_details is not None
    assert event.auth_details.ip_address == "127.0.0.1"
    assert event.request_id != "theirs"


def test_a_long_user_agent_is_cut(host: Flask) -> None:
    event = acted(host, headers={"User-Agent": "x" * 5000})
    assert event.user_agent == "x" * 500


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        TRACE.upper(),
        f"{TRACE}-more",
        f" {TRACE} x",
        TRACE.replace("00-", "ff-", 1),
        re.sub("4bf9.*-0", f"{'0' * 32}-0", TRACE),
        re.sub("-00f0.*-", f"-{'0' * 16}-", TRACE),
        f"{TRACE}\u0661",
    ],
)
def test_a_traceparent_that_is_none_is_left_out(host: Flask, header: str) -> None:
    with host.test_request_context(headers={"traceparent": header.encode().decode("latin-1")}):
        AuditLog().record("a")
    assert last(host).traceparent is None


def test_all_events_of_a_request_have_its_id(host: Flask, audit: AuditLog) -> None:
    @host.get("/twice")
    def twice() -> str:
        audit.record("a")
        with host.app_context():
            audit.record("b")
        return "ok"

    host.test_client().get("/twice")
    acted(host)
    a, b, c = [event.request_id for event in events(host)]
    assert a == b != c
    assert uuid.UUID(a).version == 7


def test_the_logged_in_user_is_the_actor(host: Flask) -> None:
    client = with_logins(host).test_client()
    client.get("/login")
    client.get("/act")
    who = last(host).auth_details
    assert who is not None
    assert (who.user_id, who.username) == ("1", "alice@acme.test")


@pytest.mark.parametrize(
    ("attributes", "username"),
    [
        ({"username": "u", "email": "e", "name": "n"}, "u"),
        ({"email": "e", "name": "n"}, "e"),
        ({"name": "n"}, "n"),
        ({"username": "", "email": None, "name": "n"}, "n"),
        ({"nickname": "x"}, None),
        ({"username": 7}, "7"),
    ],
)
def test_the_username_is_guessed(
    make_app: MakeApp, audit: AuditLog, attributes: dict[str, Any], username: str | None
) -> None:
    app = with_logins(make_app(audit), User("1", **attributes))
    app.test_client().get("/login")
    who = last(app).auth_details
    assert who is not None
    assert who.username == username


def test_the_username_may_be_named(make_app: MakeApp, audit: AuditLog) -> None:
    app = make_app(audit, AUDITLOG_CAPTURE={"username": "nickname"})
    with_logins(app, User("1", nickname="ali", email="e")).test_client().get("/login")
    who = last(app).auth_details
    assert who is not None
    assert who.username == "ali"


def test_the_host_may_say_who_it_is(host: Flask, audit: AuditLog) -> None:
    @audit.actor_loader
    def who() -> Actor:
        return Actor(user_id=request.headers["X-User"], client_id="mobile")

    client = with_logins(host).test_client()
    client.get("/login", headers={"X-User": "7"})
    client.get("/act", headers={"X-User": "7"})
    actor = last(host).auth_details
    assert actor is not None
    assert (actor.user_id, actor.client_id, actor.username) == ("7", "mobile", None)
    assert actor.ip_address == "127.0.0.1"


def test_a_host_that_knows_nobody_leaves_the_address(host: Flask, audit: AuditLog) -> None:
    audit.actor_loader(lambda: None)
    assert acted(host).auth_details == Actor(realm_id="default", ip_address="127.0.0.1")


def test_an_actor_loader_that_gives_something_else_is_told_so(host: Flask, audit: AuditLog) -> None:
    audit.actor_loader(User)
    with host.test_request_context(), pytest.raises(ConfigError, match="Actor or None, not User"):
        audit.record("a")


@pytest.mark.parametrize("loader", ["actor_loader", "realm_loader", "organization_loader"])
def test_a_loader_that_fails_says_nothing_and_loses_nothing(
    host: Flask, audit: AuditLog, loader: str, caplog: pytest.LogCaptureFixture
) -> None:
    @getattr(audit, loader)
    def broken() -> str:
        return str(flask_login.current_user.organization_id)

    event = acted(with_logins(host))
    assert (event.realm_id, event.organization_id) == ("default", None)
    assert event.auth_details == Actor(realm_id="default", ip_address="127.0.0.1")
    assert counted(host, "loader_failed") == 1
    assert f"{loader} failed" in caplog.text


def test_a_user_that_cannot_be_loaded_loses_nothing(host: Flask) -> None:
    client = with_logins(host).test_client()
    client.get("/login")

    @host.login_manager.user_loader  # type: ignore[attr-defined]  # flask-login's
    def broken(user_id: str) -> None:
        raise RuntimeError("the database is away")

    assert client.get("/act").status_code == 200
    assert getattr(last(host).auth_details, "ip_address", None) == "127.0.0.1"
    assert counted(host, "loader_failed") == 1


def test_before_record_may_be_async(host: Flask, audit: AuditLog) -> None:
    @audit.before_record
    async def veto(event: Event) -> None:
        if event.type == "noise":
            raise Veto

    with host.app_context():
        assert audit.record("noise").state == "vetoed"
        assert audit.record("a").state == "committed"


def test_a_token_loader_may_be_async(host: Flask, audit: AuditLog) -> None:
    token = Token(id="t", name="theirs", realm="default", permissions=frozenset(), created_time=0)

    @audit.token_loader
    async def find(secret: str) -> Token | None:
        return token if secret == "right" else None

    with host.app_context():
        assert state.current().token_of("right") is token
        assert state.current().token_of("wrong") is None


def test_a_loader_may_be_async(host: Flask, audit: AuditLog) -> None:
    @audit.actor_loader
    async def who() -> Actor:
        return Actor(user_id="7")

    actor = acted(host).auth_details
    assert actor is not None
    assert actor.user_id == "7"


def test_ids_may_be_numbers(host: Flask, audit: AuditLog) -> None:
    audit.actor_loader(lambda: Actor(user_id=7, client_id=uuid.UUID(int=1)))  # type: ignore[arg-type]  # what hosts do
    audit.organization_loader(lambda: 42)
    event = acted(host)
    assert event.auth_details is not None
    assert event.auth_details.user_id == "7"
    assert event.organization_id == "42"


@pytest.mark.parametrize("nobody", [None, ""])
def test_an_empty_organization_is_none(host: Flask, audit: AuditLog, nobody: Any) -> None:
    audit.organization_loader(lambda: nobody)
    assert acted(host).organization_id is None


def test_a_name_that_is_too_long_is_cut_and_not_lost(host: Flask, audit: AuditLog) -> None:
    audit.actor_loader(lambda: Actor(username="ü" * 1000, user_id="a\0\ud800"))
    who = acted(host).auth_details
    assert who is not None
    assert (who.username, who.user_id) == ("ü" * 127, "a\ufffd\ufffd")


def test_an_organization_that_is_too_long_is_refused(host: Flask, audit: AuditLog) -> None:
    audit.organization_loader(lambda: "x" * 256)
    with host.test_request_context(), pytest.raises(InvalidEvent, match="organizationId"):
        audit.record("a")


def test_the_realm_may_depend_on_the_request(make_app: MakeApp, audit: AuditLog) -> None:
    app = recording(make_app(audit, AUDITLOG_REALMS=["live", "test"]), audit)
    audit.realm_loader(lambda: request.args.get("realm"))
    assert app.test_client().get("/act").status_code == 200
    assert app.test_client().get("/act?realm=test").status_code == 200
    live, test = (record.event for realm in ("live", "test") for record in records(app, realm))
    assert (live.realm_id, test.realm_id) == ("live", "test")
    assert test.auth_details is not None
    assert test.auth_details.realm_id == "test"


def test_a_realm_that_nobody_registered_is_an_error(host: Flask, audit: AuditLog) -> None:
    audit.realm_loader(lambda: "tpyo")
    with host.test_request_context(), pytest.raises(NotFound, match="realm add"):
        audit.record("a")
    assert events(host) == []


def test_an_actor_may_be_named_in_a_job(host: Flask, audit: AuditLog) -> None:
    with host.app_context(), audit.actor(user_id="7", client_id="cron", organization_id="acme"):
        audit.record("a")
    event = last(host)
    assert event.auth_details == Actor(realm_id="default", user_id="7", client_id="cron")
    assert event.organization_id == "acme"


def test_a_named_actor_wins_over_the_request(host: Flask, audit: AuditLog) -> None:
    @host.get("/as-bob")
    def as_bob() -> str:
        with audit.actor(username="bob"):
            audit.record("a")
        return "ok"

    client = with_logins(host).test_client()
    client.get("/login")
    client.get("/as-bob")
    assert last(host).auth_details == Actor(realm_id="default", username="bob")


@pytest.mark.parametrize(("named", "kept"), [(None, "theirs"), ("mine", "mine"), ("", None)])
def test_a_named_actor_is_in_the_requests_organization_or_a_named_one(
    host: Flask, audit: AuditLog, named: str | None, kept: str | None
) -> None:
    audit.organization_loader(lambda: "theirs")
    with host.test_request_context(), audit.actor(user_id="9", organization_id=named):
        audit.record("a")
    assert last(host).organization_id == kept


def test_outside_of_a_request_a_named_actor_is_in_no_other_organization(
    host: Flask, audit: AuditLog
) -> None:
    audit.organization_loader(lambda: "theirs")
    with host.app_context(), audit.actor(user_id="9"):
        audit.record("a")
    assert last(host).organization_id is None


def test_the_innermost_actor_wins_and_the_outer_one_returns(host: Flask, audit: AuditLog) -> None:
    with host.app_context(), audit.actor(username="outer"):
        with audit.actor(username="inner"):
            audit.record("a")
        with pytest.raises(ZeroDivisionError), audit.actor(username="broken"):
            1 / 0  # noqa: B018 (raises)
        audit.record("b")
    who = [event.auth_details and event.auth_details.username for event in events(host)]
    assert who == ["inner", "outer"]


def test_nothing_leaks_into_the_next_request(host: Flask, audit: AuditLog) -> None:
    @host.get("/left-open")
    def left_open() -> str:
        with audit.actor(username="bob"):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        host.test_client().get("/left-open")
    assert acted(host).auth_details == Actor(realm_id="default", ip_address="127.0.0.1")


def sessions(app: Flask) -> list[str | None]:
    return [getattr(event.auth_details, "session_id", None) for event in events(app)]


def test_a_session_has_an_id_from_login_to_logout(host: Flask) -> None:
    client = with_logins(host).test_client()
    client.get("/act")
    client.get("/login")
    client.get("/act")
    client.get("/logout")
    client.get("/act")
    before, login, during, logout, after = sessions(host)
    assert (before, after) == (None, None)
    assert login == during == logout
    assert re.fullmatch("[0-9a-f]{32}", login or "")


def test_every_login_is_another_session(host: Flask) -> None:
    client = with_logins(host).test_client()
    client.get("/login")
    client.get("/login")
    first, second = sessions(host)
    assert first != second


def test_the_session_id_is_neither_the_cookie_nor_what_is_in_it(host: Flask) -> None:
    @host.get("/inside")
    def inside() -> dict[str, Any]:
        return dict(session)

    client = with_logins(host).test_client()
    client.get("/login")
    cookie = client.get_cookie("session")
    kept = (client.get("/inside").json or {})["_auditlog"]
    (said,) = sessions(host)
    assert cookie is not None
    assert said
    assert said not in cookie.value
    assert said != kept
    assert kept not in str(events(host))


def test_the_session_id_is_keyed(make_app: MakeApp) -> None:
    said = set()
    for keys in ([], ["one"], ["two", "one"]):
        app = with_logins(make_app(AUDITLOG_KEYS=keys))

        @app.before_request
        def fixed() -> None:
            session["_auditlog"] = "same"

        recording(app, AuditLog())
        said.add(getattr(acted(app).auth_details, "session_id", None))
    assert len(said) == 3
    assert None not in said


def test_without_a_secret_key_there_is_no_session_and_no_error(
    make_app: MakeApp, audit: AuditLog
) -> None:
    app = recording(make_app(audit, SECRET_KEY=None), audit)
    who = acted(app).auth_details
    assert who is not None
    assert who.session_id is None


def test_an_empty_secret_key_is_none(make_app: MakeApp) -> None:
    first, second = make_app(SECRET_KEY=""), make_app(SECRET_KEY="")
    keys = [app.extensions["auditlog"].keys("session") for app in (first, second)]
    assert keys[0] != keys[1]


def test_a_user_who_is_remembered_is_known_again(host: Flask) -> None:
    @host.get("/remember")
    def remember() -> str:
        flask_login.login_user(User(), remember=True)
        return "in"

    client = with_logins(host).test_client()
    client.get("/remember")
    client.delete_cookie("session")
    client.get("/act")
    login, resumed, act = (event.auth_details for event in events(host))
    assert login is not None
    assert act is not None
    assert act == resumed
    assert (act.user_id, act.session_id is None) == ("1", False)
    assert act.session_id != login.session_id
