"""What is recorded in a transaction of the host commits and rolls back with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from flask_auditlog import AuditLog
from flask_auditlog.errors import InvalidEvent
from tests.apps import MakeApp
from tests.apps import types

audit = AuditLog()


@pytest.fixture
def host(make_app: MakeApp) -> Iterator[Flask]:
    app = make_app(audit)
    with app.app_context():
        yield app


def test_a_committed_event_is_in_the_log(host: Flask, engine: sa.Engine) -> None:
    with Session(engine) as session:
        receipt = audit.record("a", session=session)
        assert receipt.state == "pending"
        assert types(host) == []
        session.commit()
    assert types(host) == ["a"]


@pytest.mark.parametrize("end", ["rollback", "close"])
def test_what_is_rolled_back_was_never_recorded(host: Flask, engine: sa.Engine, end: str) -> None:
    with Session(engine) as session:
        audit.record("a", session=session)
        getattr(session, end)()
        session.commit()
        audit.record("b", session=session)
        session.commit()
    assert types(host) == ["b"]


def test_what_a_savepoint_takes_back_is_gone(host: Flask, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        audit.record("kept", session=connection)
        savepoint = connection.begin_nested()
        audit.record("gone", session=connection)
        savepoint.rollback()
        with connection.begin_nested():
            audit.record("kept too", session=connection)
    assert types(host) == ["kept", "kept too"]


def test_the_order_is_that_of_the_transaction(host: Flask, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for number in range(450):
            audit.record(f"n.{number}", session=connection)
    assert types(host) == [f"n.{number}" for number in range(450)]


def test_a_transaction_goes_on_without_an_event_that_is_none(
    host: Flask, engine: sa.Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE mine (n integer)"))
        with pytest.raises(InvalidEvent):
            audit.record("", session=connection)
        connection.execute(sa.text("INSERT INTO mine VALUES (1)"))
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT n FROM mine")).scalar() == 1


@pytest.mark.parametrize("session", [object(), "session", 1])
def test_what_is_no_session_is_refused(host: Flask, session: object) -> None:
    with pytest.raises(TypeError, match="session must be a SQLAlchemy Session or Connection"):
        audit.record("a", session=session)
