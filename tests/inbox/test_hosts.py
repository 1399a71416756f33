"""Sessions, binds and transactions as hosts have them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask_sqlalchemy
import flask_sqlalchemy_lite
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from sqlalchemy.orm import Session

from flask_auditlog import AuditLog
from flask_auditlog import state
from tests.apps import close
from tests.apps import MakeApp
from tests.apps import types
from tests.inbox.waiting import inbox_of
from tests.inbox.waiting import waiting

audit = AuditLog()


class Base(DeclarativeBase):
    """The host's models."""


class Thing(Base):
    """One of them."""

    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture
def host(make_app: MakeApp) -> Iterator[Flask]:
    app = make_app(audit)
    with app.app_context():
        yield app


def file(tmp_path: Path, name: str) -> str:
    return f"sqlite:///{tmp_path / name}.db"


def tables(engine: sa.Engine) -> list[str]:
    return sa.inspect(engine).get_table_names()


@pytest.mark.parametrize("kind", ["flask-sqlalchemy", "flask-sqlalchemy-lite"])
@pytest.mark.parametrize("log_first", [False, True])
def test_each_bind_has_an_inbox_of_its_own(tmp_path: Path, kind: str, log_first: bool) -> None:
    app = Flask("host", instance_path=str(tmp_path))
    first, second = file(tmp_path, "first"), file(tmp_path, "second")
    app.config.update(
        TESTING=True,
        SQLALCHEMY_DATABASE_URI=first,
        SQLALCHEMY_BINDS={"second": second},
        SQLALCHEMY_ENGINES={"default": first, "second": second},
    )
    db: Any = (
        flask_sqlalchemy.SQLAlchemy()
        if kind == "flask-sqlalchemy"
        else flask_sqlalchemy_lite.SQLAlchemy()
    )
    log = AuditLog()
    for part in (log, db) if log_first else (db, log):
        part.init_app(app)
    with app.app_context():
        engines = dict(db.engines)
        one, two = db.engine, engines["second"]
        log.record("first", session=db.session)
        other = db.session.connection(bind_arguments={"bind": two})
        log.record("second", session=other)
        assert types(app) == []
        db.session.commit()
        assert sorted(types(app)) == ["first", "second"]
        assert [tables(one), tables(two)] == [["audit_inbox"], ["audit_inbox"]]
        for engine in engines.values():
            engine.dispose()
    close(app)


def test_upgrade_makes_the_inbox_of_every_bind(tmp_path: Path) -> None:
    app = Flask("host", instance_path=str(tmp_path))
    app.config.update(
        TESTING=True,
        SQLALCHEMY_DATABASE_URI=file(tmp_path, "first"),
        SQLALCHEMY_BINDS={"second": file(tmp_path, "second")},
    )
    db = flask_sqlalchemy.SQLAlchemy(app)
    AuditLog(app)
    result = app.test_cli_runner().invoke(args=["auditlog", "upgrade"])
    assert result.stdout.count("The inbox is there") == 2
    with app.app_context():
        assert [tables(engine) for engine in db.engines.values()] == [["audit_inbox"]] * 2
        for engine in db.engines.values():
            engine.dispose()
    close(app)


def test_what_waited_in_a_bind_is_found_after_a_restart(tmp_path: Path) -> None:
    url = file(tmp_path, "second")
    left = Flask("left")
    left.config.update(
        AUDITLOG_WORKER="external", AUDITLOG_DATABASE_URL=file(tmp_path, "log"), TESTING=False
    )
    audit.init_app(left)
    engine = sa.create_engine(url)
    with left.app_context(), engine.begin() as connection:
        audit.record("a", session=connection)
    app = Flask("host", instance_path=str(tmp_path))
    app.config.update(
        AUDITLOG_DATABASE_URL=file(tmp_path, "log"),
        SQLALCHEMY_DATABASE_URI=file(tmp_path, "never-made"),
        SQLALCHEMY_BINDS={"second": url},
    )
    db = flask_sqlalchemy.SQLAlchemy(app)
    AuditLog(app)
    result = app.test_cli_runner().invoke(args=["auditlog", "move"])
    assert result.stdout == "1 moved\n"
    assert types(app) == ["a"]
    # To look for an inbox is no reason to make a file.
    assert not (tmp_path / "never-made.db").exists()
    with app.app_context():
        for each in db.engines.values():
            each.dispose()
    engine.dispose()
    close(app)
    close(left)


def test_two_sessions_in_one_request(host: Flask, tmp_path: Path) -> None:
    engines = [sa.create_engine(file(tmp_path, name)) for name in ("one", "two")]

    @host.post("/both")
    def both() -> str:
        with Session(engines[0]) as one, Session(engines[1]) as two:
            audit.record("one", session=one)
            audit.record("two", session=two)
            one.commit()
            two.rollback()
        return "done"

    host.test_client().post("/both")
    assert types(host) == ["one"]
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize(
    ("end", "expected"),
    [("commit", ["a"]), ("rollback", ["access.REQUEST"]), ("savepoint", ["access.REQUEST"])],
)
def test_a_request_is_on_record_when_what_it_did_was_rolled_back(
    host: Flask, engine: sa.Engine, end: str, expected: list[str]
) -> None:
    @host.post("/act")
    def act() -> str:
        with Session(engine) as session:
            if end == "savepoint":
                savepoint = session.begin_nested()
                audit.record("a", session=session)
                savepoint.rollback()
                session.commit()
            else:
                audit.record("a", session=session)
                getattr(session, end)()
        return "done"

    host.test_client().post("/act")
    assert types(host) == expected


