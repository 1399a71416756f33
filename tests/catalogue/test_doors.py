"""An event of a defined type is checked whichever door it comes through."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from marshmallow import fields
from marshmallow import Schema
from sqlalchemy import orm

from flask_auditlog import AuditLog
from flask_auditlog.errors import InvalidEvent
from flask_auditlog.recorder.catalogue.follow import FLAG
from tests.apps import events
from tests.apps import last
from tests.apps import MakeApp
from tests.apps import types


class Base(orm.DeclarativeBase):
    pass


class Invoice(Base):
    __tablename__ = "invoices"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    state: orm.Mapped[str]


class Changed(Schema):
    changes = fields.Dict(keys=fields.String(), required=True)


class Paid(Schema):
    amount = fields.Integer(required=True)


@pytest.fixture
def audit() -> AuditLog:
    return AuditLog()


@pytest.fixture
def app(make_app: MakeApp, audit: AuditLog) -> Flask:
    return make_app(audit)


@pytest.fixture
def engine() -> sa.Engine:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    Base.metadata.create_all(engine)
    return engine


def test_in_a_transaction_of_the_host_it_is_flagged(
    app: Flask, audit: AuditLog, engine: sa.Engine
) -> None:
    audit.define("invoice.paid", schema=Paid, version=2)
    with app.app_context(), engine.begin() as connection:
        audit.record("invoice.paid", session=connection)
    assert last(app).type_version == 2
    assert FLAG in (last(app).details or {})


def test_in_a_transaction_of_the_host_it_is_refused_and_the_rest_commits(
    app: Flask, audit: AuditLog, engine: sa.Engine
) -> None:
    audit.define("invoice.paid", schema=Paid, invalid="refuse")
    with app.app_context(), engine.begin() as connection:
        with pytest.raises(InvalidEvent):
            audit.record("invoice.paid", session=connection)
        audit.record("invoice.paid", session=connection, details={"amount": 1})
    assert [event.details for event in events(app)] == [{"amount": 1}]


def test_a_change_of_a_tracked_model_follows(
    app: Flask, audit: AuditLog, engine: sa.Engine
) -> None:
    audit.define("admin.INVOICE-CREATE", schema=Changed)
    audit.track(Invoice)
    with app.app_context(), orm.Session(engine) as session:
        session.add(Invoice(id=7, state="paid"))
        session.commit()
    (event,) = events(app)
    assert (event.type, event.type_version) == ("admin.INVOICE-CREATE", 1)
    assert set(event.details or {}) == {"changes"}


def test_an_action_that_does_not_follow_is_kept(app: Flask, audit: AuditLog) -> None:
    audit.define("admin.INVOICE-ACTION", schema=Paid)

    @app.post("/approve")
    @audit.action("INVOICE", "ACTION")
    def approve() -> str:
        return "approved"

    assert app.test_client().post("/approve").text == "approved"
    assert types(app) == ["admin.INVOICE-ACTION"]
    assert FLAG in (last(app).details or {})
