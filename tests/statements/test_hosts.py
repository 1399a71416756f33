"""However the host reaches its database, its writes are told; whatever fails, it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask_sqlalchemy
import flask_sqlalchemy_lite
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.ext import asyncio as sa_asyncio

from flask_auditlog import AuditLog
from flask_auditlog.capture.statements import hearing
from flask_auditlog.capture.statements import rows
from tests.apps import counted
from tests.apps import events
from tests.apps import MakeApp
from tests.statements.hosts import Base
from tests.statements.hosts import Host
from tests.statements.hosts import User
from tests.statements.hosts import users


def paths(app: Flask) -> list[tuple[str, str | None]]:
    return [(event.type, event.resource_path) for event in events(app)]


def tracking(make_app: MakeApp, *models: Any, **config: Any) -> Flask:
    audit = AuditLog()
    audit.track(*models)
    return make_app(audit, **config)


async def write_async(url: str) -> None:
    engine = sa_asyncio.create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(sa.insert(users).values(name="a"))
    async with sa_asyncio.AsyncSession(engine) as session:
        await session.execute(sa.update(User).where(User.name == "a").values(is_active=False))
        await session.commit()
        await session.execute(sa.text("DELETE FROM users"))
        await session.rollback()
    await engine.dispose()


def test_async_sessions_and_connections(make_app: MakeApp, tmp_path: Path) -> None:
    app = tracking(make_app, User)
    with app.app_context():
        asyncio.run(write_async(f"sqlite+aiosqlite:///{tmp_path / 'host.db'}"))
    assert paths(app) == [("admin.USER-CREATE", "users/1"), ("admin.USER-UPDATE", "users/1")]
    assert counted(app, "capture_failed") == 0


def test_flask_sqlalchemy(make_app: MakeApp) -> None:
    db: Any = flask_sqlalchemy.SQLAlchemy()

    class Thing(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(9))

    app = tracking(make_app, Thing, SQLALCHEMY_DATABASE_URI="sqlite://")
    db.init_app(app)
    app.post("/rename")(lambda: str(_rename(db, Thing)))
    with app.app_context():
        db.create_all()
        db.session.execute(sa.insert(Thing).values(name="a"))
        db.session.commit()
    assert app.test_client().post("/rename").text == "1"
    # The request told something better than that it was there.
    assert paths(app) == [("admin.THING-CREATE", "thing/1"), ("admin.THING-UPDATE", "thing/1")]


def _rename(db: Any, model: Any) -> int:
    count: int = db.session.execute(sa.update(model).values(name="b")).rowcount
    db.session.commit()
    return count


def test_flask_sqlalchemy_lite(make_app: MakeApp) -> None:
    app = tracking(make_app, User, SQLALCHEMY_ENGINES={"default": "sqlite://"})
    db = flask_sqlalchemy_lite.SQLAlchemy()
    db.init_app(app)
    with app.app_context():
        Base.metadata.create_all(db.engine)
        db.session.execute(sa.insert(User), [{"id": 5, "name": "a"}])
        db.session.commit()
    assert paths(app) == [("admin.USER-CREATE", "users/5")]


def test_two_apps_with_one_model(make_app: MakeApp) -> None:
    first, second = (tracking(make_app, User) for _ in range(2))
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    Base.metadata.create_all(engine)
    for app, name in ((first, "a"), (second, "b")):
        with app.app_context(), engine.begin() as connection:
            connection.execute(sa.insert(users).values(name=name))
    engine.dispose()
    assert [event.resource_path for event in events(first)] == ["users/1"]
    assert [event.resource_path for event in events(second)] == ["users/2"]


def test_outside_of_any_app_a_table_of_two_is_told_to_none_and_logged(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    apps = [tracking(make_app, User) for _ in range(2)]
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(sa.insert(users).values(name="a"))
    engine.dispose()
    assert [paths(app) for app in apps] == [[], []]
    assert [counted(app, "capture_failed") for app in apps] == [1, 1]
    assert "several apps track it" in caplog.text


@pytest.mark.parametrize("organization", ["name", lambda user: user.name])
def test_a_row_has_its_organization_and_its_label(
    make_app: MakeApp, organization: Any, tmp_path: Path
) -> None:
    audit = AuditLog()
    audit.track(User, organization=organization, label="name", mask={"secret"})
    app = make_app(audit)
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'host.db'}")
    Base.metadata.create_all(engine)
    with app.app_context(), engine.begin() as connection:
        connection.execute(sa.insert(users).values(name="acme"))
        connection.execute(sa.delete(users))
    engine.dispose()
    assert [event.organization_id for event in events(app)] == ["acme", "acme"]
    assert [(event.details or {})["label"] for event in events(app)] == ["acme", "acme"]


def test_an_app_that_records_nothing_reads_nothing(make_app: MakeApp) -> None:
    app = tracking(make_app, User, AUDITLOG_ENABLED=False)
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    Base.metadata.create_all(engine)
    said: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    with app.app_context(), engine.begin() as connection:
        connection.execute(sa.update(users).values(name="a"))
    engine.dispose()
    assert len(said) == 1


def boom(*_: Any, **__: Any) -> Any:
    raise RuntimeError("boom")


@pytest.mark.parametrize(
    ("room", "name"),
    [
        (hearing, "dmls"),
        (hearing, "known"),
        (hearing, "put"),
        (hearing, "drafts_of"),
        (rows, "_is_one_of"),
    ],
)
def test_what_fails_here_is_counted_and_the_host_goes_on(
    host: Host, room: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, name, boom)
    assert host.run(sa.update(users).values(active=False)).rowcount == 3
    with host.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).where(~users.c.active)) == 3
    assert host.failures >= 1


def test_rows_that_cannot_be_read_are_told_without_them(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As for a role that may write, and not read.
    monkeypatch.setattr(rows.Reader, "matching", _broken_matching)
    with host.engine.begin() as connection:
        connection.execute(sa.update(users).where(users.c.id == 1).values(active=False))
        connection.execute(sa.update(users).where(users.c.id == 2).values(name="x"))
    with host.engine.connect() as connection:
        assert connection.scalar(sa.select(users.c.name).where(users.c.id == 2)) == "x"
    assert [(each[1], each[2]["rows"]) for each in host.told] == [("users", 1), ("users", 1)]
    assert host.failures == 2


def _broken_matching(reader: Any, element: Any, parameters: Any, *, most: int | None = None) -> Any:
    broken = sa.select(sa.text("no_such_column FROM users"))
    return reader._read(broken, {}, most or reader.most)  # noqa: SLF001 (what every reading goes through)


SECRET = "hunter2-" + "x" * 20


@pytest.mark.parametrize(
    "text",
    [
        f"UPDATE users SET name = '{SECRET}' WHERE id = 1",
        f"UPDATE users SET name = 'x' /* {SECRET} */ WHERE id = 1",
        f"UPDATE users SET name = 'x' WHERE id = 1 -- {SECRET}",
        f"DELETE FROM users WHERE name = 'it''s {SECRET}' OR id = 1",
        f"INSERT INTO users (id, name, active) VALUES (77, '{SECRET}', 'f')",
    ],
)
def test_no_value_of_a_text_reaches_the_log(host: Host, text: str) -> None:
    if host.engine.dialect.name in ("mysql", "mariadb"):
        text = text.replace("'f'", "0")
    host.run(text)
    [event] = events(host.app)
    assert event.details is not None
    assert event.details["rows"] == 1
    assert SECRET not in str(event)


DELETE: Any = sa.DDL("DELETE FROM users")  # type: ignore[no-untyped-call]  # it is SQLAlchemy's


@pytest.mark.parametrize(
    ("write", "rows"),
    [
        (lambda connection: connection.execute(sa.text("DELETE FROM users WHERE id < 3")), 2),
        (lambda connection: connection.exec_driver_sql("DELETE FROM users"), 3),
        (lambda connection: connection.execute(DELETE), None),
        (
            lambda connection: connection.execute(
                sa.text("DELETE FROM users WHERE id = :id"), [{"id": 1}, {"id": 2}]
            ),
            2,
        ),
    ],
    ids=["text", "driver", "ddl", "many"],
)
def test_a_text_is_told_however_it_is_sent(
    host: Host, write: Callable[[sa.Connection], Any], rows: int | None
) -> None:
    with host.engine.begin() as connection:
        write(connection)
    [(type_, path, details)] = host.told
    assert (type_, path) == ("admin.USER-DELETE", "users")
    assert rows is None or details["rows"] == rows


def test_a_text_of_no_row_and_one_that_only_reads_are_not_told(host: Host) -> None:
    host.run("UPDATE users SET name = 'x' WHERE id = 99")
    with host.engine.connect() as connection:
        connection.execute(sa.text("SELECT * FROM users WHERE name = 'DELETE FROM users'"))
    assert (host.told, host.failures) == ([], 0)


def test_a_text_that_is_rolled_back_is_not_told(host: Host) -> None:
    with host.engine.connect() as connection:
        connection.exec_driver_sql("DELETE FROM users")
        connection.rollback()
    assert host.told == []


def test_a_connection_that_commits_by_itself(host: Host) -> None:
    engine = host.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.begin() as connection:
        connection.execute(sa.update(users).where(users.c.id == 1).values(active=False))
        connection.exec_driver_sql("DELETE FROM users WHERE id = 2")
    assert [each[1] for each in host.told] == ["users/1", "users"]
    assert host.failures == 0
