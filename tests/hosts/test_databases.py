"""Beside the host's own database and its pool."""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import flask_sqlalchemy
import flask_sqlalchemy_lite
import pytest
import sqlalchemy as sa
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog.errors import ConfigError
from flask_auditlog.extension.opening import Where
from flask_auditlog.store import is_in_memory
from tests.apps import close
from tests.apps import types

Database = flask_sqlalchemy.SQLAlchemy | flask_sqlalchemy_lite.SQLAlchemy
KINDS = {"flask-sqlalchemy": flask_sqlalchemy, "flask-sqlalchemy-lite": flask_sqlalchemy_lite}


class Host:
    """An app with a database extension, and a log."""

    def __init__(self, kind: str, url: str, folder: Path, **options: int) -> None:
        self.app = Flask("host", instance_path=str(folder / "instance"))
        self.app.config["SQLALCHEMY_DATABASE_URI"] = url
        self.app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
        self.app.config["SQLALCHEMY_ENGINES"] = {"default": {"url": url, **options}}
        self.app.debug = True
        self.folder = folder
        self.db: Database = KINDS[kind].SQLAlchemy()

    def start(self, *, log_first: bool = False, engine: Where | None = None) -> Host:
        steps: list[Callable[[], None]] = [
            lambda: self.db.init_app(self.app),
            lambda: AuditLog().init_app(self.app, engine=engine),
        ]
        for step in reversed(steps) if log_first else steps:
            step()
        return self

    def record(self) -> None:
        with self.app.app_context():
            AuditLog().record("a")

    def place(self) -> str:
        with self.app.app_context():
            return AuditLog().events.place


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def made() -> Iterator[list[Host]]:
    hosts: list[Host] = []
    yield hosts
    for host in hosts:
        close(host.app)
        with host.app.app_context():
            host.db.engine.dispose()


@pytest.mark.parametrize("log_first", [False, True])
def test_a_host_on_postgresql_has_its_log_there(
    made: list[Host], kind: str, postgres_url: str, tmp_path: Path, log_first: bool
) -> None:
    host = Host(kind, postgres_url, tmp_path)
    made.append(host)
    host.start(log_first=log_first).record()
    assert types(host.app) == ["a"]
    assert postgres_url.rpartition("/")[2] in host.place()
    with host.app.app_context():
        assert sa.inspect(host.db.engine).get_table_names() == []


def test_a_host_on_sqlite_has_its_log_in_a_file_of_its_own(
    made: list[Host], kind: str, tmp_path: Path
) -> None:
    host = Host(kind, f"sqlite:///{tmp_path / 'host.db'}", tmp_path)
    made.append(host)
    host.start().record()
    assert (tmp_path / "instance" / "auditlog.db").exists()
    assert types(host.app) == ["a"]


def test_a_url_wins_over_the_hosts_database(
    made: list[Host], kind: str, postgres_url: str, sqlite_url: str, tmp_path: Path
) -> None:
    host = Host(kind, postgres_url, tmp_path)
    made.append(host)
    host.app.config["AUDITLOG_DATABASE_URL"] = sqlite_url
    host.start().record()
    assert host.place() == sqlite_url


def test_tests_of_a_host_on_postgresql_stay_in_memory(
    made: list[Host], kind: str, postgres_url: str, tmp_path: Path
) -> None:
    host = Host(kind, postgres_url, tmp_path)
    made.append(host)
    host.app.testing = True
    host.start().record()
    assert "vfs=memdb" in host.place()


def test_the_host_may_say_which_of_its_engines(
    made: list[Host], kind: str, postgres_url: str, tmp_path: Path
) -> None:
    host = Host(kind, f"sqlite:///{tmp_path / 'host.db'}", tmp_path)
    made.append(host)
    engine = sa.create_engine(postgres_url)
    host.start(engine=lambda: engine).record()
    assert types(host.app) == ["a"]
    assert postgres_url.rpartition("/")[2] in host.place()
    engine.dispose()


def test_the_host_may_give_its_own_engine_by_a_function(
    made: list[Host], kind: str, postgres_url: str, tmp_path: Path
) -> None:
    host = Host(kind, postgres_url, tmp_path)
    made.append(host)
    host.start(engine=lambda: host.db.engine).record()
    assert types(host.app) == ["a"]


@pytest.mark.parametrize("by", ["itself", "engine"])
def test_an_exhausted_pool_of_the_host_stops_no_event(
    made: list[Host], kind: str, postgres_url: str, tmp_path: Path, by: str
) -> None:
    host = Host(kind, postgres_url, tmp_path, pool_size=1, max_overflow=0, pool_timeout=1)
    made.append(host)
    host.start(engine=(lambda: host.db.engine) if by == "engine" else None)
    with host.app.app_context(), host.db.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE mine (n integer)"))
        threads = [threading.Thread(target=host.record) for _ in range(4)]
        for thread in threads:
            thread.start()
        host.record()
        for thread in threads:
            thread.join(timeout=20)
    assert types(host.app) == ["a"] * 5


def test_what_the_host_rolls_back_leaves_the_log_alone(
    made: list[Host], kind: str, postgres_url: str, tmp_path: Path
) -> None:
    host = Host(kind, postgres_url, tmp_path)
    made.append(host)
    host.start()
    with host.app.app_context():
        host.db.session.execute(sa.text("CREATE TABLE mine (n integer)"))
        host.record()
        host.db.session.rollback()
    assert types(host.app) == ["a"]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///file:h?mode=memory&cache=shared&uri=true"])
def test_an_engine_in_the_hosts_memory_gives_the_log_a_memory_of_its_own(url: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.StaticPool)
    app = Flask("host")
    AuditLog().init_app(app, engine=engine)
    with app.app_context():
        AuditLog().record("a")
    assert types(app) == ["a"]
    assert sa.inspect(engine).get_table_names() == []
    close(app)
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "is_so"),
    [
        ("sqlite://", True),
        ("sqlite:///:memory:", True),
        ("sqlite+aiosqlite://", True),
        ("sqlite:///file:h?mode=memory&cache=shared&uri=true", True),
        ("sqlite:///file:/h?vfs=memdb&uri=true", True),
        ("sqlite:////tmp/h.db", False),
        ("sqlite:///file:h.db?mode=rwc&uri=true", False),
        ("postgresql://localhost/memory?mode=memory", False),
    ],
)
def test_what_is_in_memory_is_known_by_its_address(url: str, is_so: bool) -> None:
    """There the inbox is emptied by the host's own thread: others would be in its way."""
    assert is_in_memory(url) is is_so


def test_a_log_in_memory_needs_a_newer_sqlite_than_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 35, 5))
    app = Flask("host")
    app.testing = True
    AuditLog(app)
    with app.app_context(), pytest.raises(ConfigError, match=r"SQLite 3\.36"):
        AuditLog().record("a")


def test_an_engine_of_a_sqlite_file_gives_the_log_a_file_beside_it(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'host.db'}")
    app = Flask("host")
    AuditLog().init_app(app, engine=lambda: engine)
    with engine.begin() as busy:
        busy.exec_driver_sql("CREATE TABLE things (id INTEGER)")
        with app.app_context():
            AuditLog().record("a")
    assert types(app) == ["a"]
    assert sa.inspect(engine).get_table_names() == ["things"]
    assert (tmp_path / "host-auditlog.db").exists()
    close(app)
    engine.dispose()
