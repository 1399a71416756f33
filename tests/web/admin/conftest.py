"""A small host app with an audit log, and somebody who looks at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_login import current_user
from flask_login import login_user
from flask_login import LoginManager
from flask_login import UserMixin

from flask_auditlog import AuditLog
from flask_auditlog.event import encode
from flask_auditlog.event import Event
from flask_auditlog.state import of
from tests.web.admin.screen import Element
from tests.web.admin.screen import read

Add = Callable[..., None]
Look = Callable[..., Element]


class User(UserMixin):
    """Somebody of the host app; ``admin`` may see everything, others their organization."""

    def __init__(self, name: str) -> None:
        self.id = name
        self.username = f"{name}@acme.test"


# How long a page waits for what it can do without, in seconds.
PATIENCE = (
    "completing.PATIENCE",
    "figures.PATIENCE",
    "history_page.PATIENCE",
    "known_paths.PATIENCE",
    "overview.patience.PATIENCE",
    "overview_page.SECONDS",
    "suggestions.PATIENCE",
    "whereabouts.PATIENCE",
)
PATIENT = 600.0


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is missing on a page because this process had to wait."""
    for name in PATIENCE:
        monkeypatch.setattr(f"flask_auditlog.web.admin.{name}", PATIENT)


def make_host(**config: Any) -> tuple[Flask, AuditLog]:
    """A host app with logins and an audit log, and nobody who may see it."""
    host = Flask("Ledgerly")
    host.secret_key = "for tests"
    host.config.update(TESTING=True, **config)
    logins = LoginManager(host)
    logins.user_loader(User)
    audit = AuditLog(host)

    @host.get("/as/<name>")
    def enter(name: str) -> str:
        login_user(User(name))
        return "in"

    return host, audit


@pytest.fixture
def host() -> Flask:
    """The app: realms default and staging; nora sees no more than the organization northwind."""
    host, audit = make_host(
        AUDITLOG_REALMS=["default", "staging"], AUDITLOG_CAPTURE={"logins": False}
    )

    @audit.authorizer
    def allow(permission: str, realm: str, organization_id: str | None) -> bool:
        if permission != "view-events" or not current_user.is_authenticated:
            return False
        return current_user.id == "admin" or (realm, organization_id) == ("default", "northwind")

    @audit.organization_loader
    def organization() -> str | None:
        return "northwind" if current_user.is_authenticated and current_user.id == "nora" else None

    return host


@pytest.fixture
def add(host: Flask) -> Add:
    """Put events into the log as they are."""

    def add(*events: Event) -> None:
        with host.app_context():
            of(host).store.append([encode(each) for each in events])

    return add


@pytest.fixture
def admin(host: Flask) -> FlaskClient:
    """Somebody who may see everything."""
    return entered(host, "admin")


@pytest.fixture
def nora(host: Flask) -> FlaskClient:
    """Somebody who may see one organization."""
    return entered(host, "nora")


def entered(host: Flask, name: str) -> FlaskClient:
    """Log in."""
    client = host.test_client()
    client.get(f"/as/{name}")
    return client


@pytest.fixture
def look(admin: FlaskClient) -> Look:
    """Open a page as the admin, and read it."""

    def look(path: str, status: int = 200, client: FlaskClient = admin) -> Element:
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code == status, answer.text
        return read(answer.text)

    return look
