"""Hosts whose engine is asynchronous: what their sessions commit reaches the log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import current_app
from flask import Flask
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.asyncio import create_async_engine

from flask_auditlog import AuditLog
from flask_auditlog import event_recorded
from flask_auditlog import state
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.store.inbox.box import HostInbox
from flask_auditlog.work.embedded import background_of
from tests.apps import MakeApp
from tests.apps import types
from tests.inbox.waiting import moved
from tests.models.host import Base
from tests.models.host import Post

Sessions = async_sessionmaker[AsyncSession]
Work = Callable[[Sessions], Awaitable[object]]

# The driver, the fixture that gives an empty database, and what its URL begins with.
DRIVERS = {
    "aiosqlite": ("sqlite_url", "sqlite+aiosqlite"),
    "psycopg": ("empty_postgres_url", "postgresql+psycopg"),
    "asyncpg": ("empty_postgres_url", "postgresql+asyncpg"),
}


@pytest.fixture(params=DRIVERS)
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, as an asynchronous driver has it."""
    pytest.importorskip(request.param)
    fixture, drivername = DRIVERS[request.param]
    given = sa.make_url(request.getfixturevalue(fixture))

    return given.set(drivername=drivername).render_as_string(hide_password=False)


@pytest.fixture
def audit() -> AuditLog:
    made = AuditLog()
    made.track(Post)
    return made


async def on_host(url: str, work: Work) -> None:
    """Do *work* on a database that has the host's tables."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    try:
        await work(async_sessionmaker(engine))
    finally:
        await engine.dispose()


def run(url: str, work: Work) -> None:
    """Do it in an event loop of its own."""
    asyncio.run(on_host(url, work))


async def change(sessions: Sessions) -> None:
    """Commit a new row, and its end; and between these take a change back."""
    async with sessions() as session:
        session.add(Post(text="one"))
        await session.commit()
        post = (await session.scalars(sa.select(Post))).one()
        post.text = "two"
        await session.flush()
        await session.rollback()
        post = (await session.scalars(sa.select(Post))).one()
        await session.delete(post)
        await session.commit()


CHANGED = ["admin.POST-CREATE", "admin.POST-DELETE"]


def test_what_an_asynchronous_session_commits_is_in_the_log(
    make_app: MakeApp, audit: AuditLog, url: str
) -> None:
    app = make_app(audit)
    with app.app_context():
        run(url, change)
    assert types(app) == CHANGED


def test_what_is_taken_back_to_a_savepoint_is_not_in_the_log(
    make_app: MakeApp, audit: AuditLog, url: str
) -> None:
    app = make_app(audit)

    async def work(sessions: Sessions) -> None:
        async with sessions() as session, session.begin():
            async with session.begin_nested() as savepoint:
                session.add(Post(text="no"))
                await session.flush()
                await savepoint.rollback()
            session.add(Post(text="yes"))

    with app.app_context():
        run(url, work)
    assert types(app) == CHANGED[:1]


def test_a_receiver_of_what_an_asynchronous_session_committed_has_its_app(
    make_app: MakeApp, audit: AuditLog, url: str
) -> None:
    app = make_app(audit)
    heard: list[str] = []

    @event_recorded.connect_via(app)
    def hear(app: Flask, record: Any) -> None:
        if record.event.type in CHANGED:
            heard.append(current_app.name)

    with app.app_context():
        run(url, change)
    assert heard == ["host", "host"]


def test_what_an_asynchronous_session_left_is_moved_by_the_command(
    make_app: MakeApp, audit: AuditLog, url: str, tmp_path: Path
) -> None:
    app = make_app(audit, AUDITLOG_WORKER="external", **elsewhere(tmp_path))
    with app.app_context():
        run(url, change)
        (inbox,) = state.of(app).inbox.all
    assert (types(app), inbox.waiting().count) == ([], 2)
    assert app.test_cli_runner().invoke(args=["auditlog", "move"]).exit_code == 0
    assert (types(app), inbox.waiting().count) == (CHANGED, 0)


def test_what_an_asynchronous_view_commits_is_moved_in_the_background(
    make_app: MakeApp, audit: AuditLog, url: str, tmp_path: Path
) -> None:
    app = make_app(audit, **elsewhere(tmp_path))

    @app.post("/change")
    async def view() -> str:
        await on_host(url, change)
        return "done"

    app.test_client().post("/change")
    moved(app, CHANGED)
    background_of(state.of(app)).close()


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_an_inbox_whose_server_is_away_says_so(driver: str) -> None:
    pytest.importorskip(driver)
    engine = create_async_engine(f"postgresql+{driver}://postgres@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        HostInbox(engine.sync_engine).waiting()


def elsewhere(tmp_path: Path) -> dict[str, Any]:
    """Settings of an app that is not under test, whose log is not in the host's database."""
    return {"TESTING": False, "AUDITLOG_DATABASE_URL": f"sqlite:///{tmp_path / 'log.db'}"}
