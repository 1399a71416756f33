"""What the log tells of itself: that the app started another than before, that it was upgraded."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from flask_auditlog import AuditLog
from flask_auditlog import Event
from flask_auditlog import Query
from flask_auditlog import Scope
from flask_auditlog.store import migrate
from flask_auditlog.store import Page
from flask_auditlog.store import SqlStore
from tests.apps import close
from tests.apps import counted
from tests.apps import MakeApp
from tests.cli.shell import ok


class Base(DeclarativeBase):
    pass


class Invoice(Base):
    __tablename__ = "invoice"
    id: Mapped[int] = mapped_column(primary_key=True)


EVERYTHING = Scope(realm="default", organization_id=None)
ROOT = Path(__file__).parents[2]

Start = Callable[..., Flask]


@pytest.fixture
def start(make_app: MakeApp, database_url: str) -> Start:
    """Start an app that serves, as another process would, and use its log."""

    def started(audit: AuditLog | None = None, **config: Any) -> Flask:
        given = {"TESTING": False, "AUDITLOG_DATABASE_URL": database_url, **config}
        app = make_app(audit, **given)
        with app.app_context():
            AuditLog().events.head()
        return app

    return started


def found(app: Flask, **query: Any) -> list[Event]:
    with app.app_context():
        page = AuditLog().events.find(Query(**query), EVERYTHING, limit=100)
        return [record.event for record in page.records]


def starts(app: Flask) -> int:
    return len(found(app, type="system.STARTED"))


def test_the_first_start_is_recorded_without_an_actor(start: Start) -> None:
    (event,) = found(start(), type="system.*")
    assert (event.type, event.source) == ("system.STARTED", "system")
    assert (event.auth_details, event.request_id) == (None, None)
    assert event.details is not None
    assert event.details["app"] == "host"
    said = {name: event.details[name] for name in ("hooks", "tracked", "defined")}
    assert said == {"hooks": [], "tracked": 0, "defined": 0}


def test_the_next_start_is_no_news(start: Start) -> None:
    close(start())
    close(start(SECRET_KEY="another", AUDITLOG_KEYS=["another"]))
    assert starts(start()) == 1


@pytest.mark.parametrize(
    "config",
    [
        {"AUDITLOG_CAPTURE": {"requests": False}},
        {"AUDITLOG_REDACT": {"keep": ["iban"]}},
        {"AUDITLOG_LIMITS": {"event_bytes": 1000}},
        {"AUDITLOG_REALMS": ["default", "more"]},
    ],
    ids=str,
)
def test_another_configuration_is_news_and_so_is_the_way_back(
    start: Start, config: dict[str, Any]
) -> None:
    close(start())
    changed = start(**config)
    said = found(changed, type="system.STARTED")[0].details or {}
    (key,) = config
    # The limits are those that all tests' apps have.
    assert {*said["settings"]} == {"limits", key.removeprefix("AUDITLOG_").lower()}
    close(start())
    assert starts(start()) == 3


def test_what_the_host_registers_is_news(start: Start) -> None:
    close(start())
    hooked, defined, tracked = AuditLog(), AuditLog(), AuditLog()
    hooked.authorizer(lambda permission, realm, organization_id: True)
    defined.define("invoice.paid")
    tracked.track(Invoice)
    for audit in (hooked, defined, tracked):
        close(start(audit))
    assert starts(start()) == 5


def test_another_version_is_news(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    close(start())
    monkeypatch.setattr("flask_auditlog.state.news.version", lambda name: "99")
    assert found(start(), type="system.STARTED")[0].details["version"] == "99"  # type: ignore[index]


def test_apps_of_one_log_do_not_mix(start: Start, database_url: str) -> None:
    close(start())
    other = Flask("other")
    other.config.update(SECRET_KEY="s", AUDITLOG_DATABASE_URL=database_url)
    AuditLog(other)
    assert starts(other) == 2
    close(other)
    assert starts(start()) == 2


def test_it_is_hidden_until_it_is_asked_for(start: Start) -> None:
    app = start()
    with app.app_context():
        AuditLog().record("a")
        AuditLog().system_event("OUTAGE")
    assert [event.type for event in found(app)] == ["system.OUTAGE", "a"]
    assert [event.type for event in found(app, type="system.*")] == [
        "system.OUTAGE",
        "system.STARTED",
    ]
    assert len(found(app, reads=True)) == 3


def test_no_secret_and_no_place_is_in_it(start: Start) -> None:
    app = start(
        SECRET_KEY="hunter1",
        AUDITLOG_KEYS=["hunter2"],
        AUDITLOG_CAPTURE={"login_fields": ["postgresql://bob:hunter3@db/x"]},
    )
    said = json.dumps(found(app, type="system.STARTED")[0].details)
    assert "hunter" not in said
    assert "audit.db" not in said


def test_no_test_no_command_and_no_log_in_memory_starts(make_app: MakeApp, sqlite_url: str) -> None:
    memory = make_app(TESTING=False, AUDITLOG_DATABASE_URL="sqlite://")
    test = make_app(AUDITLOG_DATABASE_URL=sqlite_url)
    command = make_app(TESTING=False, AUDITLOG_DATABASE_URL=sqlite_url)
    off = make_app(TESTING=False, AUDITLOG_DATABASE_URL=sqlite_url, AUDITLOG_ENABLED=False)
    ok(command, "status")
    assert [starts(app) for app in (memory, test, command, off)] == [0, 0, 0, 0]


def test_to_start_opens_no_database(make_app: MakeApp) -> None:
    app = make_app(TESTING=False, AUDITLOG_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert counted(app, "news_failed") == 0


def test_a_start_that_cannot_be_recorded_stops_nothing(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("flask_auditlog.state.news.version", fail)
    app = start()
    with app.app_context():
        AuditLog().record("a")
    assert counted(app, "news_failed") == 1
    assert [event.type for event in found(app)] == ["a"]


MANY = """
import sys
from flask import Flask
from flask_auditlog import AuditLog

