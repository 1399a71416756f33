from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from flask_auditlog import AuditLog
from tests.apps import MakeApp
from tests.apps import types
from tests.cli.shell import ok
from tests.cli.shell import refused

COMMANDS = [
    ["upgrade"],
    ["status"],
    ["move"],
    ["realm", "add", "acme"],
    ["realm", "list"],
    ["token", "create", "--permission", "view-events"],
    ["token", "list"],
    ["token", "revoke", "x"],
    ["search"],
    ["tail", "--seconds", "0"],
    ["export"],
    ["types"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_needs_to_know_where_the_log_lives(
    make_app: MakeApp, words: list[str]
) -> None:
    line = refused(make_app(TESTING=False), *words)
    assert line.startswith("Error: The audit log has no database. Set AUDITLOG_DATABASE_URL, ")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_says_in_a_line_that_the_database_is_away(
    make_app: MakeApp, words: list[str]
) -> None:
    url = "postgresql://nobody:hunter2@127.0.0.1:1/none"
    line = refused(make_app(AUDITLOG_DATABASE_URL=url), *words)
    assert "cannot be reached" in line
    assert "hunter2" not in line


@pytest.mark.parametrize("words", COMMANDS[1:], ids=" ".join)
def test_every_command_says_that_the_tables_are_missing(
    make_app: MakeApp, empty_postgres_url: str, words: list[str]
) -> None:
    line = refused(make_app(AUDITLOG_DATABASE_URL=empty_postgres_url), *words)
    assert "flask auditlog upgrade" in line


def test_upgrade_makes_the_tables_and_may_be_run_again(
    make_app: MakeApp, empty_postgres_url: str
) -> None:
    app = make_app(AUDITLOG_DATABASE_URL=empty_postgres_url)
    for _ in range(2):
        assert ok(app, "upgrade").startswith("The log is up to date: postgresql")
    with app.app_context():
        AuditLog().record("a")
    assert types(app) == ["admin.AUDIT_LOG-CREATE", "a"]


def test_upgrade_makes_the_file_of_sqlite(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(AUDITLOG_DATABASE_URL=sqlite_url)
    assert sqlite_url in ok(app, "upgrade")
    assert Path(sa.make_url(sqlite_url).database or "").exists()


def test_a_password_is_not_shown(make_app: MakeApp, postgres_url: str) -> None:
    url = sa.make_url(postgres_url).set(password="hunter2").render_as_string(hide_password=False)
    app = make_app(AUDITLOG_DATABASE_URL=url)
    assert "hunter2" not in ok(app, "upgrade") + ok(app, "status")


def test_status_says_where_the_log_is_and_how(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(AUDITLOG_DATABASE_URL=sqlite_url, AUDITLOG_REALMS=["live", "test"])
    with app.app_context():
        AuditLog().record("a")
    said = dict(line.split(maxsplit=1) for line in ok(app, "status").splitlines())
    assert said == {
        "store": sqlite_url,
        "recording": "on",
        "records": "1",
        "sifted": "0 of them, for searches of texts",
        "realms": "live, test",
        "tables": "up to date",
    }


def test_status_says_that_nothing_is_recorded(make_app: MakeApp) -> None:
    assert "off (AUDITLOG_ENABLED)" in ok(make_app(AUDITLOG_ENABLED=False), "status")


def test_an_app_without_a_log_has_no_commands() -> None:
    result = Flask("bare").test_cli_runner().invoke(args=["auditlog", "status"])
    assert "No such command" in result.output
