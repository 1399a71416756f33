from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from marshmallow import fields
from marshmallow import Schema
from marshmallow import validate

from flask_auditlog import AuditLog
from flask_auditlog.cli import types as command
from flask_auditlog.errors import ConfigError
from tests.apps import events
from tests.apps import last
from tests.apps import MakeApp
from tests.cli.shell import ok
from tests.cli.shell import OPERATOR
from tests.cli.shell import refused
from tests.cli.shell import run

DAY = 24 * 3600 * 1000


class Line(Schema):
    sku = fields.String(required=True)


class InvoicePaid(Schema):
    amount = fields.Decimal(required=True, metadata={"description": "With | two\nplaces."})
    currency = fields.String(validate=validate.OneOf(["EUR", "USD"]))
    lines = fields.List(fields.Nested(Line), validate=validate.Length(min=1))
    rates = fields.Dict(values=fields.Float(validate=validate.Range(min=0)))
    note = fields.String(allow_none=True, validate=validate.Regexp("^a`b$"))


@pytest.fixture
def audit() -> AuditLog:
    audit = AuditLog()
    audit.define(
        "invoice.paid",
        schema=InvoicePaid,
        description="An invoice was paid.",
        example={"amount": "12.50"},
        version=2,
    )
    audit.define("invoice.sent")
    return audit


@pytest.fixture
def app(make_app: MakeApp, audit: AuditLog) -> Flask:
    app = make_app(audit, AUDITLOG_REALMS=["default", "other"])
    with app.app_context():
        for day in (3, 1, 2):
            audit.record("invoice.paid", details={"amount": 1}, time=day * DAY)
        audit.record("invoice.payd", time=DAY)
        audit.access_event("LOGIN_ERROR")
    return app


def test_types_are_listed_with_their_numbers(app: Flask) -> None:
    head, *rows = [line.split(maxsplit=4) for line in ok(app, "types").splitlines()]
    assert head == ["type", "records", "first", "last", "definition"]
    listed = {row[0]: row[1:] for row in rows}
    assert listed["invoice.paid"] == [
        "3",
        "1970-01-02T00:00:00.000Z",
        "1970-01-04T00:00:00.000Z",
        "version 2: An invoice was paid.",
    ]
    assert listed["invoice.sent"] == ["0", "-", "-", "version 1"]
    assert listed["invoice.payd"][0::3] == ["1", "not defined"]
    assert listed["access.LOGIN_ERROR"][3] == "built in: A login failed."


def test_looking_is_recorded(app: Flask) -> None:
    before = len(events(app))
    ok(app, "types")
    details = last(app).details or {}
    who = last(app).auth_details
    assert details == {"action": "types", "records": before}
    assert who is not None
    assert who.username == OPERATOR


def test_types_as_json(app: Flask) -> None:
    listed = {each["type"]: each for each in json.loads(ok(app, "types", "--format", "json"))}
    paid = listed["invoice.paid"]
    assert paid["schema"]["properties"]["amount"]["type"] == ["number", "string"]
    assert (paid["defined"], paid["version"], paid["records"]) == (True, 2, 3)
    assert (paid["firstTime"], paid["lastTime"]) == (DAY, 3 * DAY)
    assert paid["example"] == {"amount": "12.50"}
    assert listed["invoice.payd"] == {
        "type": "invoice.payd",
        "defined": False,
        "records": 1,
        "firstTime": DAY,
        "lastTime": DAY,
    }
    assert listed["invoice.sent"]["records"] == 0


def test_another_realm_has_other_types(app: Flask) -> None:
    listed = json.loads(ok(app, "types", "--format", "json", "--realm", "other"))
    assert [(each["type"], each["records"]) for each in listed] == [
        ("invoice.paid", 0),
        ("invoice.sent", 0),
    ]
    assert "no realm nowhere" in refused(app, "types", "--realm", "nowhere")


@pytest.mark.parametrize(
    "words", [["--defined"], ["--defined", "--format", "json"], ["--format", "markdown"]]
)
def test_what_is_defined_can_be_said_without_a_log(
    make_app: MakeApp, audit: AuditLog, words: list[str]
) -> None:
    said = ok(make_app(audit, TESTING=False), "types", *words)
    assert "invoice.paid" in said
    assert "records" not in said or words == ["--defined"]


def test_a_page_of_documentation(app: Flask) -> None:
    page = ok(app, "types", "--format", "markdown")
    assert "| `invoice.paid` | 2 | An invoice was paid. |" in page
    assert page.splitlines()[page.splitlines().index("## `invoice.paid`") + 2 :][:10] == [
        "An invoice was paid. Version 2.",
        "",
        "| field | value | required | what it is |",
        "| - | - | - | - |",
        "| `amount` | number or text | yes | With \\| two places. |",
        '| `currency` | one of `"EUR"`, `"USD"` |  |  |',
        "| `lines` | list, at least 1 |  |  |",
        "| `lines[]` | object |  |  |",
        "| `lines[].sku` | text | yes |  |",
        "| `rates` | object |  |  |",
    ]
    assert "| `rates.*` | number, at least 0 |  |  |" in page
    assert "| `note` | text or null, as `` ^a`b$ `` |  |  |" in page
    assert '```json\n{\n  "amount": "12.50"\n}\n```' in page
    assert "## `invoice.sent`\n\nVersion 1.\n\nThe details may be anything." in page
    assert "| `access.LOGIN` | Somebody logged in. |" in page


def test_too_many_types_are_cut(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "MOST", 2)
    app = make_app()
    with app.app_context():
        for name in "abc":
            AuditLog().record(name)
    result = run(app, "types", "--format", "json")
    assert [each["type"] for each in json.loads(result.stdout)] == ["a", "b"]
    assert "More than 2 types" in result.stderr


# The lock file


def defined(make_app: MakeApp, field: Any, version: int = 1) -> Flask:
    """Return an app with one type of one field."""
    audit = AuditLog()
    audit.define("a.b", schema=Schema.from_dict({"x": field}), version=version)
    return make_app(audit, TESTING=False)


def test_a_lock_is_written_and_checked(make_app: MakeApp, tmp_path: Path) -> None:
    path = str(tmp_path / "events.lock.json")
    app = defined(make_app, fields.Float())
    assert "types --lock" in refused(app, "types", "--check", path)
    assert "1 types" in ok(app, "types", "--lock", path)
    assert "1 types" in ok(app, "types", "--check", path)


def test_what_needs_a_new_version_is_not_locked_without(make_app: MakeApp, tmp_path: Path) -> None:
    path = tmp_path / "events.lock.json"
    ok(defined(make_app, fields.Float()), "types", "--lock", str(path))
    before = path.read_text()
    narrower = defined(make_app, fields.Integer())
    for option in ("--check", "--lock"):
        assert "needs version 2" in refused(narrower, "types", option, str(path))
    assert path.read_text() == before
    newer = defined(make_app, fields.Integer(), version=2)
    assert "was changed" in refused(newer, "types", "--check", str(path))
    ok(newer, "types", "--lock", str(path))
    ok(newer, "types", "--check", str(path))


def test_a_lock_that_cannot_be_written_is_a_line(make_app: MakeApp, tmp_path: Path) -> None:
    app = defined(make_app, fields.Float())
    assert "none" in refused(app, "types", "--lock", str(tmp_path / "none" / "lock"))


def test_a_type_is_defined_once() -> None:
    audit = AuditLog()
    audit.define("a")
    with pytest.raises(ConfigError):
        audit.define("a", description="Another.")
