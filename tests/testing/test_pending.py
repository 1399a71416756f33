"""What stands in a transaction of the host is heard, until it is rolled back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from flask_auditlog import AuditLog
from flask_auditlog.testing import Recorded
from flask_auditlog.testing import recorded
from tests.apps import MakeApp

audit = AuditLog()


@pytest.fixture
def app(make_app: MakeApp) -> Iterator[Flask]:
    host = make_app(audit)
    with host.app_context():
        yield host


@pytest.fixture(params=["sqlite_url", "postgres_url", "mariadb_url"])
def engine(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    """A database of the host."""
    made = sa.create_engine(request.getfixturevalue(request.param))
    yield made
    made.dispose()


@pytest.fixture
def events(app: Flask) -> Iterator[Recorded]:
    with recorded() as heard:
        yield heard


def test_an_open_transaction_is_heard_and_its_commit_is_no_second_event(
    engine: sa.Engine, events: Recorded
) -> None:
    with Session(engine) as session:
        audit.record("a", session=session)
        audit.record("b")
        assert events.types == ["a", "b"]
        session.commit()
        assert events.types == ["a", "b"]


def test_what_is_rolled_back_was_never_recorded(engine: sa.Engine, events: Recorded) -> None:
    with Session(engine) as session:
        audit.record("a", session=session)
        session.rollback()
        assert events.types == []
        audit.record("b", session=session)
        with session.begin_nested() as savepoint:
            audit.record("c", session=session)
            assert events.types == ["b", "c"]
            savepoint.rollback()
        audit.record("d", session=session)
        assert events.types == ["b", "d"]
    # Closed, and so rolled back.
    assert events.types == []


def test_a_suite_that_rolls_each_test_back_sees_what_the_test_did(
    engine: sa.Engine, events: Recorded
) -> None:
    with engine.connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            audit.record("a", session=session)
            session.commit()
            audit.record("b", session=session)
            session.rollback()
            assert events.types == ["a"]
        assert events.types == ["a"]
        transaction.rollback()
    assert events.types == []
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT 1")) == 1


def test_after_the_block_nothing_is_heard(engine: sa.Engine, app: Flask) -> None:
    with recorded() as events:
        pass
    with Session(engine) as session:
        audit.record("a", session=session)
        session.commit()
    assert list(events) == []