app = Flask("host")
app.config.update(SECRET_KEY="s", AUDITLOG_DATABASE_URL=sys.argv[1])
audit = AuditLog(app)
sys.stdin.readline()
with app.app_context():
    audit.record("a")
"""


def test_processes_that_start_at_once_start_once(start: Start, database_url: str) -> None:
    app = start(AUDITLOG_CAPTURE={"requests": False})
    command = [sys.executable, "-c", MANY, database_url]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for process in processes:
        process.communicate("\n", timeout=60)
    assert [process.returncode for process in processes] == [0] * 4
    assert len(found(app, type="a")) == 4
    assert starts(app) == 2


def test_who_comes_second_leaves_it_at_that(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    close(start())
    # What it would have found a moment before the first one was there.
    nothing = Page(records=(), next=None)
    monkeypatch.setattr(SqlStore, "find", lambda *_, **__: nothing)
    app = start()
    monkeypatch.undo()
    assert starts(app) == 1
    assert counted(app, "news_failed") == 0


NEXT = """
revision, down_revision = "9999", {last!r}


def upgrade():
    pass
"""


def test_an_upgrade_is_recorded(
    start: Start,
    make_app: MakeApp,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = start()
    with app.app_context():
        assert AuditLog().events.pending() == []
    versions = tmp_path / "migrations" / "versions"
    shutil.copytree(migrate._MIGRATIONS, versions.parent)  # noqa: SLF001
    last = max(path.name.partition("_")[0] for path in versions.glob("0*.py"))
    (versions / "9999_next.py").write_text(NEXT.format(last=last))
    monkeypatch.setattr(migrate, "_MIGRATIONS", versions.parent)
    close(app)
    ok(make_app(AUDITLOG_DATABASE_URL=database_url), "upgrade")
    new = found(make_app(AUDITLOG_DATABASE_URL=database_url), reads=True)
    told = {event.type: event for event in new}
    assert told["system.UPGRADED"].details == {"since": last, "ran": ["9999"]}
    assert told["system.UPGRADED"].auth_details is None
    who = told["admin.AUDIT_LOG-UPDATE"].auth_details
    assert who is not None
    assert who.username == "olga"
    assert found(app, type="a") == []
