"""``flask auditlog coverage`` on a real app, in a process of its own: models are of a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

APP = """
from flask import Blueprint, Flask
from flask.views import MethodView
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from flask_auditlog import AuditLog

class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)

db, audit = SQLAlchemy(model_class=Base), AuditLog()

class Invoice(db.Model): pass
class Visit(db.Model): pass
class Draft(db.Model): pass

class Plain(DeclarativeBase): pass
class Job(Plain):
    __tablename__ = "job"
    id: Mapped[int] = mapped_column(primary_key=True)

audit.track_all(db.Model, exclude={Visit: "counted, not audited", Draft: None})

audit.define("invoice.paid", description="Somebody paid.")

app = Flask("shop", static_folder=".")
# No database can be reached, and none is asked.
app.config.update(
    SECRET_KEY="dev",
    SQLALCHEMY_DATABASE_URI="postgresql+psycopg://nobody@127.0.0.1:1/none",
    AUDITLOG_DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/none",
    AUDITLOG_CAPTURE={"rules": [{"path": "/health*", "record": False, "reason": "a probe"}]},
)
db.init_app(app)
audit.init_app(app)

@app.post("/invoices/<int:number>/approve")
@audit.action("INVOICE", "ACTION", resource_path="invoices/{number}")
def approve(number): ...

@app.route("/note", methods=["GET", "POST"])
def note(): ...

@app.post("/healthz")
def healthz(): ...

@app.post("/beat")
@audit.exempt("every second")
def beat(): ...

class Thing(MethodView):
    @audit.exempt("is a draft")
    def put(self): ...
    @audit.action("THING", "DELETE")
    def delete(self): ...
    def get(self): ...

shop = Blueprint("shop", "shop")
shop.add_url_rule("/thing", view_func=Thing.as_view("thing"))
app.register_blueprint(shop)
"""

Coverage = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def coverage(tmp_path: Path) -> Coverage:
    """Type `flask auditlog coverage …`."""
    (tmp_path / "app.py").write_text(APP)
    kept = {name: v for name, v in os.environ.items() if not name.startswith("FLASK_")}

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", "auditlog", "coverage", *words],
            cwd=tmp_path,
            env={**kept, "PYTHONPATH": str(ROOT), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def items(done: subprocess.CompletedProcess[str]) -> dict[str, tuple[str, str]]:
    """Return state and reason by kind and name, without the signals."""
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["items"]

    return {
        f"{item['kind']} {item['name']}": (item["state"], item["why"])
        for item in found
        if item["kind"] != "signal"
    }


def test_everything_of_an_app_is_found(coverage: Coverage) -> None:
    assert items(coverage("--format", "json")) == {
        "model Draft": ("uncovered", 'exclude={Draft: "why not"}'),
        "model Job": ("uncovered", "audit.track(Job)"),
        "model Visit": ("ignored", "counted, not audited"),
        "model Invoice": ("audited", "tracked"),
        "route POST /beat": ("ignored", "every second"),
        "route POST /healthz": ("ignored", "a probe"),
        "route PUT /thing": ("ignored", "is a draft"),
        "route DELETE /thing": ("audited", "action admin.THING-DELETE"),
        "route POST /invoices/<int:number>/approve": ("audited", "action admin.INVOICE-ACTION"),
        "route POST /note": ("audited", "request"),
        "type invoice.paid": ("audited", "defined"),
    }


def test_every_signal_of_the_installed_libraries_is_known(coverage: Coverage) -> None:
    found = json.loads(coverage("--format", "json").stdout)["items"]
    signals = {item["name"]: item for item in found if item["kind"] == "signal"}
    assert [name for name, item in signals.items() if item["state"] == "uncovered"] == []
    assert signals["user_logged_in"]["why"] == "access.LOGIN"
    assert signals["user_accessed"]["state"] == "ignored"


def test_signals_that_nobody_listens_to_are_uncovered(coverage: Coverage, tmp_path: Path) -> None:
    text = APP.replace("AUDITLOG_CAPTURE={", 'AUDITLOG_CAPTURE={"logins": False, ')
    (tmp_path / "app.py").write_text(text)
    found = json.loads(coverage("--format", "json").stdout)["items"]
    logged_in = next(item for item in found if item["name"] == "user_logged_in")
    assert (logged_in["state"], logged_in["why"]) == (
        "uncovered",
        'AUDITLOG_CAPTURE: {"logins": True}',
    )


def test_what_the_tests_saw_is_added(coverage: Coverage, tmp_path: Path) -> None:
    seen = {
        "endpoints": {"note": ["access.REQUEST", "note.made"]},
        "tables": {"invoice": ["core", "flush"], "visit": ["text"], "legacy": ["text"]},
        "types": ["note.made"],
    }
    (tmp_path / "seen.json").write_text(json.dumps(seen))
    found = items(coverage("--format", "json", "--seen", "seen.json"))
    assert found["route POST /note"] == ("audited", "seen note.made")
    assert found["write invoice"] == ("audited", "tracked")
    assert found["write visit"] == ("ignored", "counted, not audited")
    assert found["write legacy"] == ("uncovered", "audit.track(…) the model of this table")
    assert found["type invoice.paid"] == ("uncovered", "a test in which one is recorded")


def test_the_text_begins_with_what_is_missing_and_the_line_to_add(coverage: Coverage) -> None:
    done = coverage()
    first, empty, head, draft, job, *_ = done.stdout.splitlines()
    assert empty == ""
    assert " covered: " in first
    assert first.endswith(" uncovered")
    assert head == "uncovered"
    assert job.split() == ["model", "Job", "app", "audit.track(Job)"]
    assert draft.endswith('exclude={Draft: "why not"}')
    approve = next(line for line in done.stdout.splitlines() if "approve" in line)
    assert "app.py:" in approve
    # No colours in a file.
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(("least", "status"), [("50", 0), ("100", 1)])
def test_it_fails_below_a_limit(coverage: Coverage, least: str, status: int) -> None:
    done = coverage("--fail-under", least)
    assert done.returncode == status
    assert ("is less than" in done.stderr) is (status == 1)


@pytest.mark.parametrize("text", ["", "[]", '{"endpoints": 1}', "\xff"])
def test_a_file_that_is_none_is_an_error_in_a_line(
    coverage: Coverage, tmp_path: Path, text: str
) -> None:
    (tmp_path / "seen.json").write_text(text, encoding="latin-1")
    done = coverage("--seen", "seen.json")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Error: seen.json is no file that pytest --audit-seen=seen.json wrote."
    ]


def test_a_log_that_is_off_covers_nothing(coverage: Coverage, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP.replace("AUDITLOG_CAPTURE=", "AUDITLOG_ENABLED=False, X="))
    done = coverage()
    assert done.returncode == 1
    assert "AUDITLOG_ENABLED" in done.stderr.splitlines()[-1]
