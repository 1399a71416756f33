"""Host apps for the tests, as a user would write them, and what their log holds."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask_login
import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog import Event
from flask_auditlog import Query
from flask_auditlog import Record
from flask_auditlog import Scope
from flask_auditlog import state
from flask_auditlog.delivery import deliverer_of
from flask_auditlog.event import STARTED
from flask_auditlog.web.exports.exporter import exporter_of
from flask_auditlog.work.embedded import background_of

MakeApp = Callable[..., Flask]


class User(flask_login.UserMixin):
    """Somebody who can log in."""

    def __init__(self, id: str = "1", **attributes: Any) -> None:
        self.id = id
        self.__dict__.update(attributes or {"email": "alice@acme.test"})


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[MakeApp]:
    """Make apps with an audit log and flask-login; without ``config``, in memory."""
    made: list[Flask] = []

    def make(audit: AuditLog | None = None, **config: Any) -> Flask:
        app = Flask("host", instance_path=str(tmp_path / "instance"))
        app.config.update({"TESTING": True, "SECRET_KEY": "s3cr3t", **config})
        # No search ends because this process had to wait.
        limits = {"query_seconds": 600.0, **config.get("AUDITLOG_LIMITS", {})}
        app.config["AUDITLOG_LIMITS"] = limits
        (audit or AuditLog()).init_app(app)
        made.append(app)
        return app

    yield make
    for app in made:
        close(app)


def close(app: Flask) -> None:
    """Close the app's log, if it was opened, and what works on it in the background."""
    if "auditlog" in app.extensions:
        deliverer_of(state.of(app)).close()
        background_of(state.of(app)).close()
        exporter_of(state.of(app)).close()
    if "auditlog" in app.extensions and state.of(app)._store is not None:  # noqa: SLF001
        state.of(app).store.close()


def with_logins(app: Flask, user: User | None = None) -> Flask:
    """Give *app* flask-login, and views to log in and out."""
    person = user or User()
    flask_login.LoginManager(app).user_loader(lambda user_id: person)

    @app.get("/login")
    def login() -> str:
        flask_login.login_user(person, remember=False)
        return "in"

    @app.get("/logout")
    def logout() -> str:
        flask_login.logout_user()
        return "out"

    return app


def records(app: Flask, realm: str = "default") -> list[Record]:
    """Return what was recorded in the log of *app*, in order of position.

    Without that the app started: each process of a test would have to count that.
    """
    with app.app_context():
        everything = Scope(realm=realm, organization_id=None)
        found = AuditLog().events.after(0, Query(reads=True), everything, limit=10_000)
        return [record for record in found if record.event.type != STARTED]


def events(app: Flask) -> list[Event]:
    """Return the events in the log of *app*, in order of position."""
    return [record.event for record in records(app)]


def types(app: Flask) -> list[str]:
    """Return the types of the events in the log of *app*, in order of position."""
    return [event.type for event in events(app)]


def last(app: Flask) -> Event:
    """Return the event that was recorded last."""
    return events(app)[-1]


def counted(app: Flask, name: str) -> int:
    """Return a counter of the app's recorder."""
    return state.of(app).recorder.counters.get(name, 0)
