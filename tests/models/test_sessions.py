"""Whoever made the session, and wherever it is used: what it writes is recorded with it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from pathlib import Path
from typing import Any

import flask_sqlalchemy
import flask_sqlalchemy_lite
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.ext.asyncio import create_async_engine

from flask_auditlog import Actor
from flask_auditlog import AuditLog
from tests.apps import close
from tests.apps import counted
from tests.apps import events
from tests.apps import MakeApp
from tests.apps import types
from tests.models.conftest import MakeHost
from tests.models.host import Base
from tests.models.host import Host
from tests.models.host import Post


def make_model(base: Any) -> Any:
    return type(
        "Thing",
        (base,),
        {
            "__tablename__": "things",
            "id": sa.Column(sa.Integer, primary_key=True),
            "name": sa.Column(sa.String(50)),
        },
    )


def flask_sqlalchemy_app(app: Flask, url: str) -> tuple[Any, Any]:
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db = flask_sqlalchemy.SQLAlchemy(app)
    return db, make_model(db.Model)


def flask_sqlalchemy_lite_app(app: Flask, url: str) -> tuple[Any, Any]:
    app.config["SQLALCHEMY_ENGINES"] = {"default": url}
    return flask_sqlalchemy_lite.SQLAlchemy(app), make_model(orm.declarative_base())


@pytest.mark.parametrize("extension", [flask_sqlalchemy_app, flask_sqlalchemy_lite_app])
def test_a_request_records_what_its_session_commits(
    make_app: MakeApp, tmp_path: Path, extension: Any
) -> None:
    audit = AuditLog()
    app = make_app(audit)
    db, model = extension(app, f"sqlite:///{tmp_path / 'host.db'}")
    audit.track(model)
    audit.actor_loader(lambda: Actor(user_id="7", username="alice"))
    audit.organization_loader(lambda: "acme")
    with app.app_context():
        model.metadata.create_all(db.engine)

    @app.post("/things")
    def create() -> str:
        db.session.add(model(name="a"))
        db.session.commit()
        return "done"

    app.test_client().post("/things")
    (event,) = events(app)
    assert (event.type, event.resource_path) == ("admin.THING-CREATE", "things/1")
    assert event.organization_id == "acme"
    assert event.auth_details is not None
    assert (event.auth_details.username, event.auth_details.ip_address) == ("alice", "127.0.0.1")
    assert event.request_id
    with app.app_context():
        db.engine.dispose()


def test_a_request_that_was_rolled_back_is_a_request(
    make_app: MakeApp, make_host: MakeHost
) -> None:
    host = make_host()
    host.audit.track(Post)

    @host.app.post("/posts")
    def create() -> str:
        host.session.add(Post(text="one"))
        host.session.flush()
        host.session.rollback()
        return "no"

    host.app.test_client().post("/posts")
    assert types(host.app) == ["access.REQUEST"]


def test_what_is_rolled_back_is_not_recorded(host: Host) -> None:
    host.audit.track(Post)
    host.session.add(Post(text="one"))
    host.flush()
    host.session.rollback()
    host.session.add(Post(text="two"))
    host.commit()
    assert host.changes["text"] == [None, "two"]


def test_what_a_savepoint_takes_back_is_not_recorded(host: Host) -> None:
    host.audit.track(Post)
    with host.app.app_context():
        host.session.add(Post(text="one"))
        with contextlib.suppress(ZeroDivisionError), host.session.begin_nested():
            host.session.add(Post(text="two"))
            host.session.flush()
            raise ZeroDivisionError
        with host.session.begin_nested():
            host.session.add(Post(text="three"))
        host.session.commit()
    told = [(event.details or {})["changes"]["text"][1] for event in host.events]
    assert told == ["one", "three"]


def test_a_flush_that_fails_records_nothing_then_or_later(host: Host) -> None:
    host.audit.track(Post)
    host.add(Post(id=1))
    host.session.expunge_all()
    host.session.add_all([Post(id=2, text="good"), Post(id=1, text="bad")])
    with host.app.app_context(), pytest.raises(sa.exc.IntegrityError):
        host.session.flush()
    host.session.rollback()
    host.session.add(Post(id=3))
    host.commit()
    assert host.told == [("POST-CREATE", "posts/3")]


@pytest.mark.parametrize("when", ["before", "after"])
def test_models_may_be_tracked_before_the_app_is_there(
    tmp_path: Path, make_app: MakeApp, when: str
) -> None:
    audit = AuditLog()
    app = Flask("host", instance_path=str(tmp_path))
    app.config.update(TESTING=True, SECRET_KEY="s")
    if when == "before":
        audit.track(Post)
        audit.init_app(app)
    else:
        audit.init_app(app)
        audit.track(Post)
    host = Host(app, audit, f"sqlite:///{tmp_path / 'host.db'}")
    host.session.add(Post())
    host.commit()
    assert host.told == [("POST-CREATE", "posts/1")]
    host.close()
    close(app)


def test_a_script_without_an_app_context_records_in_the_one_app_there_is(
    make_host: MakeHost,
) -> None:
    host = make_host(base=Own)
    host.audit.track(Alone)
    host.session.add(Alone())
    host.session.commit()
    assert host.told == [("ALONE-CREATE", "alone/1")]


class Own(orm.DeclarativeBase):
    pass


class Alone(Own):
    __tablename__ = "alone"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


class Shared(Own):
    __tablename__ = "shared"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


def test_of_two_apps_the_current_one_records(make_host: MakeHost) -> None:
    one, two = make_host(base=Own), make_host(base=Own)
    one.audit.track(Shared)
    two.audit.track(Shared, resource_type="THING")
    one.session.add(Shared())
    one.commit()
    two.session.add_all([Shared(), Shared()])
    two.commit()
    assert types(one.app) == ["admin.SHARED-CREATE"]
    assert types(two.app) == ["admin.THING-CREATE"] * 2


def test_an_app_that_does_not_track_a_model_records_nothing_of_it(make_host: MakeHost) -> None:
    one, two = make_host(base=Own), make_host(base=Own)
    one.audit.track(Shared)
    two.session.add(Shared())
    two.commit()
    assert types(one.app) == types(two.app) == []


def test_what_belongs_to_no_one_app_is_lost_loudly(
    make_host: MakeHost, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = make_host(base=Own), make_host(base=Own)
    one.audit.track(Shared)
    two.audit.track(Shared)
    one.session.add(Shared())
    one.session.commit()
    assert one.session.scalar(sa.select(sa.func.count()).select_from(Shared)) == 1
    assert types(one.app) == types(two.app) == []
    assert [counted(host.app, "capture_failed") for host in (one, two)] == [1, 1]
    assert caplog.text.count("Push an app context") == 1


def test_a_log_that_is_off_records_nothing(make_host: MakeHost) -> None:
    host = make_host(config={"AUDITLOG_ENABLED": False})
    host.audit.track(Post)
    host.session.add(Post())
    host.commit()
    assert host.events == []


def test_async_sessions_are_heard_by_their_sync_core(make_app: MakeApp, tmp_path: Path) -> None:
    audit = AuditLog()
    app = make_app(audit)
    audit.track(Post)

    async def work() -> None:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'host.db'}")
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with async_sessionmaker(engine)() as session:
            session.add(Post(text="one"))
            await session.commit()
            post = (await session.scalars(sa.select(Post))).one()
            post.text = "two"
            await session.commit()
            post.text = "three"
            await session.commit()
            await session.delete(post)
            await session.commit()
        await engine.dispose()

    with app.app_context():
        asyncio.run(work())
    kinds = [kind.rpartition("-")[2] for kind in types(app)]
    assert kinds == ["CREATE", "UPDATE", "UPDATE", "DELETE"]
    assert (events(app)[2].details or {})["changes"] == {"text": ["two", "three"]}


def test_each_change_goes_to_the_database_of_its_bind(
    make_app: MakeApp, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = sa.create_engine(f"sqlite:///{tmp_path / 'one.db'}")
    two = sa.create_engine(f"sqlite:///{tmp_path / 'two.db'}")
    audit = AuditLog()
    app = make_app(audit)
    audit.track(Post, Shared)
    Base.metadata.create_all(one)
    Own.metadata.create_all(two)
    with app.app_context(), orm.Session(binds={Post: one, Shared: two}) as session:
        session.add_all([Post(), Shared()])
        session.flush()
        for engine, model in ((one, Post), (two, Shared)):
            inbox = session.connection({"mapper": model}).exec_driver_sql(
                "SELECT count(*) FROM audit_inbox"
            )
            assert inbox.scalar() == 1, engine
        session.commit()
    assert sorted(types(app)) == ["admin.POST-CREATE", "admin.SHARED-CREATE"]
    one.dispose()
    two.dispose()


def test_threads_do_not_mix_their_changes(host: Host) -> None:
    host.audit.track(Post)
    host.add(*[Post(id=n) for n in range(1, 5)])

    def work(number: int) -> None:
        with (
            host.app.app_context(),
            host.audit.actor(user_id=str(number)),
            orm.Session(host.engine) as session,
        ):
            session.get_one(Post, number).text = f"text {number}"
            session.commit()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {
        (event.auth_details and event.auth_details.user_id, event.resource_path)
        for event in host.events
    } == {(str(n), f"posts/{n}") for n in range(1, 5)}
