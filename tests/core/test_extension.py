from __future__ import annotations

import logging
import os
import random
import sys
from pathlib import Path
from typing import Any

import flask_sqlalchemy_lite
import pytest
import sqlalchemy as sa
from flask import appcontext_pushed
from flask import Blueprint
from flask import Flask
from flask import request_started
from sqlalchemy.ext.asyncio import create_async_engine

from flask_auditlog import AuditLog
from flask_auditlog import Query
from flask_auditlog import Scope
from flask_auditlog import state
from flask_auditlog.errors import ConfigError
from flask_auditlog.errors import QueryError
from tests.apps import close
from tests.apps import MakeApp
from tests.apps import records
from tests.apps import types

NOWHERE = "Set AUDITLOG_DATABASE_URL, for example to postgresql://"


def record(app: Flask, type_: str = "a") -> None:
    with app.app_context():
        AuditLog().record(type_)


def test_a_factory_makes_apps_that_share_nothing(make_app: MakeApp) -> None:
    audit = AuditLog()
    one, two = make_app(audit), make_app(audit)
    record(one)
    assert (types(one), types(two)) == (["a"], [])


def test_a_second_log_in_one_app_is_refused(make_app: MakeApp) -> None:
    with pytest.raises(ConfigError, match="already has an AuditLog"):
        AuditLog(make_app())


def test_an_app_that_runs_already_is_left_as_it_was() -> None:
    app = Flask("host")
    app.test_client().get("/")
    with pytest.raises(AssertionError):
        AuditLog(app)
    assert "auditlog" not in app.extensions


@pytest.mark.parametrize("name", ["auditlog", "auditlog_api"])
def test_a_blueprint_of_the_host_may_not_take_our_name(name: str) -> None:
    app = Flask("host")
    app.register_blueprint(Blueprint(name, __name__))
    with pytest.raises(ConfigError, match=f"has a blueprint {name} already"):
        AuditLog(app)
    assert list(app.blueprints) == [name]
    assert "auditlog" not in app.extensions


def test_a_lock_that_is_held_while_we_fork_is_free_in_the_child(make_app: MakeApp) -> None:
    kept = state.of(make_app())
    with kept._mutex:  # noqa: SLF001 (as another thread, that opens the store)
        child = os.fork()
        if child == 0:
            os._exit(not kept._mutex.acquire(timeout=5))  # noqa: SLF001 (as to open it)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize(
    ("config", "page", "endpoint"),
    [
        ({}, "/audit/", "/audit/realms/default/events"),
        ({"AUDITLOG_URL_PREFIX": "/a/b"}, "/a/b/", "/a/b/realms/default/events"),
        ({"AUDITLOG_API_PREFIX": "/auth"}, "/audit/", "/auth/realms/default/events"),
    ],
)
def test_pages_and_api_are_where_the_host_wants_them(
    make_app: MakeApp, config: dict[str, Any], page: str, endpoint: str
) -> None:
    client = make_app(**config).test_client()
    assert client.get(page).status_code == 403
    assert client.get(endpoint).status_code == 401
    assert client.post(endpoint).status_code == 401


# Where the log lives


def test_tests_have_a_log_in_memory(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app()
    record(app)
    assert types(app) == ["a"]
    assert list(tmp_path.rglob("*.db")) == []


def test_testing_may_be_said_after_the_log_was_made() -> None:
    app = Flask("host")
    AuditLog(app)
    app.config["TESTING"] = True
    record(app)
    assert types(app) == ["a"]
    close(app)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_memory_is_one_log_for_all_threads(make_app: MakeApp, url: str) -> None:
    app = make_app(AUDITLOG_DATABASE_URL=url, TESTING=False)
    record(app)
    with app.app_context():
        engine = AuditLog().events.engine
    with engine.connect() as one, engine.connect() as two:
        assert sa.inspect(one).get_table_names() == sa.inspect(two).get_table_names() != []
    assert types(app) == ["a"]


def test_under_debug_it_is_a_file_in_the_instance_folder(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app(TESTING=False, DEBUG=True)
    record(app)
    assert (tmp_path / "instance" / "auditlog.db").exists()


def test_a_url_wins_over_everything(make_app: MakeApp, sqlite_url: str, tmp_path: Path) -> None:
    app = make_app(AUDITLOG_DATABASE_URL=sqlite_url)
    record(app)
    assert (tmp_path / "audit.db").exists()


def test_elsewhere_the_first_use_names_the_line_to_add(make_app: MakeApp) -> None:
    app = make_app(TESTING=False)
    with app.app_context(), pytest.raises(ConfigError, match=NOWHERE):
        AuditLog().record("a")
    with app.app_context(), pytest.raises(ConfigError, match=NOWHERE):
        _ = AuditLog().events


@pytest.mark.parametrize("kind", ["engine", "callable"])
def test_an_engine_of_the_host_says_where(tmp_path: Path, kind: str) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'host.db'}")
    app = Flask("host")
    AuditLog().init_app(app, engine=engine if kind == "engine" else lambda: engine)
    record(app)
    assert types(app) == ["a"]
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # a QueuePool
    close(app)
    engine.dispose()


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
@pytest.mark.parametrize("kind", ["url", "engine", "flask-sqlalchemy-lite"])
def test_a_log_is_written_without_an_event_loop_where_the_host_has_one(
    postgres_url: str, kind: str, driver: str
) -> None:
    pytest.importorskip(driver)
    pytest.importorskip("psycopg")
    url = postgres_url.replace("+psycopg", f"+{driver}")
    app, audit = Flask("host"), AuditLog()
    app.config["SECRET_KEY"] = "s3cr3t"
    if kind == "url":
        app.config["AUDITLOG_DATABASE_URL"] = url
    if kind == "flask-sqlalchemy-lite":
        app.config["SQLALCHEMY_ASYNC_ENGINES"] = {"default": url}
        flask_sqlalchemy_lite.SQLAlchemy(app)
    audit.init_app(app, engine=create_async_engine(url) if kind == "engine" else None)
    record(app)
    assert types(app) == ["a"]
    close(app)


def test_a_log_beside_an_asynchronous_sqlite_file_is_a_file(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'host.db'}")
    app = Flask("host")
    AuditLog().init_app(app, engine=engine)
    record(app)
    assert types(app) == ["a"]
    close(app)
    assert [each.name for each in tmp_path.iterdir()] == ["host-auditlog.db"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://root@localhost/app", "The log cannot be stored in mysql"),
        ("mysql+pymysql://root@localhost/app", "only in PostgreSQL or SQLite"),
        ("oracle://localhost/app", "The log cannot be stored in oracle"),
        ("nonsense://localhost/app", "The log cannot be stored in nonsense"),
        ("postgresql+pg8000://localhost/app", "driver .* is not installed: no module 'pg8000'"),
    ],
)
def test_another_database_is_refused_in_a_sentence(make_app: MakeApp, url: str, words: str) -> None:
    app = make_app(AUDITLOG_DATABASE_URL=url)
    with app.app_context(), pytest.raises(ConfigError, match=words):
        AuditLog().record("a")


