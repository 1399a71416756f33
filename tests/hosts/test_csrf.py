"""Beside Flask-WTF's protection, whichever comes first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf

from flask_auditlog import AuditLog
from tests.apps import close
from tests.apps import last
from tests.apps import types

EVENTS = "/audit/realms/default/events"


@pytest.fixture(params=["before", "after", "after, in a factory"])
def host(request: pytest.FixtureRequest) -> Iterator[Flask]:
    """An app that protects its forms, and did so before or after it got its log."""
    app = Flask("host")
    app.config.update(TESTING=True, SECRET_KEY="s")
    protection = CSRFProtect()
    if request.param == "before":
        protection.init_app(app)
    AuditLog(app)
    if request.param != "before":
        protection.init_app(app)
    app.post("/form")(lambda: "ok")
    app.get("/token")(generate_csrf)
    yield app
    close(app)


def test_the_api_needs_no_csrf_token(host: Flask) -> None:
    with host.app_context():
        _, secret = AuditLog().events.tokens.create(
            name="t", realm="default", permissions=["publish-events"]
        )
    headers = {"Authorization": f"Bearer {secret}"}
    answer = host.test_client().post(EVENTS, json={"type": "a"}, headers=headers)
    assert answer.status_code == 202, answer.text
    assert types(host) == ["a"]


def test_the_api_still_needs_its_own_token(host: Flask) -> None:
    assert host.test_client().post(EVENTS, json={"type": "a"}).status_code == 401


def test_the_hosts_forms_are_protected_as_before(host: Flask) -> None:
    client = host.test_client()
    assert client.post("/form").status_code == 400
    assert last(host).error == "http_400"
    token = client.get("/token").text
    assert client.post("/form", data={"csrf_token": token}).status_code == 200
