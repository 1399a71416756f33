from __future__ import annotations

from pathlib import Path
from typing import Any

import flask_login
import pytest
from flask import abort
from flask import Blueprint
from flask import Flask
from flask import redirect
from flask import request as flask_request
from flask import session
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from flask_auditlog import AuditLog
from flask_auditlog import Event
from flask_auditlog import Veto
from flask_auditlog.errors import InvalidEvent
from tests.apps import close
from tests.apps import counted
from tests.apps import events
from tests.apps import last
from tests.apps import MakeApp
from tests.apps import types
from tests.apps import User
from tests.apps import with_logins

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]


def with_views(app: Flask) -> Flask:
    """Give *app* a view that answers with the status it is asked for."""

    @app.route("/answer/<int:status>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def answer(status: int) -> tuple[str, int]:
        return "answer", status

    part = Blueprint("part", __name__)
    part.add_url_rule("/part", "post", lambda: "part", methods=["POST"])
    app.register_blueprint(part)
    return app


@pytest.fixture
def host(make_app: MakeApp) -> Flask:
    return with_views(make_app())


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 500])
@pytest.mark.parametrize("method", METHODS)
def test_what_changes_something_or_is_refused_is_recorded(
    host: Flask, method: str, status: int
) -> None:
    host.test_client().open(f"/answer/{status}", method=method)
    changes = method in ("POST", "PUT", "PATCH", "DELETE")
    # Flask answers OPTIONS by itself.
    if status in (401, 403) and method != "OPTIONS":
        assert types(host) == ["access.PERMISSION_DENIED"]
    else:
        assert types(host) == (["access.REQUEST"] if changes else [])


def test_it_says_what_was_asked_and_answered(host: Flask) -> None:
    host.test_client().post("/answer/404?q=hunter2", data={"a": "hunter2"})
    event = last(host)
    details = dict(event.details or {})
    assert 0 <= details.pop("durationMs") < 10_000
    assert details == {
        "method": "POST",
        "path": "/answer/404",
        "endpoint": "answer",
        "status": 404,
        "arguments": {"status": 404},
    }
    assert (event.resource_path, event.error) == ("/answer/404", "http_404")
    assert (event.resource_type, event.operation_type) == ("ENDPOINT", "ACTION")


@pytest.mark.parametrize(("status", "error"), [(200, None), (399, None), (400, "http_400")])
def test_what_failed_has_an_error(host: Flask, status: int, error: str | None) -> None:
    host.test_client().post(f"/answer/{status}")
    assert last(host).error == error


def path_of(app: Flask, path: str) -> str | None:
    """Return which path is kept of a POST to *path*."""
    app.test_client().post(path)
    event = last(app)
    assert (event.details or {})["path"] == event.resource_path
    return event.resource_path


def test_where_there_is_nothing_is_recorded_too(host: Flask) -> None:
    assert path_of(host, "/wp-login.php") == "/wp-login.php"
    details = last(host).details or {}
    assert (details["endpoint"], details["status"]) == (None, 404)


EVERYTHING = ["GET /answer/200", "POST /answer/200", "GET /answer/403", "POST /part"]


def off(**fits: Any) -> dict[str, Any]:
    """A rule that leaves out what fits."""
    return {**fits, "record": False, "reason": "a test"}


CHOICES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["POST /answer/200", "GET /answer/403", "POST /part"]),
    ({"rules": [off(methods=["post"])]}, ["GET /answer/403"]),
    ({"rules": [{"methods": ["GET"]}]}, EVERYTHING),
    ({"rules": [off(statuses=[403])]}, ["POST /answer/200", "POST /part"]),
    ({"rules": [{"statuses": ["2xx"]}]}, EVERYTHING),
    ({"rules": [off(endpoint="answer")]}, ["POST /part"]),
    ({"rules": [off(blueprint="part")]}, ["POST /answer/200", "GET /answer/403"]),
    ({"rules": [off(endpoint="part.*")]}, ["POST /answer/200", "GET /answer/403"]),
    ({"rules": [off(path="/part")]}, ["POST /answer/200", "GET /answer/403"]),
    ({"rules": [{"path": "/part"}, off()]}, ["POST /part"]),
    ({"rules": [off(), {"path": "/part"}]}, []),
    ({"rules": [off(path="/answer/*", methods=["POST"])]}, ["GET /answer/403", "POST /part"]),
    ({"requests": False}, []),
]


@pytest.mark.parametrize(("capture", "recorded"), CHOICES, ids=str)
def test_which_requests_are_recorded_is_the_hosts_choice(
    make_app: MakeApp, capture: dict[str, Any], recorded: list[str]
) -> None:
    app = with_views(make_app(AUDITLOG_CAPTURE=capture))
    client = app.test_client()
    client.get("/answer/200")
    client.post("/answer/200")
    client.get("/answer/403")
    client.post("/part")
    said = [event.details or {} for event in events(app)]
    assert [f"{details['method']} {details['path']}" for details in said] == recorded