def test_asyncpgs_words_in_a_url_are_understood(postgres_url: str) -> None:
    url = sa.make_url(postgres_url).set(drivername="postgresql+asyncpg")
    words = {"ssl": "disable", "prepared_statement_cache_size": "0"}
    app = Flask("host")
    app.config["AUDITLOG_DATABASE_URL"] = url.update_query_dict(words).render_as_string(
        hide_password=False
    )
    AuditLog(app)
    record(app)
    assert types(app) == ["a"]
    close(app)


@pytest.mark.parametrize("url", ["", "no url", "postgresql://host:port/app"])
def test_what_is_no_url_is_refused_at_once(url: str) -> None:
    app = Flask("host")
    app.config["AUDITLOG_DATABASE_URL"] = url
    with pytest.raises(ConfigError, match="AUDITLOG_DATABASE_URL is not a database URL"):
        AuditLog(app)
    assert "auditlog" not in app.extensions


def test_realms_of_the_configuration_are_registered(make_app: MakeApp) -> None:
    app = make_app(AUDITLOG_REALMS=["live", "test"])
    with app.app_context():
        assert AuditLog().events.realms.all() == ["live", "test"]
        AuditLog().record("a")
    assert [each.event.realm_id for each in records(app, "live")] == ["live"]


# Switched off


def test_what_is_switched_off_says_so(make_app: MakeApp, caplog: pytest.LogCaptureFixture) -> None:
    make_app(AUDITLOG_ENABLED=False)
    assert "The audit log is off (AUDITLOG_ENABLED)" in caplog.text


def test_what_is_switched_off_opens_nothing(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(AUDITLOG_ENABLED=False, AUDITLOG_DATABASE_URL=sqlite_url)
    app.test_client().post("/nowhere")
    record(app)
    assert not Path(sa.make_url(sqlite_url).database or "").exists()


def test_nothing_is_said_at_import_or_init(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    make_app()
    assert (caplog.text, capsys.readouterr().out) == ("", "")


def test_a_cursor_outlives_the_key_it_was_made_with_while_that_is_kept(tmp_path: Path) -> None:
    def opened(*keys: str) -> Flask:
        app = Flask("keys")
        app.config["AUDITLOG_DATABASE_URL"] = f"sqlite:///{tmp_path / 'audit.db'}"
        app.config["AUDITLOG_KEYS"] = keys
        AuditLog(app)
        return app

    scope = Scope(realm="default", organization_id=None)
    with opened("old").app_context():
        AuditLog().record("a")
        AuditLog().record("b")
        cursor = AuditLog().events.find(Query(), scope, limit=1).next
    with opened("new", "old").app_context():
        (record,) = AuditLog().events.find(Query(), scope, limit=1, cursor=cursor).records
    assert record.event.type == "a"
    with opened("new").app_context(), pytest.raises(QueryError):
        AuditLog().events.find(Query(), scope, limit=1, cursor=cursor)


@pytest.fixture
def without_migrate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is imported, and not initialised yet, it is waited for."""
    monkeypatch.delitem(sys.modules, "flask_migrate", raising=False)


@pytest.mark.usefixtures("without_migrate")
def test_what_is_done_at_the_first_request_is_not_asked_for_at_later_ones(
    make_app: MakeApp,
) -> None:
    app = make_app(TESTING=False, AUDITLOG_DATABASE_URL="sqlite://")
    signals = (request_started, appcontext_pushed)
    assert all(list(signal.receivers_for(app)) for signal in signals)
    app.test_client().get("/")
    assert not any(list(signal.receivers_for(app)) for signal in signals)


@pytest.mark.usefixtures("without_migrate")
def test_each_app_has_a_first_request_of_its_own(make_app: MakeApp) -> None:
    one, other = make_app(), make_app()
    one.test_client().get("/")
    assert list(appcontext_pushed.receivers_for(other))
    other.test_client().get("/")
    assert not list(appcontext_pushed.receivers_for(other))


def test_the_hosts_random_numbers_are_its_own(make_app: MakeApp, sqlite_url: str) -> None:
    random.seed(7)
    expected = random.random()
    random.seed(7)
    app = make_app(AUDITLOG_DATABASE_URL=sqlite_url)
    with app.app_context():
        AuditLog().record("a")
    assert random.random() == expected
