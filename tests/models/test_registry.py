"""Which models are tracked, whenever that is said."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from flask_auditlog import AuditLog
from flask_auditlog.errors import ConfigError
from tests.apps import MakeApp


class Base(orm.DeclarativeBase):
    pass


class Employee(Base):
    __tablename__ = "employees"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    kind: orm.Mapped[str]
    iban: orm.Mapped[str] = orm.mapped_column("bank_account")
    __mapper_args__ = {  # noqa: RUF012 (as its users write it)
        "polymorphic_on": "kind",
        "polymorphic_identity": "employee",
    }


class Manager(Employee):
    __tablename__ = "managers"
    id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("employees.id"), primary_key=True)
    bonus: orm.Mapped[int]
    __mapper_args__ = {  # noqa: RUF012 (as its users write it)
        "polymorphic_identity": "manager"
    }


class InvoiceLine(Base):
    __tablename__ = "invoice_lines"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    # Never imported: to configure the mappers would fail.
    missing: orm.Mapped[Any] = orm.relationship("NotImportedYet")


def test_a_model_is_found_by_its_class_and_by_its_table() -> None:
    audit = AuditLog()
    audit.track(InvoiceLine)
    tracked = audit.tracked.of_class(InvoiceLine)
    assert tracked is not None
    assert tracked is audit.tracked.of_table(InvoiceLine.__table__)
    assert tracked is audit.tracked.of_mapper(InvoiceLine.__mapper__)
    assert (tracked.resource_type, tracked.path_of([7])) == ("INVOICE_LINE", "invoice_lines/7")
    assert audit.tracked.of_class(Employee) is None
    assert audit.tracked.of_table(Employee.__table__) is None


def test_what_inherits_is_tracked_with_it_under_the_path_of_the_base() -> None:
    audit = AuditLog()
    audit.track(Employee)
    manager = audit.tracked.of_class(Manager)
    assert manager is not None
    assert (manager.resource_type, manager.path_of([7])) == ("MANAGER", "employees/7")
    assert audit.tracked.of_table(Manager.__table__) is manager
    assert set(audit.tracked.models) == {Employee, Manager}


def test_what_is_said_of_a_model_wins_over_what_is_said_of_its_base() -> None:
    audit = AuditLog()
    audit.track_all(Base, exclude={InvoiceLine: "no secrets in it"}, ignore={"kind"})
    audit.track(Manager, resource_type="BOSS", resource_path="bosses")
    manager, employee = audit.tracked.of_class(Manager), audit.tracked.of_class(Employee)
    assert manager is not None
    assert employee is not None
    assert (manager.resource_type, manager.path_of([7])) == ("BOSS", "bosses/7")
    assert employee.options.ignore == {"kind"}
    assert not manager.options.ignore
    assert audit.tracked.of_class(InvoiceLine) is None
    assert audit.tracked.excluded == {InvoiceLine: "no secrets in it"}


def test_a_model_that_is_mapped_later_is_found_then() -> None:
    audit = AuditLog()

    class Later(orm.DeclarativeBase):
        pass

    audit.track_all(Later)
    assert list(audit.tracked.tables) == []

    class Thing(Later):
        __tablename__ = "things"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    assert list(audit.tracked.tables) == [Thing.__table__]
    assert audit.tracked.of_class(Thing) is not None


def test_a_base_of_flask_sqlalchemy_that_has_no_models_is_told_of_once(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    flask_sqlalchemy = pytest.importorskip("flask_sqlalchemy")

    class Given(orm.DeclarativeBase):
        pass

    db: Any = flask_sqlalchemy.SQLAlchemy(model_class=Given)
    audit = AuditLog()
    # Before the models are imported, as it is done in many apps.
    audit.track_all(Given)
    audit.track_all(db.Model)
    client = make_app(audit).test_client()

    class Thing(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    assert "track_all" not in caplog.text
    for _ in range(2):
        client.get("/")
    assert caplog.text.count("audit.track_all(Given) found no model") == 1
    assert caplog.text.count("pass db.Model") == 1
    assert audit.tracked.of_class(Thing) is not None


def test_a_column_may_be_named_by_its_attribute_or_as_the_database_does() -> None:
    for name in ("iban", "bank_account"):
        audit = AuditLog()
        audit.track(Employee, mask={name})
        tracked = audit.tracked.of_class(Employee)
        assert tracked is not None
        assert tracked.options.mask == {"iban", "bank_account"}


def test_one_name_is_not_taken_for_its_letters() -> None:
    audit = AuditLog()
    audit.track(Employee, mask="iban")
    tracked = audit.tracked.of_class(Employee)
    assert tracked is not None
    assert "iban" in tracked.options.mask


@pytest.mark.parametrize(
    ("models", "options", "message"),
    [
        ((Employee,), {"mask": {"ibna"}}, "Employee has no attribute or column ibna"),
        ((), {}, "needs model classes"),
        ((Employee.__table__,), {}, "needs model classes"),
        ((Employee, Manager), {"resource_type": "X"}, "one model at a time"),
        ((Employee,), {"resource_type": "A-B"}, "one word"),
    ],
)
def test_a_wrong_word_is_an_error_at_once(models: Any, options: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        AuditLog().track(*models, **options)


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ([7], "employees/7"),
        ([7, "a"], "employees/7,a"),
        (["a/b,c%"], "employees/a%2Fb%2Cc%25"),
        (["bob@acme.test"], "employees/bob@acme.test"),
    ],
)
def test_a_key_is_one_part_of_a_path(key: list[Any], path: str) -> None:
    audit = AuditLog()
    audit.track(Employee)
    tracked = audit.tracked.of_class(Employee)
    assert tracked is not None
    assert tracked.path_of(key) == path


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("User", "USER"),
        ("APIKey", "API_KEY"),
        ("Area51", "AREA51"),
        ("invoice_line", "INVOICE_LINE"),
    ],
)
def test_a_resource_is_called_as_its_class(name: str, resource: str) -> None:
    class Own(orm.DeclarativeBase):
        pass

    columns = {"__tablename__": "t", "id": sa.Column(sa.Integer, primary_key=True)}
    model = type(name, (Own,), columns)
    audit = AuditLog()
    audit.track(model)
    tracked = audit.tracked.of_class(model)
    assert tracked is not None
    assert tracked.resource_type == resource
