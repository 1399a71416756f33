"""The API beside a host: its addresses, its errors, its CSRF protection."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_wtf import CSRFProtect

from flask_auditlog import AuditLog
from flask_auditlog.store import PUBLISH_EVENTS
from flask_auditlog.store import VIEW_EVENTS
from tests.web.api.conftest import Api
from tests.web.api.conftest import EVENTS
from tests.web.api.conftest import Log


def test_the_paths_can_be_those_of_phase_two(app: Flask) -> None:
    app.config["AUDITLOG_API_PREFIX"] = "/auth"
    log = Log(app, AuditLog(app))
    headers = {"Authorization": f"Bearer {log.token(PUBLISH_EVENTS)}"}
    answer = app.test_client().post(
        "/auth/realms/default/events", data='{"type":"a"}', headers=headers
    )
    assert answer.status_code == 202
    assert app.test_client().get(EVENTS, headers=headers).status_code == 404


@pytest.mark.parametrize(
    "path", ["/audit/realms", "/audit/realms/", "/audit/realms/x", "/audit/realms/x/webhook/y"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_what_is_not_there_is_told_in_the_same_shape(api: Api, path: str, method: str) -> None:
    answer = api.client.open(path, method=method)
    assert (answer.status_code, answer.get_json()["error"]) == (404, "not_found")


def test_the_hosts_own_errors_stay_the_hosts(api: Api) -> None:
    assert api.client.get("/elsewhere").mimetype == "text/html"


@pytest.mark.parametrize("protected_first", [True, False])
def test_the_hosts_csrf_protection_lets_tokens_pass(app: Flask, protected_first: bool) -> None:
    app.config["WTF_CSRF_CHECK_DEFAULT"] = True
    audit = AuditLog()
    for init in (CSRFProtect().init_app, audit.init_app)[:: 1 if protected_first else -1]:
        init(app)
    api = Log(app, audit).caller()
    assert (
        api.post({"type": "a"}, content_type="application/x-www-form-urlencoded").status_code == 202
    )


def test_an_unexpected_error_is_logged_and_told_in_general(
    app: Flask,
    audit: AuditLog,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*args: object, **options: object) -> None:
        raise ZeroDivisionError("hunter2")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        monkeypatch.setattr(audit.events, "append", broken)
    answer = api.post({"type": "a"})
    assert (answer.status_code, answer.get_json()["error"]) == (500, "internal")
    assert "hunter2" not in answer.text
    assert "hunter2" in caplog.text


def test_a_log_that_is_switched_off_accepts_nothing(app: Flask) -> None:
    app.config["AUDITLOG_ENABLED"] = False
    log = Log(app, AuditLog(app))
    answer = log.caller(VIEW_EVENTS, PUBLISH_EVENTS).post({"type": "a"})
    assert (answer.status_code, answer.get_json()["error"]) == (503, "disabled")