@pytest.mark.parametrize("where", ["view", "nested", "before", "after", "blueprint"])
def test_one_act_is_one_event(make_app: MakeApp, where: str) -> None:
    audit = AuditLog()
    app = make_app(audit)

    def record(response: Response | None = None) -> Any:
        audit.record("better")
        return response

    @app.post("/act")
    def act() -> str:
        if where == "nested":
            with app.app_context():
                record()
        if where == "view":
            record()
        return "ok"

    if where == "before":
        app.before_request(record)
    if where == "after":
        app.after_request(record)
    part = Blueprint("part", __name__)
    part.after_request(record)
    part.add_url_rule("/part", "post", lambda: "part", methods=["POST"])
    app.register_blueprint(part)
    app.test_client().post("/part" if where == "blueprint" else "/act")
    assert types(app) == ["better"]


def test_a_host_may_look_at_its_answers_before_it_has_a_log() -> None:
    audit, app = AuditLog(), Flask("host")
    app.testing = True

    @app.after_request
    def record(response: Response) -> Response:
        audit.record("better")
        return response

    audit.init_app(app)
    app.test_client().post("/nowhere")
    assert types(app) == ["better"]
    close(app)


def test_a_refused_record_does_not_hide_the_request(make_app: MakeApp) -> None:
    audit = AuditLog()
    app = make_app(audit)

    @app.post("/act")
    def act() -> str:
        with pytest.raises(InvalidEvent):
            audit.record("")
        return "ok"

    app.test_client().post("/act")
    assert types(app) == ["access.REQUEST"]


def test_a_request_without_anything_to_record_does_not_need_the_log(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    app = with_views(make_app(TESTING=False))
    app.test_client().get("/answer/200")
    assert caplog.records == []
    assert counted(app, "capture_failed") == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/audit/", 403),
        ("GET", "/audit/realms/default/events", 401),
        ("POST", "/audit/realms/default/events", 401),
    ],
)
def test_our_own_pages_are_not_the_hosts_requests(
    host: Flask, method: str, path: str, status: int
) -> None:
    assert host.test_client().open(path, method=method).status_code == status
    assert types(host) == []


def test_a_failed_view_is_recorded_and_answers_as_before(make_app: MakeApp) -> None:
    app = make_app(PROPAGATE_EXCEPTIONS=False)

    @app.post("/broken")
    def broken() -> str:
        raise RuntimeError("hunter2")

    response = app.test_client().post("/broken")
    assert response.status_code == 500
    assert "Internal Server Error" in response.text
    assert last(app).error == "RuntimeError"
    assert (last(app).details or {})["status"] == 500
    assert "hunter2" not in str(events(app))


def test_what_the_hosts_error_handler_answers_is_what_is_recorded(host: Flask) -> None:
    host.register_error_handler(404, lambda error: redirect("/elsewhere"))
    host.post("/gone")(lambda: abort(404))
    assert host.test_client().post("/gone").status_code == 302
    assert (last(host).details or {})["status"] == 302


def test_a_refusal_before_the_view_is_recorded(host: Flask) -> None:
    host.before_request(lambda: abort(403))
    host.test_client().get("/answer/200")
    assert last(host).error == "http_403"


@pytest.mark.parametrize("path", ["/a%00b", "/a%ff", "/ü", "/" + "x" * 60_000, "/a%0d%0ab"])
def test_a_hostile_path_is_recorded(host: Flask, path: str) -> None:
    assert host.test_client().post(path).status_code == 404
    assert last(host).type == "access.REQUEST"


PATHS = [
    ("/reset/<token>/<int:user>", "/reset/Zp3kq9/7", False),
    ("/verify/<code>", "/verify/Zp3kq9", False),
    ("/verify/<int:code>", "/verify/123456", False),
    ("/open/<signature>", "/open/Zp3kq9", False),
    ("/open/<nonce>", "/open/Zp3kq9", False),
    ("/inv/<uuid:id>", "/inv/0189f7a0-0000-7000-8000-000000000000", True),
    ("/inv/<int:id>", "/inv/7", True),
    ("/user/<username>", "/user/alice", True),
    ("/help/<int:ticket>", "/help/7", True),
    ("/files/<path:name>", "/files/a/b.txt", True),
]


@pytest.mark.parametrize("methods", [["POST"], ["GET"], ["GET", "PUT"]], ids=str)
@pytest.mark.parametrize(("rule", "path", "kept"), PATHS)
def test_what_the_rule_calls_a_secret_is_not_kept(
    host: Flask, rule: str, path: str, kept: bool, methods: list[str]
) -> None:
    host.add_url_rule(rule, "it", lambda **_: "done", methods=methods)
    assert path_of(host, path) == (path if kept else rule)
    assert kept or "Zp3kq9" not in str(last(host))


