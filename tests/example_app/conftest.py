"""Ledgerly with an empty database and a log in a file, and people to use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from example_app import create_app
from example_app.audit import audit
from example_app.demo import Browser
from flask_auditlog import Event
from flask_auditlog import Query
from flask_auditlog import Scope
from tests.example_app.stories import Events
from tests.example_app.stories import registered


# Not called `app`: pytest-flask would push a request context around each test.
@pytest.fixture
def ledgerly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setenv("LEDGERLY_INSTANCE", str(tmp_path))
    monkeypatch.delenv("AUDITLOG_DATABASE_URL", raising=False)
    return create_app({"TESTING": True, "PASSWORD_METHOD": "scrypt:512:8:1"})


@pytest.fixture
def events(ledgerly: Flask) -> Events:
    """What is in the log, newest first."""

    def find(**asked: Any) -> list[Event]:
        with ledgerly.app_context():
            everything = Scope(realm="default", organization_id=None)
            page = audit.events.find(Query(**asked), everything, limit=100)
            return [record.event for record in page.records]

    return find


@pytest.fixture
def visitor(ledgerly: Flask) -> Browser:
    """Somebody who has not signed in."""
    return Browser(ledgerly, "203.0.113.9", "Firefox/140.0")


@pytest.fixture
def ada(ledgerly: Flask) -> Browser:
    """The owner of Analytical Engines, signed in."""
    return registered(ledgerly, "ada@engines.example", "Analytical Engines")


@pytest.fixture
def bob(ledgerly: Flask) -> Browser:
    """The owner of another organization, signed in."""
    return registered(ledgerly, "bob@builders.example", "Builders")
