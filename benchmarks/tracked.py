"""A tracked change of a model, against one more INSERT in the same commit, and django-auditlog."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm

from flask_auditlog import AuditLog

from .apps import bare
from .apps import WHO
from .figures import Figure
from .figures import interleaved
from .figures import median_call
from .figures import microseconds
from .places import new_postgres
from .places import new_sqlite
from .places import postgres
from .tracked_django import django_changes

ROUNDS = 9
CALLS = 200
# Of what one more INSERT adds, and of what django-auditlog adds.
MOST, MOST_OF_DJANGO = 1.3, 1 / 3

Change = Callable[[], object]


class Base(orm.DeclarativeBase):
    """The models of the host."""


class Columns:
    """What both have, the tracked and the other."""

    id = orm.mapped_column(sa.Integer, primary_key=True)
    name = orm.mapped_column(sa.String(50))
    amount = orm.mapped_column(sa.Integer)
    note = orm.mapped_column(sa.String(200))


class Plain(Columns, Base):
    """Not tracked."""

    __tablename__ = "plain"


class Tracked(Columns, Base):
    """Tracked."""

    __tablename__ = "tracked"


# What a careful developer would write beside the change, in one table without an index more.
by_hand = sa.Table(
    "by_hand",
    Base.metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("uid", sa.CHAR(36), nullable=False),
    sa.Column("time", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
ROW = {
    "uid": "01997f0e-0000-7000-8000-000000000000",
    "time": 1_760_000_000_000,
    "body": json.dumps({"type": "admin.TRACKED-UPDATE", "more": "x" * 450}).encode(),
}


def run() -> Iterator[Figure]:
    """Who waits for the commit is measured; the event is moved to the log by another process."""
    with new_sqlite() as log, new_sqlite() as host:
        yield from _compared("SQLite", log, host)
    with postgres() as server, new_postgres(server) as log, new_postgres(server) as host:
        yield from _compared("PostgreSQL", log, host)


def _compared(database: str, log: str, host: str) -> Iterator[Figure]:
    with _flask_changes(log, host) as changes, django_changes(host) as others:
        everything = {**changes, **others}
        for change in everything.values():
            median_call(change, CALLS)
        rounds = interleaved(
            {name: partial(median_call, change, CALLS) for name, change in everything.items()},
            ROUNDS,
        )
    ours = _added(rounds["tracked"], rounds["plain"])
    insert = _added(rounds["insert"], rounds["plain"])
    django = _added(rounds["django tracked"], rounds["django plain"])
    yield _figure(f"a tracked change, {database}: one INSERT more", ours, insert, MOST)
    yield _figure(f"a tracked change, {database}: django-auditlog", ours, django, MOST_OF_DJANGO)


def _added(with_it: list[float], without: list[float]) -> float:
    return statistics.median(a - b for a, b in zip(with_it, without, strict=True))


def _figure(what: str, ours: float, limit: float, most: float) -> Figure:
    return Figure(
        what=f"{what} (added)",
        ours=microseconds(ours),
        limit=microseconds(limit),
        result=f"{ours / limit:.2f}×",
        target=f"≤ {most:.2g}×",
        met=ours <= most * limit,
    )


@contextmanager
def _flask_changes(log: str, host: str) -> Iterator[Mapping[str, Change]]:
    engine = sa.create_engine(host)
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all([model(id=1, name="a", amount=1) for model in (Plain, Tracked)])
        session.commit()
    app = _app(log)

    def change(model: type[Any], more: Callable[[orm.Session], object]) -> None:
        with orm.Session(engine) as session:
            found = session.get_one(model, 1)
            found.amount += 1
            found.note = f"changed {found.amount} times"
            more(session)
            session.commit()

    with app.test_request_context("/", method="POST"):
        yield {
            "plain": partial(change, Plain, _nothing),
            "insert": partial(
                change, Plain, lambda session: session.execute(sa.insert(by_hand), ROW)
            ),
            "tracked": partial(change, Tracked, _nothing),
        }
    engine.dispose()


def _nothing(_: orm.Session) -> None:
    pass


def _app(log: str) -> Flask:
    app = bare()
    app.config.update(AUDITLOG_DATABASE_URL=log, AUDITLOG_WORKER="external")
    audit = AuditLog(app)
    audit.actor_loader(lambda: WHO)
    audit.track(Tracked)

    return app
