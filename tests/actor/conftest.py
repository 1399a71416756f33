from __future__ import annotations

import pytest
from flask import Flask

from flask_auditlog import AuditLog
from tests.apps import make_app as make_app
from tests.apps import MakeApp
from tests.apps import with_logins


@pytest.fixture
def audit() -> AuditLog:
    return AuditLog()


@pytest.fixture
def host(make_app: MakeApp, audit: AuditLog) -> Flask:
    """An app with logins, and a view that records something."""
    app = with_logins(make_app(audit))

    @app.get("/act")
    def act() -> str:
        audit.record("acted")
        return "ok"

    return app
