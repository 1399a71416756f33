"""A host app with the events of several organizations, and links to those of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_auditlog import Actor
from flask_auditlog import AuditLog
from flask_auditlog.event import encode
from flask_auditlog.state import of
from flask_auditlog.store import SqlStore
from tests.web.admin.conftest import make_host
from tests.web.admin.samples import event
from tests.web.admin.samples import MAYA
from tests.web.admin.samples import NOON
from tests.web.admin.screen import Element
from tests.web.admin.screen import read

NORA = Actor(user_id="nora", username="nora@northwind.example")
# Whatever is not northwind's says so.
FOREIGN = "f0re1gn"
OTHERS = {
    name: event(
        f"of.{name}",
        auth_details=Actor(
            user_id=FOREIGN,
            username=FOREIGN,
            client_id=FOREIGN,
            session_id=FOREIGN,
            ip_address="198.51.100.66",
        ),
        resource_type=FOREIGN,
        resource_path=f"{FOREIGN}/1",
        request_id=FOREIGN,
        error=FOREIGN,
        details={"mark": FOREIGN},
        **fields,
    )
    for name, fields in {
        "other": {"organization_id": "other"},
        "nobody": {},
        "elsewhere": {"organization_id": "northwind", "realm_id": "staging"},
        "empty": {"organization_id": "northwind "},
    }.items()
}
MINE = [
    event(f"mine.{n}", time=NOON + n, organization_id="northwind", auth_details=MAYA)
    for n in range(3)
]


class Guest(NamedTuple):
    """Somebody with a link, and nothing else."""

    client: FlaskClient
    path: str

    def get(self, rest: str = "", **more: Any) -> TestResponse:
        """Ask for an address below the link."""
        return self.client.get(self.path + rest, **more)

    def look(self, rest: str = "", status: int = 200) -> Element:
        """Open a page, and read it."""
        answer = self.get(rest)
        assert answer.status_code == status, answer.text
        return read(answer.text)

    def types(self, rest: str = "") -> list[str]:
        """The types of the events of a page."""
        return [each.text for each in self.look(rest).all("span", "type")]


Invite = Callable[..., Guest]


# Of a module: nothing that a guest does changes what the next one sees.
@pytest.fixture(scope="module")
def made() -> tuple[Flask, AuditLog]:
    """The app, which lets nobody see its admin pages."""
    host, audit = make_host(
        AUDITLOG_REALMS=["default", "staging"], AUDITLOG_CAPTURE={"logins": False}
    )
    with host.app_context():
        audit.events.append([encode(each) for each in (*OTHERS.values(), *MINE)])
    return host, audit


@pytest.fixture
def host(made: tuple[Flask, AuditLog]) -> Flask:
    """The app."""
    return made[0]


@pytest.fixture
def audit(made: tuple[Flask, AuditLog]) -> AuditLog:
    """Its audit log."""
    return made[1]


@pytest.fixture
def store(host: Flask) -> SqlStore:
    """Its store."""
    return of(host).store


@pytest.fixture
def invite(host: Flask, audit: AuditLog) -> Invite:
    """Make a link, and give it to somebody without a cookie."""

    def invite(organization_id: str = "northwind", **options: Any) -> Guest:
        with host.test_request_context():
            url = audit.viewer_url(organization_id, **({"actor": NORA} | options))
        return Guest(host.test_client(), urlsplit(url).path)

    return invite


@pytest.fixture
def guest(invite: Invite) -> Guest:
    """Nora of northwind."""
    return invite()
