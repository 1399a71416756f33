"""From the inbox to the log: at once, once, in order, and in spite of everything."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import current_app
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog import event_failed
from flask_auditlog import event_recorded
from flask_auditlog import Record
from flask_auditlog import state
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.event import new_uid
from flask_auditlog.store.inbox.table import Row
from flask_auditlog.work.embedded import background_of
from flask_auditlog.work.embedded import mover_of
from tests.apps import MakeApp
from tests.apps import types
from tests.cli.shell import ok
from tests.inbox.waiting import inbox_of
from tests.inbox.waiting import moved
from tests.inbox.waiting import until
from tests.inbox.waiting import waiting

audit = AuditLog()


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """The engine of a host whose database others can reach too."""
    url = f"sqlite:///{tmp_path / 'host.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("empty_postgres_url")
    if request.param == "mariadb":
        pytest.importorskip("pymysql")
        url = request.getfixturevalue("mariadb_url")
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def log_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'log' / 'audit.db'}"


@pytest.fixture
def make_host(make_app: MakeApp, log_url: str, engine: sa.Engine) -> Iterator[MakeApp]:
    """Make an app that is not under test."""
    made: list[Flask] = []

    def make(audit_: AuditLog | None = None, **config: str) -> Flask:
        app = make_app(audit_ or audit, TESTING=False, AUDITLOG_DATABASE_URL=log_url, **config)
        made.append(app)
        return app

    yield make
    for app in made:
        background_of(state.of(app)).close()
        inbox_of(app, engine).beside.close()


@pytest.fixture
def host(make_host: MakeApp, tmp_path: Path) -> Iterator[Flask]:
    (tmp_path / "log").mkdir()
    app = make_host()
    with app.app_context():
        yield app


def put(engine: sa.Engine, *names: str, uid: str | None = None) -> None:
    """Record in a transaction that is committed."""
    with engine.begin() as connection:
        for name in names:
            audit.record(name, session=connection, uid=uid)


def crashing(app: Flask, engine: sa.Engine) -> None:
    """Move as a process does that dies when the log has the events."""

    def take(rows: Sequence[Row]) -> Mapping[int, str]:
        mover_of(state.of(app))._take(inbox_of(app, engine), rows)  # noqa: SLF001
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inbox_of(app, engine).move(take)


def test_a_thread_moves_what_was_committed_soon_after(host: Flask, engine: sa.Engine) -> None:
    put(engine, "a", "b")
    moved(host, ["a", "b"])
    put(engine, "c")
    moved(host, ["a", "b", "c"])
    until(lambda: waiting(host, engine).count == 0)


def test_what_a_dead_process_left_is_moved_by_the_next(
    make_host: MakeApp, engine: sa.Engine, tmp_path: Path
) -> None:
    (tmp_path / "log").mkdir()
    dead = make_host(AUDITLOG_WORKER="external")
    with dead.app_context():
        put(engine, "a", "b")
    assert types(dead) == []
    living = AuditLog()
    app = Flask("living")
    app.config["AUDITLOG_DATABASE_URL"] = dead.config["AUDITLOG_DATABASE_URL"]
    living.init_app(app)
    inbox_of(app, engine)
    # Its first request begins the thread, which looks at all inboxes that are known.
    app.test_client().get("/")
    moved(app, ["a", "b"])
    background_of(state.of(app)).close()
    inbox_of(app, engine).beside.close()
    state.of(app).store.close()


def test_a_death_between_append_and_delete_doubles_nothing(
    make_host: MakeApp, engine: sa.Engine, tmp_path: Path
) -> None:
    (tmp_path / "log").mkdir()
    app = make_host(AUDITLOG_WORKER="external")
    told: list[str] = []

    def receive(sender: Flask, record: Record) -> None:
        if record.event.source == "capture":
            told.append(record.event.type)

    with app.app_context(), event_recorded.connected_to(receive, app):
        put(engine, "a", "b")
        crashing(app, engine)
        assert types(app) == ["a", "b"]
        assert waiting(app, engine).count == 2
        assert mover_of(state.of(app)).drain(inbox_of(app, engine)) == 2
    assert types(app) == ["a", "b"]
    assert told == ["a", "b"]
    assert waiting(app, engine).count == 0


def test_while_the_log_is_away_events_wait(
    make_host: MakeApp, engine: sa.Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_host()
    counted = state.of(app).recorder.counters
    with app.app_context():
        put(engine, "a")
        put(engine, "b")
        until(lambda: state.of(app).recorder.counters.get("move_failed", 0) > 2)
        assert waiting(app, engine).count == 2
        assert "recorded" not in counted
        (tmp_path / "log").mkdir()
        moved(app, ["a", "b"])
    assert "events wait in the inbox of" in caplog.text


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_the_log_refuses_stops_no_other(
    host: Flask, engine: sa.Engine, place: int, caplog: pytest.LogCaptureFixture
) -> None:
    failed: list[Exception] = []

    def receive(sender: Flask, event: None, error: Exception) -> None:
        failed.append(error)

    uid = new_uid()
    audit.record("first", uid=uid)
    names = ["a", "b", "c"]
    with event_failed.connected_to(receive, host), engine.begin() as connection:
        for number, name in enumerate(names):
            audit.record(name, session=connection, uid=uid if number == place else None)
        connection.commit()
        until(lambda: len(types(host)) == 3)
        until(lambda: waiting(host, engine).aside == 1)
    assert types(host) == ["first", *(name for n, name in enumerate(names) if n != place)]
    assert waiting(host, engine).count == 0
    assert state.of(host).recorder.counters["set_aside"] == 1
    assert len(failed) == 1
    assert uid in caplog.text
    assert "1 refused by the log" in ok(host, "status")


def test_what_is_no_event_any_more_is_set_aside(host: Flask, engine: sa.Engine) -> None:
    put(engine, "a")
    moved(host, ["a"])
    table = "auditlog.audit_inbox" if engine.dialect.name == "postgresql" else "audit_inbox"
    with engine.begin() as connection:
        for body in (b"{", b"\xff", b"{}"):
            values = {"uid": new_uid(), "body": body}
            sql = f"INSERT INTO {table} (uid, time, body) VALUES (:uid, 0, :body)"
            connection.execute(sa.text(sql), values)
    put(engine, "b")
    moved(host, ["a", "b"])
    until(lambda: waiting(host, engine).aside == 3)


def test_two_processes_move_at_once_and_nothing_is_doubled(
    make_host: MakeApp, engine: sa.Engine, tmp_path: Path
) -> None:
    (tmp_path / "log").mkdir()
    first = make_host(AUDITLOG_WORKER="external")
    second = Flask("second")
    second.config.update(AUDITLOG_DATABASE_URL=first.config["AUDITLOG_DATABASE_URL"])
    AuditLog().init_app(second)
    names = [f"n.{number}" for number in range(500)]
    with first.app_context():
        put(engine, *names)
    errors: list[Exception] = []

    def work(app: Flask) -> None:
        for _ in range(20):
            try:
                mover_of(state.of(app)).drain(inbox_of(app, engine))
            except StoreUnavailable as error:
                errors.append(error)  # SQLite is busy
            else:
                return

    threads = [threading.Thread(target=work, args=(app,)) for app in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert types(first) == names
    assert waiting(first, engine).count == 0
    inbox_of(second, engine).beside.close()
    state.of(second).store.close()


def test_a_receiver_has_the_apps_context(host: Flask, engine: sa.Engine) -> None:
    seen: list[str] = []

    def receive(sender: Flask, record: Record) -> None:
        if record.event.type == "a":
            seen.append(current_app.name)

    with event_recorded.connected_to(receive, host):
        put(engine, "a")
        until(lambda: seen == ["host"])


def test_a_receiver_may_record_in_a_transaction_itself(host: Flask, engine: sa.Engine) -> None:
    def receive(sender: Flask, record: Record) -> None:
        if record.event.type == "a":
            put(engine, "b")

    with event_recorded.connected_to(receive, host):
        put(engine, "a")
        moved(host, ["a", "b"])


def test_the_end_of_a_process_waits_for_what_is_being_moved(host: Flask, engine: sa.Engine) -> None:
    put(engine, *(f"n.{number}" for number in range(300)))
    background_of(state.of(host)).close()
    assert waiting(host, engine).count == 0


def test_the_commands_move_and_tell(
    make_host: MakeApp, engine: sa.Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "log").mkdir()
    app = make_host(AUDITLOG_WORKER="external")
    with app.app_context():
        put(engine, "a", "b")
    assert "inbox      2 waiting for 0 s: " in ok(app, "status")
    assert ok(app, "move") == "2 moved\n"
    assert types(app) == ["a", "b"]
    assert "inbox      0 waiting: " in ok(app, "status")
    assert ok(app, "move", "--every", "0.1", "--seconds", "0") == "0 moved\n"
    caplog.set_level(logging.CRITICAL)
    with app.app_context():
        uid = new_uid()
        put(engine, "c", uid=uid)
        put(engine, "d", uid=uid)
    assert ok(app, "move") == "2 moved\n"
    assert "1 refused by the log" in ok(app, "status")
    assert ok(app, "move") == "0 moved\n"
    assert ok(app, "move", "--again") == "1 moved\n"