def test_a_flush_that_fails_leaves_nothing(host: Flask, engine: sa.Engine) -> None:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Thing(id=1))
        session.commit()
        audit.record("a", session=session)
        session.add(Thing(id=1))
        with pytest.raises(sa.exc.IntegrityError):
            session.flush()
        session.rollback()
        audit.record("b", session=session)
        session.commit()
    assert types(host) == ["b"]


def test_a_suite_that_rolls_back_each_test_sees_its_events_and_leaves_none(
    host: Flask, engine: sa.Engine
) -> None:
    # The recipe of SQLAlchemy's documentation: "Joining a Session into an External Transaction".
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE TABLE begun (n integer)"))
        connection.commit()
        outer = connection.begin()
        connection.execute(sa.text("INSERT INTO begun VALUES (1)"))
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            audit.record("a", session=session)
            session.commit()
            audit.record("b", session=session)
            session.rollback()
        inside = connection.execute(sa.text(f"SELECT count(*) FROM {table(engine)}")).scalar()
        assert inside == 1
        outer.rollback()
    assert types(host) == []
    assert inbox_of(host, engine).waiting().count == 0


def table(engine: sa.Engine) -> str:
    return "auditlog.audit_inbox" if engine.dialect.name == "postgresql" else "audit_inbox"


@pytest.mark.parametrize("database", ["mariadb_url", "empty_postgres_url"])
@pytest.mark.parametrize(("end", "expected"), [("commit", ["a"]), ("rollback", [])])
def test_two_phases(
    host: Flask, request: pytest.FixtureRequest, database: str, end: str, expected: list[str]
) -> None:
    if database == "mariadb_url":
        pytest.importorskip("pymysql")
    engine = sa.create_engine(request.getfixturevalue(database))
    with Session(engine, twophase=True) as session:
        audit.record("a", session=session)
        session.prepare()
        assert types(host) == []
        getattr(session, end)()
    assert types(host) == expected
    assert waiting(host, engine).count == 0
    engine.dispose()


def test_events_go_where_the_changes_go_and_not_to_a_replica(host: Flask, tmp_path: Path) -> None:
    leader, replica = (sa.create_engine(file(tmp_path, name)) for name in ("leader", "replica"))
    Base.metadata.create_all(leader)
    Base.metadata.create_all(replica)

    # The recipe of SQLAlchemy's documentation: "Custom Vertical Partitioning".
    class Routing(Session):
        def get_bind(self, mapper: Any = None, *, clause: Any = None, **_: Any) -> sa.Engine:
            writes = self._flushing or isinstance(clause, sa.Update | sa.Delete)
            return leader if writes else replica

    with Routing() as session:
        session.execute(sa.select(Thing)).all()
        session.add(Thing(id=1))
        session.flush()
        audit.record("a", session=session)
        session.commit()
    assert types(host) == ["a"]
    assert "audit_inbox" in tables(leader)
    assert "audit_inbox" not in tables(replica)
    for engine in (leader, replica):
        engine.dispose()


def test_an_asynchronous_session_records_through_its_core(host: Flask, tmp_path: Path) -> None:
    asyncio = pytest.importorskip("asyncio")
    ext = pytest.importorskip("sqlalchemy.ext.asyncio")
    engine = ext.create_async_engine(file(tmp_path, "host").replace("sqlite", "sqlite+aiosqlite"))

    async def work() -> None:
        async with ext.AsyncSession(engine) as session:
            with pytest.raises(TypeError, match="run_sync"):
                audit.record("no", session=session)
            await session.run_sync(lambda s: audit.record("a", session=s))
            await session.commit()
            await session.run_sync(lambda s: audit.record("b", session=s))
            await session.rollback()
        await engine.dispose()

    asyncio.run(work())
    assert types(host) == ["a"]
    assert state.of(host).inbox.all[0].waiting().count == 0


def test_a_connection_that_was_cut_off_is_made_anew_after_the_rollback(
    host: Flask, empty_postgres_url: str
) -> None:
    engine = sa.create_engine(empty_postgres_url)
    with engine.connect() as connection, engine.connect() as other:
        audit.record("a", session=connection)
        connection.commit()
        number = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar()
        other.execute(sa.text("SELECT pg_terminate_backend(:it)"), {"it": number})
        with pytest.raises(sa.exc.OperationalError) as caught:
            audit.record("b", session=connection)
        assert caught.value.connection_invalidated
        connection.rollback()
        audit.record("c", session=connection)
        connection.commit()
    assert types(host) == ["a", "c"]
    engine.dispose()


def test_an_event_begins_the_transaction_of_a_connection_that_has_none(
    host: Flask, empty_postgres_url: str
) -> None:
    engine = sa.create_engine(empty_postgres_url)
    with engine.connect() as connection:
        for number in range(2):
            audit.record(f"n.{number}", session=connection)
            connection.commit()
        audit.record("rolled.back", session=connection)
    assert types(host) == ["n.0", "n.1"]
    engine.dispose()


def test_an_engine_with_other_options_has_the_same_inbox(host: Flask, engine: sa.Engine) -> None:
    for number in range(3):
        option = engine.execution_options(mine=number, schema_translate_map={None: None})
        with option.begin() as connection:
            audit.record(f"n.{number}", session=connection)
    assert types(host) == ["n.0", "n.1", "n.2"]
    assert len(state.of(host).inbox.all) == 1


def test_a_tenants_schema_is_not_the_inboxs(host: Flask, empty_postgres_url: str) -> None:
    engine = sa.create_engine(empty_postgres_url)
    option = engine.execution_options(schema_translate_map={None: "tenant_1"})
    with option.begin() as connection:
        audit.record("a", session=connection)
    assert types(host) == ["a"]
    engine.dispose()
