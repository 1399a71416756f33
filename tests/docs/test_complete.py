"""What there is stands in the reference, and what stands there is there."""

from __future__ import annotations

import re

import msgspec
import pytest
from flask import Flask

import flask_auditlog
from flask_auditlog import AuditLog
from flask_auditlog import signals
from flask_auditlog.event import Actor
from flask_auditlog.event import Event
from flask_auditlog.export import COLUMNS
from flask_auditlog.store.promises import PERMISSIONS
from flask_auditlog.web import problems
from tests.docs import pages
from tools import reference_tables

REFERENCE = pages.DOCS / "reference"


def said(page: str) -> str:
    """Return the text of a page of the reference."""
    return (REFERENCE / page).read_text()


@pytest.fixture
def documented() -> Flask:
    """An app with an audit log."""
    app = Flask("documented")
    app.config.update(TESTING=True, SECRET_KEY="documented")
    AuditLog(app)
    return app


@pytest.mark.parametrize("page", reference_tables.TABLES)
def test_the_tables_of_a_page_are_those_of_the_code(page: str) -> None:
    assert said(page) == reference_tables.page(page), (
        "Run: .venv/bin/python -m tools.reference_tables"
    )


@pytest.mark.parametrize("name", sorted(set(flask_auditlog.__all__) - {"__version__"}))
def test_every_public_name_is_in_the_reference(name: str) -> None:
    assert re.search(rf":: flask_auditlog\.{name}$|`{name}`", said("python-api.md"), re.MULTILINE)


def test_every_signal_is_in_the_reference() -> None:
    mine = [name for name in vars(signals) if name.startswith(("event_", "delivery_"))]
    assert [name for name in mine if name not in said("signals.md")] == []


@pytest.mark.parametrize("kind", [Event, Actor])
def test_every_field_on_the_wire_is_in_the_reference(kind: type[msgspec.Struct]) -> None:
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    assert [name for name in names if f"| `{name}` |" not in said("event-format.md")] == []


def test_every_permission_is_in_the_reference() -> None:
    assert [name for name in PERMISSIONS if f"`{name}`" not in said("http-api.md")] == []


def test_every_status_is_in_the_reference() -> None:
    codes = sorted(set(problems.STATUS.values()))
    assert [code for code in codes if f"| {code} |" not in said("http-api.md")] == []


def test_every_route_of_the_api_is_in_the_reference(documented: Flask) -> None:
    text = said("http-api.md") + said("webhooks-api.md")
    shown = re.findall(r"^## [A-Z]+ `(.+)`$", text, re.MULTILINE)
    assert {rule.removeprefix("/audit") for rule in api_rules(documented)} == set(shown)


def api_rules(app: Flask) -> list[str]:
    """Return the rules of the API's views, without those that answer 404."""
    rules = [each for each in app.url_map.iter_rules() if each.endpoint != "auditlog_api.nothing"]
    return [each.rule for each in rules if each.endpoint.startswith("auditlog_api.")]


def test_every_column_of_a_csv_file_is_documented_in_its_order() -> None:
    page = (pages.DOCS / "how-to" / "export.md").read_text()
    listed = re.findall(r"`(\w+)`", page.partition("in this order:")[2].partition(". New")[0])
    assert listed == list(COLUMNS)
