"""A host with tracked models, in each of the databases, and what is told of its writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm

from flask_auditlog import AuditLog
from tests.apps import counted
from tests.apps import events
from tests.apps import MakeApp

# A change of one row: the type of its event, its path, and what changed but the key.
Told = tuple[str, str | None, Any]


class Base(orm.DeclarativeBase):
    """Of the models of this host."""


grants = sa.Table(
    "grants",
    Base.metadata,
    sa.Column("user_id", sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("role_id", sa.ForeignKey("roles.id"), primary_key=True),
)


class Role(Base):
    """Somebody may have several."""

    __tablename__ = "roles"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(50))


class User(Base):
    """Tracked."""

    __tablename__ = "users"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(50), unique=True)
    # Another name in the database.
    is_active: orm.Mapped[bool] = orm.mapped_column("active", default=True)
    level: orm.Mapped[int] = orm.mapped_column(server_default=sa.text("1"))
    secret: orm.Mapped[str | None] = orm.mapped_column(sa.String(50))
    seen: orm.Mapped[int | None]
    photo: orm.Mapped[bytes | None] = orm.mapped_column(sa.LargeBinary)
    roles: orm.Mapped[list[Role]] = orm.relationship(secondary=grants)


class Line(Base):
    """Tracked, with a key of two."""

    __tablename__ = "lines"
    order: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    number: orm.Mapped[str] = orm.mapped_column(sa.String(10), primary_key=True)
    amount: orm.Mapped[int]


class Note(Base):
    """Not tracked."""

    __tablename__ = "notes"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    text: orm.Mapped[str] = orm.mapped_column(sa.String(50))


users: sa.Table = User.__table__  # type: ignore[assignment]  # of a mapped class it is one
lines: sa.Table = Line.__table__  # type: ignore[assignment]
notes: sa.Table = Note.__table__  # type: ignore[assignment]


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def engine(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[sa.Engine]:
    """An engine of each of the databases a host may have."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'host.db'}"
    elif request.param == "postgresql":
        url = request.getfixturevalue("empty_postgres_url")
    else:
        pytest.importorskip("pymysql")
        url = request.getfixturevalue("mariadb_url")
    made = sa.create_engine(url)
    Base.metadata.create_all(made)
    yield made
    made.dispose()


@dataclass(frozen=True, slots=True)
class Host:
    """An app that tracks its models, in its context, and what was told since it began."""

    app: Flask
    engine: sa.Engine

    def run(self, statement: Any, parameters: Any = None) -> Any:
        """Execute one statement in a transaction of its own."""
        with self.engine.begin() as connection:
            if isinstance(statement, str):
                return connection.exec_driver_sql(statement, parameters)
            return connection.execute(statement, parameters)

    @property
    def told(self) -> list[Told]:
        """What was told of each write, but the key and what is the default of a new user."""
        return [(e.type, e.resource_path, _plain(e.details or {})) for e in events(self.app)]

    @property
    def failures(self) -> int:
        """How much went wrong in capture."""
        return counted(self.app, "capture_failed")


def _plain(details: dict[str, Any]) -> Any:
    changes = details.get("changes")
    if changes is None or len(details) > 1:
        return details
    return {name: tuple(pair) for name, pair in changes.items() if name not in ("id", "level")}


@pytest.fixture
def host(make_app: MakeApp, engine: sa.Engine) -> Iterator[Host]:
    """A host with three users, who are there before it is tracked."""
    # In an app that tracks nothing: outside of any it would be told to that of the test before.
    with make_app().app_context(), engine.begin() as connection:
        for name in "abc":
            connection.execute(sa.insert(users).values(name=name))
        connection.execute(sa.insert(Role).values(name="admin"))
    audit = AuditLog()
    audit.track(User, mask={"secret"}, ignore={"seen"})
    audit.track(Line)
    app = make_app(audit, AUDITLOG_LIMITS={"bulk_rows": 5})
    with app.app_context():
        yield Host(app, engine)
