"""An app with events, and people who have exports made of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from flask_auditlog import state
from flask_auditlog.event import Actor
from flask_auditlog.event import encode
from flask_auditlog.recorder import Context
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.store.promises.files import File
from flask_auditlog.web.exports import making
from flask_auditlog.web.exports.desk import Desk
from flask_auditlog.web.exports.exporter import Exporter
from flask_auditlog.web.exports.exporter import exporter_of
from tests.apps import make_app as make_app
from tests.apps import MakeApp
from tests.store.samples import event

ALL = Scope(realm="default", organization_id=None)
EVENTS = 300


def fill(app: Flask, count: int = EVENTS, **more: Any) -> None:
    """Put events into the log."""
    with app.app_context():
        many = [event("a.b", details={"number": n}, **more) for n in range(count)]
        state.of(app).store.append([encode(each) for each in many])


def desk_of(app: Flask, user: str = "olga", scope: Scope = ALL) -> Desk:
    """Where somebody has exports made."""
    actor = Actor(user_id=user, username=f"{user}@acme.test")
    context = Context(realm=scope.realm, source="system", actor=actor, request_id=f"by {user}")
    return Desk(state.of(app), scope, context)


@pytest.fixture
def app(make_app: MakeApp) -> Iterator[Flask]:
    """An app in whose context the test runs."""
    app = make_app()
    fill(app)
    with app.app_context():
        yield app


@pytest.fixture
def desk(app: Flask) -> Desk:
    """Where olga has exports made."""
    return desk_of(app)


@pytest.fixture
def exporter(app: Flask) -> Exporter:
    """Who makes them."""
    return exporter_of(state.of(app))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several chunks of few events."""
    monkeypatch.setattr(making, "CHUNK", 1)
    monkeypatch.setattr("flask_auditlog.export.chunks.CHUNK", 5000)
    monkeypatch.setattr("flask_auditlog.export.parquet.ROWS", 100)


def fetched(desk: Desk, file: File) -> bytes:
    """The bytes of a file that is made."""
    _, chunks = desk.fetch(file.id)
    return b"".join(chunks)


def now(desk: Desk, file: File) -> File:
    """A file as it is now."""
    found = {each.id: each for each in desk.mine()}
    return found[file.id]


QUERY = Query(type="a.*")
