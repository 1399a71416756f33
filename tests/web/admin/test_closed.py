"""Who is let in, what the others see, and what a page may load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import abort
from flask import Flask
from flask.testing import FlaskClient

from flask_auditlog import AuditLog
from flask_auditlog import errors
from flask_auditlog.state import of
from flask_auditlog.web.admin.visitors import MOST_REALMS
from tests.web.admin.conftest import Add
from tests.web.admin.conftest import entered
from tests.web.admin.conftest import Look
from tests.web.admin.conftest import make_host
from tests.web.admin.samples import event
from tests.web.admin.screen import read

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def test_without_an_authorizer_the_page_shows_the_three_lines() -> None:
    host, _ = make_host()
    answer = entered(host, "admin").get("/audit/")
    assert answer.status_code == 403
    lines = [line.text for line in read(answer.text).all("span", "add")]
    assert lines == [
        "@audit.authorizer",
        "def allow(permission, realm, organization_id):",
        "return current_user.is_authenticated and current_user.is_admin",
    ]


@pytest.mark.parametrize("path", ["/audit/", "/audit/export?format=csv", "/audit/events/x"])
def test_an_authorizer_that_says_no_is_all_there_is_to_see(path: str) -> None:
    host, audit = make_host()
    audit.authorizer(lambda permission, realm, organization_id: False)
    answer = entered(host, "admin").get(path)
    assert answer.status_code == 403
    assert read(answer.text).one("main").text == "403 Access denied You may not see this log."


def test_a_realm_that_is_not_there_is_not_told_from_one_that_is_closed(
    look: Look, nora: FlaskClient
) -> None:
    closed = look("/audit/?realm=staging", status=403, client=nora).one("main").text
    assert look("/audit/?realm=nowhere", status=403, client=nora).one("main").text == closed
    assert "no such page" in look("/audit/?realm=nowhere", status=404).text


@pytest.mark.parametrize("with_authorizer", [True, False])
def test_a_visitor_who_is_not_logged_in_is_led_to_the_hosts_login(with_authorizer: bool) -> None:
    host, audit = make_host()
    if with_authorizer:
        audit.authorizer(lambda permission, realm, organization_id: False)
    host.login_manager.login_view = "door"  # type: ignore[attr-defined]
    host.add_url_rule("/door", "door", lambda: "")
    answer = host.test_client().get("/audit/?type=a")
    assert answer.status_code == 302
    assert answer.location.startswith("/door?next=")


def test_a_host_that_answers_401_by_itself_is_let() -> None:
    host, audit = make_host()
    audit.authorizer(lambda permission, realm, organization_id: False)
    host.login_manager.unauthorized_handler(lambda: abort(401))  # type: ignore[attr-defined]
    assert host.test_client().get("/audit/").status_code == 401


def test_the_authorizer_is_asked_for_few_realms_whatever_their_number() -> None:
    asked: list[str] = []
    host, audit = make_host(AUDITLOG_REALMS=["default", "zulu"])

    @audit.authorizer
    def allow(permission: str, realm: str, organization_id: str | None) -> bool:
        asked.append(realm)
        return True

    with host.app_context():
        of(host).store.realms.add_all(f"r{n:03}" for n in range(100))
    page = read(entered(host, "admin").get("/audit/?realm=r099").text)
    # This one is asked for twice: whether they may look, and whether they may change something.
    assert len(asked) <= MOST_REALMS + 2
    menu = [item.text for each in page.all("ul", "pop-list") for item in each.all("li")]
    assert {"default", "zulu", "r000", "r099"} <= set(menu)


def test_who_is_logged_in_and_not_let_in_is_not_sent_to_the_login_again() -> None:
    host, audit = make_host()
    audit.authorizer(lambda permission, realm, organization_id: False)
    host.login_manager.login_view = "door"  # type: ignore[attr-defined]
    assert entered(host, "admin").get("/audit/").status_code == 403


def test_a_host_without_flask_login_gets_the_page() -> None:
    host = Flask("Plain")
    host.config["TESTING"] = True
    AuditLog(host)
    assert host.test_client().get("/audit/").status_code == 403


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (errors.StoreUnavailable("host db.internal is down"), 503, "The log cannot be reached"),
        (errors.QueryTimeout(), 503, "The search took too long"),
        (errors.SchemaMissing(), 503, "flask auditlog upgrade"),
        (errors.StoreError("table auditlog.record"), 500, "The log's database refused"),
    ],
)
def test_a_log_that_is_away_is_a_page_in_the_same_look(
    host: Flask,
    look: Look,
    monkeypatch: pytest.MonkeyPatch,
    error: errors.AuditLogError,
    status: int,
    words: str,
) -> None:
    def find(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(of(host).store, "find", find)
    text = look("/audit/", status=status).text
    assert words in text
    assert "db.internal" not in text
    assert "auditlog.record" not in text


def test_a_log_that_is_away_says_when_to_try_again(
    host: Flask, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get(*_: Any) -> None:
        raise errors.StoreUnavailable

    monkeypatch.setattr(of(host).store, "get", get)
    assert admin.get("/audit/events/x").headers["Retry-After"] == "5"


def test_a_read_that_cannot_be_recorded_shows_nothing(
    host: Flask, add: Add, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    def append(*_: Any, **__: Any) -> None:
        raise errors.StoreUnavailable

    add(event("a.b"))
    monkeypatch.setattr(of(host).store, "append", append)
    assert "a.b" not in look("/audit/", status=503).text


@pytest.mark.parametrize(
    "path",
    [
        "/audit/",
        "/audit/?ip=x",
        "/audit/?type=",
        "/audit/events/nope",
        "/audit/export",
        "/audit/export?format=csv",
        "/audit/?realm=nowhere",
    ],
)
def test_no_page_may_load_run_or_keep_anything(admin: FlaskClient, path: str) -> None:
    headers = admin.get(path).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_the_stylesheet_may_be_kept(admin: FlaskClient) -> None:
    with admin.get("/audit/static/auditlog.css") as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert "no-store" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/audit/", "/audit/?type=none", "/audit/?ip=x"])
def test_there_is_no_script_and_no_inline_style(look: Look, add: Add, path: str) -> None:
    add(event())
    page = look(path, status=400 if "ip=" in path else 200)
    assert page.scripts == page.all("style") == []
    for element in page.all("*"):
        assert not [name for name in element.attrs if name == "style" or name.startswith("on")]


def test_the_pages_move_with_their_prefix() -> None:
    host, audit = make_host(AUDITLOG_URL_PREFIX="/security/log", AUDITLOG_API_PREFIX="/auth")
    audit.authorizer(lambda permission, realm, organization_id: True)
    page = read(host.test_client().get("/security/log/").text)
    assert page.one("form").attrs["action"] == "/security/log/"
    assert "http://localhost/auth/realms/default/events" in page.text


def test_the_app_can_change_the_frame_of_every_page(tmp_path: Any) -> None:
    host, audit = make_host()
    audit.authorizer(lambda permission, realm, organization_id: True)
    folder = tmp_path / "auditlog"
    folder.mkdir()
    (folder / "layout.html").write_text(
        '{% extends "auditlog/base.html" %}{% block brand %}<b>Acme</b>{% endblock %}'
    )
    host.template_folder = str(tmp_path)
    page = read(host.test_client().get("/audit/").text)
    assert page.one("header").one("b").text == "Acme"


Answer = Callable[[str], str]


def test_an_export_is_everything_that_was_found(add: Add, admin: FlaskClient) -> None:
    add(event("a.b"), event("c.d"), event("a.c"))
    answer = admin.get("/audit/export?format=ndjson&type=a.*")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert len(answer.text.splitlines()) == 2


def test_the_buttons_export_what_is_on_the_page(add: Add, look: Look, admin: FlaskClient) -> None:
    add(event("a.b", realm_id="staging"))
    page = look("/audit/?type=a.*&realm=staging&limit=1")
    assert page.link("NDJSON") == "/audit/export?type=a.*&realm=staging&format=ndjson"
    assert "a.b" in admin.get(page.link("CSV")).text


@pytest.mark.parametrize("query", ["", "format=xlsx", "format=csv&ip=x", "format=csv&typ=x"])
def test_an_export_that_cannot_be_made_is_a_page_that_says_why(look: Look, query: str) -> None:
    page = look(f"/audit/export?{query}", status=400)
    assert page.one("h1").text == "That cannot be searched for"
