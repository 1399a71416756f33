"""What is dear to import is imported by those who need it, when they do."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog.cli import commands
from flask_auditlog.web.later import View

SCRIPT = """
import sys
from flask import Flask
from flask_auditlog import AuditLog
AuditLog(Flask("host"))
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """What an app has loaded that has begun, and has done nothing yet."""
    told = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True)
    return set(told.stdout.decode().split())


@pytest.mark.parametrize(
    "name",
    [
        "alembic",
        "flask_auditlog.cli.webhooks",
        "flask_auditlog.store.sql",
        "flask_auditlog.web.admin.search_page",
        "flask_auditlog.web.api.ingest",
        "flask_auditlog.web.viewer.views",
        "lark",
        "limits",
        "marshmallow",
        "psycopg",
        "pyarrow",
        "sqlalchemy.dialects.postgresql.base",
    ],
)
def test_an_app_begins_without_it(loaded: set[str], name: str) -> None:
    assert "flask_auditlog.extension" in loaded
    assert name not in loaded


def test_each_view_is_where_it_is_looked_for() -> None:
    app = Flask("host")
    AuditLog(app)
    views = app.view_functions
    later = {name: view for name, view in views.items() if isinstance(view, View)}
    assert {name.partition(".")[0] for name in later} >= {
        "auditlog",
        "auditlog_api",
        "auditlog_viewer",
    }
    for name, view in later.items():
        assert view.itself.__name__ == view.__name__, name
        assert view.itself.__module__ == view.__module__, name


def test_each_command_is_where_it_is_looked_for() -> None:
    context = click.Context(commands)
    for name in commands.list_commands(context):
        found = commands.get_command(context, name)
        assert found is not None
        assert found.name == name
    assert commands.get_command(context, "no-such-command") is None