def test_a_secret_of_any_other_method_is_not_kept(host: Flask) -> None:
    host.add_url_rule("/magic/<id>", "one", lambda **_: "done", methods=["DELETE"])
    host.add_url_rule("/magic/<token>", "two", lambda **_: "done", methods=["GET"])
    assert path_of(host, "/magic/Zp3kq9") == "/magic/<token>"


def test_a_secret_that_the_host_takes_out_of_the_values_is_not_kept(host: Flask) -> None:
    host.url_value_preprocessor(lambda endpoint, values: (values or {}).pop("token", None))
    host.post("/magic/<token>")(lambda: "done")
    assert path_of(host, "/magic/Zp3kq9") == "/magic/<token>"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/reset/Zp3kq9", "/reset/..."),
        ("/magic/Zp3kq9", "/magic/..."),
        ("/a/", "/a/..."),
        ("/", "/"),
    ],
)
def test_of_an_unknown_path_only_the_beginning_is_kept(host: Flask, path: str, kept: str) -> None:
    host.get("/magic/<token>/")(lambda token: "done")
    assert path_of(host, path) == kept


def test_a_request_knows_the_user_who_sent_it(host: Flask) -> None:
    host.post("/mine")(lambda: flask_login.current_user.email)
    client = with_logins(host).test_client()
    client.get("/login")
    client.post("/mine")
    who = last(host).auth_details
    assert who is not None
    assert (who.user_id, who.username) == ("1", "alice@acme.test")


def test_a_user_whom_the_host_did_not_load_is_known_by_id_alone(host: Flask) -> None:
    client = with_logins(host).test_client()
    client.get("/login")
    host.login_manager.user_loader(boom)  # type: ignore[attr-defined]  # flask-login's
    assert client.post("/answer/200").status_code == 200
    who = last(host).auth_details
    assert who is not None
    assert (who.user_id, who.username) == ("1", None)
    assert who.session_id is not None
    assert counted(host, "loader_failed") == 0


def boom(*_: Any) -> Any:
    raise RuntimeError("boom")


def test_a_visitor_whom_the_host_found_to_be_nobody_is_nobody(host: Flask) -> None:
    host.post("/who")(lambda: str(flask_login.current_user.is_authenticated))
    client = with_logins(host).test_client()
    client.get("/login")
    host.login_manager.user_loader(lambda user_id: None)  # type: ignore[attr-defined]  # flask-login's
    assert client.post("/who").text == "False"
    assert getattr(last(host).auth_details, "user_id", None) is None


@pytest.fixture(params=[False, True], ids=["quiet", "asking"])
def pair(make_app: MakeApp, request: pytest.FixtureRequest) -> list[Flask]:
    """The same app, with us and without; the loaders of the former may ask flask-login."""
    audit, bare = AuditLog(), Flask("bare")
    bare.config.update(TESTING=True, SECRET_KEY="s3cr3t")
    if request.param:
        audit.organization_loader(lambda: flask_login.current_user.get_id())  # noqa: PLW0108 (nobody is there yet)
    return [with_acts(app) for app in (make_app(audit), bare)]


def with_acts(app: Flask) -> Flask:
    with_logins(app).config.update(SESSION_PROTECTION="strong")

    @app.get("/remember")
    def remember() -> str:
        flask_login.login_user(User(), remember=True)
        return "in"

    @app.get("/still-in")
    def still_in() -> str:
        return str("_user_id" in session)

    @app.post("/act")
    def act() -> tuple[Any, int, dict[str, str]]:
        return b"body", 201, {"X-Mine": "1"}

    return app


def answers(client: FlaskClient, agent: str = "one") -> list[Any]:
    """Return all of the answers to what we record, and to what comes after."""
    said = [
        client.open(path, method=method, headers={"User-Agent": agent})
        for method, path in [("POST", "/act"), ("POST", "/nowhere"), ("GET", "/still-in")]
    ]
    return [(each.data, each.status, list(each.headers)) for each in said]


def test_the_answer_is_the_same_as_without_us(pair: list[Flask]) -> None:
    recorded, bare = [answers(app.test_client()) for app in pair]
    assert recorded == bare
    assert types(pair[0]) == ["access.REQUEST", "access.REQUEST"]


@pytest.mark.parametrize("agent", ["one", "another"])
def test_a_session_lives_as_long_as_without_us(pair: list[Flask], agent: str) -> None:
    clients = [app.test_client() for app in pair]
    for client in clients:
        client.get("/login", headers={"User-Agent": "one"})
    recorded, bare = [answers(client, agent) for client in clients]
    assert recorded == bare
    assert recorded[-1][0] == b"True"


