"""What is dear to import is imported by those who need it, when they do."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import chain
from typing import get_type_hints

import click
import pytest
from click.testing import CliRunner
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog.cli import COMMANDS
from flask_auditlog.cli import Commands
from flask_auditlog.cli import commands
from flask_auditlog.store import SqlStore
from flask_auditlog.web.later import View
from flask_auditlog.web.viewer.pages import FOR_GUESTS

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
    assert find_spec(name) is not None
    assert name not in loaded


@pytest.fixture
def app() -> Flask:
    made = Flask("host")
    AuditLog(made)
    return made


def lazy(app: Flask) -> Iterator[View]:
    """Everything of ours in *app* that is imported when it is asked for."""
    views = [inspect.unwrap(each) for each in app.view_functions.values()]
    parts = [
        *views,
        *chain(*app.template_context_processors.values()),
        *(
            answer
            for by_code in app.error_handler_spec.values()
            for by_class in by_code.values()
            for answer in by_class.values()
        ),
    ]
    yield from (each for each in parts if isinstance(each, View))


def test_each_view_is_where_it_is_looked_for(app: Flask) -> None:
    found = {f"{view.__module__}.{view.__name__}" for view in lazy(app)}
    assert "flask_auditlog.web.admin.search_page.search" in found
    assert "flask_auditlog.web.admin.refusals.refuse" in found
    assert "flask_auditlog.web.admin.visitors.shell" in found
    assert "flask_auditlog.web.viewer.refusals.refuse" in found
    assert "flask_auditlog.web.problems.problem" in found
    for view in lazy(app):
        assert (view.itself.__module__, view.itself.__name__) == (view.__module__, view.__name__)


def test_each_page_for_a_guest_is_there(app: Flask) -> None:
    for name in FOR_GUESTS:
        assert f"auditlog_viewer.{name}" in app.view_functions


def test_an_extension_can_name_each_view(app: Flask) -> None:
    """As Flask-Limiter does: ``f"{f.__module__}.{f.__name__}.{f.__qualname__}"``."""
    for endpoint, view in app.view_functions.items():
        names = (view.__module__, view.__name__, view.__qualname__)
        assert all(isinstance(name, str) for name in names), endpoint
        assert "imported when" not in (view.__doc__ or "")


def test_the_types_of_what_is_public_can_be_asked_for() -> None:
    assert get_type_hints(vars(AuditLog)["events"].fget)["return"] is SqlStore


def test_the_hosts_own_way_with_slashes_is_the_pages_too() -> None:
    app = Flask("host")
    app.url_map.strict_slashes = False
    AuditLog(app)
    for rule in app.url_map.iter_rules():
        # Which was there before.
        if rule.endpoint != "static":
            assert not rule.strict_slashes, rule


def test_each_command_is_where_it_is_looked_for() -> None:
    context = click.Context(commands)
    for name in COMMANDS:
        found = commands.get_command(context, name)
        assert found is not None
        assert found.name == name
    assert commands.get_command(context, "no-such-command") is None


def test_the_host_may_add_a_command_to_ours(app: Flask) -> None:
    group = Commands("auditlog")
    group.add_command(click.Command("mine", callback=lambda: click.echo("done")))
    context = click.Context(group)
    assert group.list_commands(context) == sorted([*COMMANDS, "mine"])
    assert CliRunner().invoke(group, ["mine"]).output == "done\n"


def test_a_command_that_is_not_there_is_told_with_what_may_be_meant() -> None:
    said = CliRunner().invoke(Commands("auditlog"), ["serch"])
    assert said.exit_code == 2
    assert "search" in said.output
