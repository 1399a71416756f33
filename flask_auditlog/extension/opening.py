"""Where the log of an app lives, found out and opened at first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import Protocol
from uuid import uuid4

import sqlalchemy as sa

from .. import store as stores
from ..state import State
from ..store import is_in_memory
from ..store import memory_url
from ..store import open_engine
from ..store.locate import core_of
from ..store.locate import engines_of
from ..store.locate import locate


class AsyncEngine(Protocol):
    """SQLAlchemy's, which would bring asyncio to those who have no need of it."""

    @property
    def sync_engine(self) -> sa.Engine:
        """Its core."""


Engine = sa.Engine | AsyncEngine
Where = Engine | Callable[[], Engine]

MEMORY = "sqlite://"


def open_store(state: State, engine: Where | None, *, upgrade: bool) -> stores.SqlStore:
    """Find out where the log lives, and open it."""
    app, limits = state.app, state.settings.limits
    given = state.settings.database_url or engine or (MEMORY if app.testing else None)
    with app.app_context():
        where = locate(
            _called(given),
            app.extensions.get("sqlalchemy"),
            instance=app.instance_path,
            debug=app.debug,
        )
    in_memory = is_in_memory(where)
    if in_memory:
        where = memory_url(f"auditlog-{uuid4().hex}")
    own = open_engine(where, query_seconds=limits.query_seconds)
    store = stores.SqlStore(own, cursor_keys=state.keys("cursor"), limits=limits)
    try:
        if in_memory:
            store.create()
        elif upgrade or own.dialect.name == "sqlite":
            # SQLite is a file of ours; PostgreSQL is upgraded when its operator says so.
            store.upgrade()
        store.realms.add_all(state.settings.realms)
    except BaseException:
        store.close()
        raise

    return store


def engines(state: State, engine: Where | None) -> list[sa.Engine]:
    """Return the engines of the host that are known without its using them."""
    given = _called(engine)
    found = engines_of(state.app.extensions.get("sqlalchemy"))

    return [given, *found] if given is not None else found


def _called(where: str | Where | None) -> Any:
    """Return the engine that was given or is given now, of an ``AsyncEngine`` its core."""
    return core_of(where() if callable(where) else where)


def place_of(state: State, engine: Where | None) -> str:
    """Where the log will be, without opening it: the host's database may not be ready yet."""
    app = state.app
    if state.settings.database_url:
        return sa.make_url(state.settings.database_url).render_as_string(hide_password=True)
    if engine is not None or any(key.startswith("SQLALCHEMY_") for key in app.config):
        return "in the app's own database if that is PostgreSQL"
    if not app.debug and not app.testing:
        return "nowhere yet (set AUDITLOG_DATABASE_URL)"
    return f"sqlite:///{app.instance_path}/auditlog.db"
