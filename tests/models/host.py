"""A host's models, with everything SQLAlchemy can map, and how to see what was recorded."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import orm
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.ext.mutable import MutableDict

from flask_auditlog import AuditLog
from flask_auditlog import Event
from tests.apps import events

ADMIN = "admin."

# What a row was updated at, in a time that can be told.
clock: Iterator[int] = itertools.count(1)


class Base(orm.DeclarativeBase):
    pass


user_roles = sa.Table(
    "user_roles",
    Base.metadata,
    sa.Column("user_id", sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("role_id", sa.ForeignKey("roles.id"), primary_key=True),
)


class Role(Base):
    __tablename__ = "roles"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(50))
    users: orm.Mapped[list[User]] = orm.relationship(secondary=user_roles, back_populates="roles")


class User(Base):
    __tablename__ = "users"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str | None] = orm.mapped_column(sa.String(50))
    email: orm.Mapped[str | None] = orm.mapped_column("mail", sa.String(100))
    visits: orm.Mapped[int] = orm.mapped_column(default=0)
    org: orm.Mapped[str | None] = orm.mapped_column(sa.String(50))
    seen: orm.Mapped[int | None]
    updated: orm.Mapped[int | None] = orm.mapped_column(onupdate=lambda: next(clock))
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(20), server_default="person")
    settings: orm.Mapped[dict[str, Any] | None] = orm.mapped_column(
        MutableDict.as_mutable(sa.JSON(none_as_null=True))
    )
    biography: orm.Mapped[str | None] = orm.mapped_column(sa.Text, deferred=True)
    boss_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("users.id"))
    boss: orm.Mapped[User | None] = orm.relationship(remote_side="User.id")
    roles: orm.Mapped[list[Role]] = orm.relationship(
        secondary=user_roles, back_populates="users", order_by=Role.id
    )
    posts: orm.Mapped[list[Post]] = orm.relationship(
        back_populates="author", cascade="all, delete-orphan"
    )
    login = orm.synonym("name")
    shout: orm.Mapped[str | None] = orm.column_property(sa.func.upper(sa.column("name")))

    @hybrid_property
    def whisper(self) -> str:
        raise RuntimeError("a property nobody asked for")

    def __repr__(self) -> str:
        raise RuntimeError("a broken repr")


class Post(Base):
    __tablename__ = "posts"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    author_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("users.id"))
    text: orm.Mapped[str | None] = orm.mapped_column(sa.String(200))
    author: orm.Mapped[User | None] = orm.relationship(back_populates="posts")


class Host:
    """An app, an audit object and a session of the host, with the tables of *base*."""

    def __init__(
        self, app: Flask, audit: AuditLog, url: str, base: type[orm.DeclarativeBase] = Base
    ) -> None:
        self.app, self.audit = app, audit
        self.engine = sa.create_engine(url)
        base.metadata.create_all(self.engine)
        self.session = orm.Session(self.engine)

    def add(self, *objects: Any) -> Any:
        """Commit objects that nothing is recorded of; return the first."""
        self.session.add_all(objects)
        self.commit()
        self.forget()
        return objects[0]

    def commit(self) -> None:
        with self.app.app_context():
            self.session.commit()

    def flush(self) -> None:
        with self.app.app_context():
            self.session.flush()

    def forget(self) -> None:
        """Take what was recorded so far as read."""
        self.read = len(events(self.app))

    read = 0

    @property
    def events(self) -> list[Event]:
        """The changes that were recorded since."""
        found = events(self.app)[self.read :]
        return [event for event in found if event.type.startswith(ADMIN)]

    @property
    def event(self) -> Event:
        """The one change that was recorded since."""
        (found,) = self.events
        return found

    @property
    def told(self) -> list[tuple[str, str | None]]:
        """Type and path of each."""
        return [(event.type.removeprefix(ADMIN), event.resource_path) for event in self.events]

    @property
    def changes(self) -> Any:
        """What the one change that was recorded since says of the values."""
        return (self.event.details or {}).get("changes")

    def statements(self) -> contextlib.AbstractContextManager[list[str]]:
        """Keep what is sent to the host's database in the block."""
        return statements(self.engine)

    def close(self) -> None:
        self.session.close()
        self.engine.dispose()


@contextlib.contextmanager
def statements(engine: sa.Engine) -> Iterator[list[str]]:
    sent: list[str] = []

    def hear(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    sa.event.listen(engine, "before_cursor_execute", hear)
    try:
        yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", hear)
