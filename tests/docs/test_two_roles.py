"""The two roles of docs/how-to/postgresql.md, made as the page says."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import current_app
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog import Query
from flask_auditlog import Scope
from flask_auditlog.store import migrate
from tests import services
from tests.docs import pages

PAGE = pages.DOCS / "how-to" / "postgresql.md"


@pytest.fixture
def names() -> dict[str, str]:
    """The page's names, made this test's own: roles belong to the whole server."""
    mine = uuid.uuid4().hex
    return {name: f"{name}_{mine}" for name in ("audit_owner", "audit_app")}


@pytest.fixture
def url(postgres_server: services.Server, names: dict[str, str]) -> Iterator[str]:
    """The application's URL, on a server that was set up by the page."""
    roles, grants = (renamed(sql, names) for sql in pages.blocks(PAGE, "sql"))
    database = names["audit_app"].replace("_app", "")
    roles = roles.replace("DATABASE audit", f"DATABASE {database}")
    run(postgres_server.url, roles)
    mine = postgres_server.url.rpartition("/")[0] + f"/{database}"
    owner = mine.replace("postgres@", f"{names['audit_owner']}@")
    migrate.upgrade(sa.create_engine(owner, poolclass=sa.NullPool))
    run(owner, grants)
    yield mine.replace("postgres@", f"{names['audit_app']}@")
    postgres_server.drop(mine)
    run(postgres_server.url, "".join(f"DROP ROLE {name};\n" for name in names.values()))


def renamed(sql: str, names: dict[str, str]) -> str:
    """Return the page's SQL with other names."""
    for name, mine in names.items():
        sql = sql.replace(name, mine)
    return sql


def run(url: str, sql: str) -> None:
    """Run the statements of *sql*, each by itself as psql does."""
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for line in sql.splitlines():
            connection.exec_driver_sql(line.partition("--")[0])


@pytest.fixture
def audit(url: str) -> Iterator[AuditLog]:
    """An app that runs as the role that may only add."""
    app = Flask("limited")
    app.config.update(TESTING=True, SECRET_KEY="limited", AUDITLOG_DATABASE_URL=url)
    audit = AuditLog(app)
    with app.app_context():
        yield audit
        audit.events.close()


def test_the_application_records_and_reads(audit: AuditLog) -> None:
    assert audit.record("invoice.paid").state == "committed"
    page = audit.events.find(Query(), Scope(realm="default", organization_id=None), limit=10)
    assert [record.event.type for record in page.records] == ["invoice.paid"]


def test_the_application_takes_events_over_http(audit: AuditLog) -> None:
    _, secret = audit.events.tokens.create(
        name="billing", realm="default", permissions=["publish-events"]
    )
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "once"}
    client = current_app.test_client()
    answers = [
        client.post("/audit/realms/default/events", json={"type": "a.b"}, headers=headers)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json == answers[1].json


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE auditlog.audit_record SET body = ''",
        "DELETE FROM auditlog.audit_record",
        "TRUNCATE auditlog.audit_record",
        "ALTER TABLE auditlog.audit_record DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_record_append_only ON auditlog.audit_record",
        "DROP TABLE auditlog.audit_record",
        "CREATE TABLE auditlog.mine (n integer)",
    ],
)
def test_the_application_cannot_change_what_was_recorded(url: str, statement: str) -> None:
    with pytest.raises(sa.exc.ProgrammingError, match=r"must be owner|permission denied"):
        run(url, statement)
