"""Statements that write to many rows of a tracked table, and those that write to none."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from collections.abc import Iterator
from functools import partial
from multiprocessing import get_context

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm

from flask_auditlog import AuditLog

from .figures import bounded
from .figures import compared
from .figures import Figure
from .figures import interleaved
from .figures import mebibytes
from .figures import median_call
from .figures import microseconds
from .figures import milliseconds
from .memory import added_peak
from .places import HOME
from .places import new_postgres
from .places import postgres

ROWS = 10_000
ROUNDS = 9
CALLS = 2000
MOST = 2.0
MOST_ADDED = 25e-6
MOST_MEMORY = 16 * 2**20


class Base(orm.DeclarativeBase):
    """Of the host's models."""


class Columns:
    """What both tables have."""

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(50))
    is_active: orm.Mapped[bool] = orm.mapped_column(default=True)
    note: orm.Mapped[str | None] = orm.mapped_column(sa.String(200))


class Tracked(Columns, Base):
    """Tracked."""

    __tablename__ = "bench_tracked"


class Plain(Columns, Base):
    """Not tracked."""

    __tablename__ = "bench_plain"


def run() -> Iterator[Figure]:
    """UPDATE of 10,000 rows, on both databases; its memory; and one row nobody tracks."""
    HOME.mkdir(parents=True, exist_ok=True)
    with postgres() as server, new_postgres(server) as url:
        yield _many("PostgreSQL", url)
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        url = f"sqlite:///{folder}/host.db"
        yield _many("SQLite", url)
        yield _memory(url)
        yield _untracked(url)


def _host(url: str, *, recorded: bool = True) -> tuple[Flask, sa.Engine]:
    app = Flask("bench")
    app.config.update(TESTING=True, SECRET_KEY="bench")  # noqa: S106 (nobody's)
    if recorded:
        audit = AuditLog()
        audit.track(Tracked)
        audit.init_app(app)
    engine = sa.create_engine(url)
    Base.metadata.create_all(engine)

    return app, engine


def _fill(engine: sa.Engine) -> None:
    rows = [{"id": n, "name": f"user {n}", "note": "x" * 100} for n in range(ROWS)]
    with engine.begin() as connection:
        for model in (Tracked, Plain):
            connection.execute(sa.delete(model))
            connection.execute(sa.insert(model), rows)


def _update(host: tuple[Flask, sa.Engine], model: type[Columns]) -> None:
    app, engine = host
    with app.app_context(), orm.Session(engine) as session:
        session.execute(
            sa.update(model)
            .where(model.id >= 0)
            .values(is_active=sa.not_(model.is_active))
            .execution_options(synchronize_session=False)
        )
        session.commit()


def _many(database: str, url: str) -> Figure:
    host = _host(url)
    with host[0].app_context():
        _fill(host[1])
    calls = {
        model.__name__: partial(median_call, partial(_update, host, model), 1)
        for model in (Tracked, Plain)
    }
    interleaved(calls, 2)
    rounds = interleaved(calls, ROUNDS)
    host[1].dispose()

    return compared(
        f"UPDATE of {ROWS:,} rows of a tracked table, {database}",
        (rounds["Tracked"], rounds["Plain"]),
        milliseconds,
        at_most=MOST,
    )


def _memory(url: str) -> Figure:
    added = {model.__name__: added_peak(_warm, url, model) for model in (Tracked, Plain)}

    return bounded(
        f"UPDATE of {ROWS:,} rows of a tracked table: memory at its highest",
        added["Tracked"],
        MOST_MEMORY,
        mebibytes,
        limit=mebibytes(added["Plain"]),
    )


def _warm(url: str, model: type[Columns]) -> Callable[[], object]:
    host = _host(url)
    _update(host, model)

    return partial(_update, host, model)


def _untracked(url: str) -> Figure:
    taken: dict[str, list[float]] = {"ours": [], "bare": []}
    # Each in a process of its own: who listens hears the whole process.
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for _ in range(5):
            for name, times in taken.items():
                times.append(pool.apply(_one_row, (url, name == "ours")))
    ours, bare = (min(times) for times in taken.values())

    return bounded(
        "UPDATE of one row of a table that is not tracked: added",
        ours - bare,
        MOST_ADDED,
        microseconds,
        limit=microseconds(bare),
    )


def _one_row(url: str, recorded: bool) -> float:  # noqa: FBT001 (a pool's)
    app, engine = _host(url, recorded=recorded)
    statement = sa.update(Plain).where(Plain.id == 1).values(name="b")
    with app.app_context(), engine.begin() as connection:
        return median_call(partial(connection.execute, statement), CALLS)
