"""An app with a real log, and callers of its API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_auditlog import AuditLog
from flask_auditlog import Query
from flask_auditlog import Scope
from flask_auditlog.store import PUBLISH_EVENTS
from flask_auditlog.store import VIEW_EVENTS

EVENTS = "/audit/realms/default/events"


# What a server says of a body that comes in chunks: nobody knows its length.
CHUNKED: Mapping[str, Any] = {
    "wsgi.input_terminated": True,
    "HTTP_TRANSFER_ENCODING": "chunked",
}


@dataclass
class Api:
    """One caller with a token."""

    client: FlaskClient
    secret: str

    def get(self, path: str = "", **params: Any) -> TestResponse:
        return self.client.get(
            f"{EVENTS}{path}",
            query_string=params or None,
            # Read to its end and closed, as a server does.
            buffered=True,
            headers={"Authorization": f"Bearer {self.secret}"},
        )

    def post(
        self,
        body: bytes | str | dict[str, Any] | list[dict[str, Any]],
        *,
        headers: Mapping[str, str] | None = None,
        content_type: str | None = "application/json",
        environ: Mapping[str, Any] | None = None,
    ) -> TestResponse:
        raw = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.client.post(
            EVENTS,
            data=raw,
            content_type=content_type,
            environ_overrides=environ,
            headers={"Authorization": f"Bearer {self.secret}", **(headers or {})},
        )


class Log:
    """What is in the log, for a test to look at without being recorded."""

    def __init__(self, app: Flask, audit: AuditLog) -> None:
        self.app = app
        self.audit = audit

    def token(self, *permissions: str, realm: str = "default", **options: Any) -> str:
        with self.app.app_context():
            self.audit.events.realms.add(realm)
            _, secret = self.audit.events.tokens.create(
                name="robot", realm=realm, permissions=permissions, **options
            )
        return secret

    def caller(self, *permissions: str, **options: Any) -> Api:
        secret = self.token(*(permissions or (VIEW_EVENTS, PUBLISH_EVENTS)), **options)
        return Api(self.app.test_client(), secret)

    def bodies(self, *, reads: bool = False, realm: str = "default") -> list[dict[str, Any]]:
        """All events of a realm, oldest first."""
        with self.app.app_context():
            records = self.audit.events.stream(
                Query(reads=reads), Scope(realm=realm, organization_id=None)
            )
            found = sorted(records, key=lambda record: record.position)
        return [json.loads(record.body) for record in found]

    def read_events(self) -> list[dict[str, Any]]:
        """The recorded reads, oldest first."""
        return [body for body in self.bodies(reads=True) if body["source"] == "system"]


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.config.update(TESTING=True, SECRET_KEY="test")
    return app


@pytest.fixture
def audit(app: Flask) -> AuditLog:
    return AuditLog(app)


@pytest.fixture
def log(app: Flask, audit: AuditLog) -> Log:
    return Log(app, audit)


@pytest.fixture
def api(log: Log) -> Api:
    """A caller who may publish and view."""
    return log.caller()
