"""Where the role of the app may not make tables, and where one was made for it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog import event_failed
from flask_auditlog import state
from flask_auditlog.errors import SchemaMissing
from flask_auditlog.errors import StoreError
from tests import services
from tests.apps import MakeApp
from tests.apps import types
from tests.cli.shell import ok

audit = AuditLog()


def run(url: str, *statements: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.fixture
def role(postgres_server: services.Server, empty_postgres_url: str) -> Iterator[str]:
    """A role that may only use one table."""
    name = f"app_{uuid.uuid4().hex}"
    run(
        empty_postgres_url,
        f"CREATE ROLE {name} LOGIN",
        "CREATE TABLE mine (n integer)",
        f"GRANT ALL ON mine TO {name}",
    )
    yield name
    run(empty_postgres_url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


@pytest.fixture
def engine(empty_postgres_url: str, role: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(empty_postgres_url.replace("postgres@", f"{role}@"))
    yield engine
    engine.dispose()


@pytest.fixture
def host(make_app: MakeApp) -> Iterator[Flask]:
    app = make_app(audit)
    with app.app_context():
        yield app


def test_a_role_that_may_not_make_it_is_told_and_its_transaction_goes_on(
    host: Flask, engine: sa.Engine
) -> None:
    failed: list[Exception] = []

    def receive(sender: Flask, event: None, error: Exception) -> None:
        failed.append(error)

    with event_failed.connected_to(receive, host), engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO mine VALUES (1)"))
        for _ in range(2):
            with pytest.raises(SchemaMissing, match="Run `flask auditlog upgrade` as a role"):
                audit.record("a", session=connection)
        connection.execute(sa.text("INSERT INTO mine VALUES (2)"))
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM mine")).scalar() == 2
    assert len(failed) == 2
    assert state.of(host).recorder.counters["record_failed"] == 2
    assert types(host) == []


def test_upgrade_makes_it_for_a_role_that_may_use_it(
    make_app: MakeApp, engine: sa.Engine, empty_postgres_url: str, role: str
) -> None:
    owner = sa.create_engine(empty_postgres_url, poolclass=sa.NullPool)
    operators = Flask("operators")
    operators.config.update(TESTING=True, AUDITLOG_DATABASE_URL="sqlite://")
    AuditLog().init_app(operators, engine=owner)
    assert "The inbox is there: postgresql" in ok(operators, "upgrade")
    run(
        empty_postgres_url,
        f"GRANT USAGE ON SCHEMA auditlog TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON auditlog.audit_inbox TO {role}",
    )
    app = make_app(audit)
    with app.app_context(), engine.begin() as connection:
        audit.record("a", session=connection)
    assert types(app) == ["a"]
    state.of(operators).store.close()


def test_upgrade_tells_of_a_database_that_is_only_read(
    make_app: MakeApp, engine: sa.Engine
) -> None:
    app = Flask("reader")
    app.config.update(TESTING=True, AUDITLOG_DATABASE_URL="sqlite://")
    AuditLog().init_app(app, engine=engine)
    result = app.test_cli_runner().invoke(args=["auditlog", "upgrade"])
    assert result.exit_code == 0
    assert "No inbox: The inbox in postgresql" in result.stderr
    state.of(app).store.close()


def test_a_lost_table_fails_one_transaction_and_no_commit_is_lost_in_silence(
    host: Flask, empty_postgres_url: str
) -> None:
    engine = sa.create_engine(empty_postgres_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE ours (n integer)"))
        audit.record("a", session=connection)
    run(empty_postgres_url, "DROP TABLE auditlog.audit_inbox")
    connection = engine.connect()
    connection.execute(sa.text("INSERT INTO ours VALUES (1)"))
    with pytest.raises(sa.exc.ProgrammingError):
        audit.record("b", session=connection)
    # The database would answer a commit with a rollback, and say nothing.
    with pytest.raises(StoreError, match="can only be rolled back"):
        connection.commit()
    connection.rollback()
    connection.close()
    with engine.begin() as connection:
        audit.record("c", session=connection)
    assert types(host) == ["a", "c"]
    engine.dispose()
