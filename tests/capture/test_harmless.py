"""Whatever goes wrong in capture, the host answers as it would have."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog import event_failed
from flask_auditlog.capture import SLOW
from flask_auditlog.errors import NotFound
from flask_auditlog.errors import StoreUnavailable
from tests.apps import close
from tests.apps import counted
from tests.apps import last
from tests.apps import MakeApp
from tests.apps import types
from tests.apps import User
from tests.apps import with_logins

Break = Callable[[AuditLog], Any]


def boom(*_: Any) -> Any:
    raise RuntimeError("boom")


BREAKS: dict[str, Break] = {
    "no actor": lambda audit: audit.actor_loader(lambda: "alice"),
    "no realm": lambda audit: audit.realm_loader(lambda: "nowhere"),
}


def acting(app: Flask) -> Flask:
    app.post("/act")(lambda: ("done", 201))
    return app


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_hook_does_not_change_the_answer(
    make_app: MakeApp, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    audit = AuditLog()
    app = acting(make_app(audit))
    BREAKS[broken](audit)
    answer = app.test_client().post("/act")
    assert (answer.status_code, answer.text) == (201, "done")
    assert counted(app, "capture_failed") == 1
    assert "could not be captured" in caplog.text


@pytest.mark.parametrize(
    "url",
    ["postgresql://nobody@127.0.0.1:1/none", "sqlite:////proc/no/such/folder/audit.db"],
    ids=["postgresql", "sqlite"],
)
def test_a_log_that_cannot_be_reached_does_not_change_the_answer(
    make_app: MakeApp, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = acting(with_logins(make_app(AUDITLOG_DATABASE_URL=url)))
    client = app.test_client()
    assert client.get("/login").text == "in"
    assert client.post("/act").status_code == 201
    assert client.get("/logout").text == "out"
    assert counted(app, "capture_failed") == 3
    assert len([r for r in caplog.records if "could not be captured" in r.message]) == 3


def test_a_log_that_nobody_placed_does_not_change_the_answer(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    app = acting(make_app(TESTING=False))
    assert app.test_client().post("/act").status_code == 201
    assert "Set AUDITLOG_DATABASE_URL" in caplog.text


class Broken(User):
    """A user whose row is gone, as a detached one of SQLAlchemy is."""

    @property
    def email(self) -> str:
        raise RuntimeError("detached")


def test_a_broken_user_does_not_change_the_answer(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    app = acting(with_logins(make_app(), Broken("1", unused=1)))
    client = app.test_client()
    assert client.get("/login").text == "in"
    assert client.post("/act").status_code == 201
    assert client.get("/logout").text == "out"
    assert types(app) == ["access.LOGIN", "access.REQUEST", "access.LOGOUT"]
    assert counted(app, "loader_failed") == 2


def test_the_host_is_told_of_what_was_not_recorded(make_app: MakeApp) -> None:
    audit = AuditLog()
    app = acting(make_app(audit))
    audit.realm_loader(lambda: "nowhere")
    heard: list[Any] = []

    def hear(sender: Flask, event: Any, error: Exception) -> None:
        heard.append((sender, event, type(error)))

    with event_failed.connected_to(hear, app):
        app.test_client().post("/act")
    assert heard == [(app, None, NotFound)]


def test_a_broken_receiver_of_that_does_not_change_the_answer(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    audit = AuditLog()
    app = acting(make_app(audit))
    audit.realm_loader(lambda: "nowhere")
    with event_failed.connected_to(boom, app):
        assert app.test_client().post("/act").status_code == 201
    assert counted(app, "receiver_failed") == 1


def test_an_error_in_record_itself_is_told_and_counted(make_app: MakeApp) -> None:
    app = make_app(AUDITLOG_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    heard: list[Any] = []

    def hear(sender: Flask, event: Any, error: Exception) -> None:
        heard.append(error)

    refused = pytest.raises(StoreUnavailable)
    with app.app_context(), event_failed.connected_to(hear, app), refused:
        AuditLog().record("a")
    assert [type(error) for error in heard] == [StoreUnavailable]
    assert counted(app, "record_failed") == 1


def test_what_failed_once_is_recorded_when_it_works_again(make_app: MakeApp) -> None:
    audit = AuditLog()
    app = acting(make_app(audit))
    audit.realm_loader(lambda: "nowhere")
    app.test_client().post("/act")
    audit.realm_loader(lambda: None)
    app.test_client().post("/act")
    assert types(app) == ["access.REQUEST"]


def test_nothing_is_logged_while_all_is_well(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "flask_auditlog")
    app = acting(with_logins(make_app()))
    app.test_client().get("/login")
    app.test_client().post("/act")
    assert caplog.records == []


def test_a_host_without_debug_still_hears_of_its_own_errors(make_app: MakeApp) -> None:
    app = make_app(PROPAGATE_EXCEPTIONS=False)
    app.post("/broken")(boom)
    assert app.test_client().post("/broken").status_code == 500
    assert last(app).error == "RuntimeError"
    close(app)


def test_a_hook_that_hangs_delays_the_answer_and_is_told(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    audit = AuditLog()
    app = acting(make_app(audit))
    audit.before_record(lambda event: time.sleep(SLOW + 0.1))
    answer = app.test_client().post("/act")
    assert (answer.status_code, answer.text) == (201, "done")
    assert counted(app, "capture_slow") == 1
    assert "capture took" in caplog.text
    assert types(app) == ["access.REQUEST"]