def test_a_remember_cookie_makes_no_session_by_itself(pair: list[Flask]) -> None:
    clients = [app.test_client() for app in pair]
    for client in clients:
        client.get("/remember")
        client.delete_cookie("session")
    recorded, bare = [answers(client) for client in clients]
    assert recorded == bare
    assert recorded[-1][0] == b"False"


def test_to_record_in_a_view_does_not_read_the_session_for_it(make_app: MakeApp) -> None:
    audit = AuditLog()
    app = make_app(audit)
    app.get("/act")(lambda: audit.record("acted").state)
    answer = app.test_client().get("/act")
    assert (answer.text, answer.headers.get("Vary")) == ("committed", None)


def test_without_a_secret_key_a_request_is_recorded(make_app: MakeApp) -> None:
    app = with_logins(make_app(SECRET_KEY=None))
    assert app.test_client().post("/nowhere").status_code == 404
    assert types(app) == ["access.REQUEST"]


def test_a_vetoed_event_does_not_hide_the_request(make_app: MakeApp) -> None:
    audit = AuditLog()
    app = make_app(audit)

    @audit.before_record
    def veto(event: Event) -> None:
        if event.type == "noise":
            raise Veto

    app.post("/act")(lambda: audit.record("noise").state)
    assert app.test_client().post("/act").text == "vetoed"
    assert types(app) == ["access.REQUEST"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/static/a.css", "/part/static/a.css"])
def test_static_files_are_never_recorded(
    make_app: MakeApp, tmp_path: Path, path: str, method: str
) -> None:
    (tmp_path / "a.css").write_text("a{}")
    app = make_app(AUDITLOG_CAPTURE={"rules": [{"path": "/*"}]})
    app.static_folder = str(tmp_path)
    part = Blueprint(
        "part", __name__, url_prefix="/part", static_folder=tmp_path, static_url_path="/static"
    )
    app.register_blueprint(part)
    app.before_request(lambda: abort(403) if "refuse" in flask_request.args else None)
    for query in ("", "?refuse=1"):
        app.test_client().open(f"{path}{query}", method=method).close()
    assert types(app) == []


@pytest.mark.parametrize(("status", "recorded"), [(200, 0), (403, 1)])
def test_options_are_recorded_when_they_are_refused(
    host: Flask, status: int, recorded: int
) -> None:
    host.before_request(lambda: abort(status) if status != 200 else None)
    host.test_client().options("/part")
    assert types(host) == ["access.PERMISSION_DENIED"] * recorded


def test_arguments_are_masked_and_cut(host: Flask) -> None:
    host.post("/in/<token>/<code>/<uuid:id>/<path:rest>", endpoint="in")(lambda **_: "done")
    path = "/in/Zp3kq9/Zp3kq8/0189f7a0-0000-7000-8000-000000000000/" + "x" * 5000
    host.test_client().post(path)
    arguments = (last(host).details or {})["arguments"]
    assert arguments == {
        "token": "[masked]",
        "code": "[masked]",
        "id": "0189f7a0-0000-7000-8000-000000000000",
        "rest": "x" * 500,
    }


def test_a_host_that_refuses_before_us_says_no_time(host: Flask) -> None:
    host.before_request_funcs[None].insert(0, lambda: ("no", 403))
    host.test_client().get("/answer/200")
    assert "durationMs" not in (last(host).details or {})


@pytest.mark.parametrize("propagate", [True, False])
def test_an_error_that_nobody_handled_is_one_event(make_app: MakeApp, propagate: bool) -> None:
    app = make_app(PROPAGATE_EXCEPTIONS=propagate)
    app.route("/broken", methods=["GET", "POST"], endpoint="broken")(boom)
    for method in ("GET", "POST"):
        try:
            app.test_client().open("/broken", method=method)
        except RuntimeError:
            assert propagate
    # To look at something that breaks changes nothing.
    assert [event.error for event in events(app)] == ["RuntimeError"]


def test_an_error_in_the_hosts_own_look_at_the_answer_is_recorded(make_app: MakeApp) -> None:
    app = make_app(PROPAGATE_EXCEPTIONS=False)
    app.post("/act", endpoint="act")(lambda: "done")
    app.after_request(boom)
    assert app.test_client().post("/act").status_code == 500
    assert [event.error for event in events(app)] == ["RuntimeError"]


def test_errors_of_another_app_are_not_ours(make_app: MakeApp) -> None:
    app, other = make_app(), Flask("other")
    other.config["PROPAGATE_EXCEPTIONS"] = False
    other.post("/broken", endpoint="broken")(boom)
    assert other.test_client().post("/broken").status_code == 500
    assert types(app) == []
