"""What the database does by itself to the rows that refer to a deleted one."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from flask_auditlog import AuditLog
from flask_auditlog.capture.statements import cascades
from tests.apps import MakeApp
from tests.statements.hosts import Host


class Base(orm.DeclarativeBase):
    """Of the models of this host, whose database looks after what belongs together."""


def refers(to: str, action: str | None, **more: Any) -> orm.MappedColumn[Any]:
    return orm.mapped_column(sa.ForeignKey(f"{to}.id", ondelete=action), **more)


tags = sa.Table(
    "tags",
    Base.metadata,
    sa.Column("team_id", sa.ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("label_id", sa.ForeignKey("labels.id", ondelete="CASCADE"), primary_key=True),
)


class Label(Base):
    __tablename__ = "labels"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


class Company(Base):
    """Not tracked."""

    __tablename__ = "companies"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    size: orm.Mapped[int] = orm.mapped_column(default=0)


class Team(Base):
    __tablename__ = "teams"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    company_id: orm.Mapped[int | None] = refers("companies", "CASCADE")
    above_id: orm.Mapped[int | None] = refers("teams", "CASCADE")
    labels: orm.Mapped[list[Label]] = orm.relationship(secondary=tags, passive_deletes=True)


class Member(Base):
    __tablename__ = "members"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    team_id: orm.Mapped[int | None] = refers("teams", "CASCADE")
    mentor_id: orm.Mapped[int | None] = refers("members", "SET NULL")
    token: orm.Mapped[str | None] = orm.mapped_column(sa.String(50))
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(10), default="member")
    __mapper_args__ = {  # noqa: RUF012 (as SQLAlchemy declares it)
        "polymorphic_on": "kind",
        "polymorphic_identity": "member",
    }


class Lead(Member):
    """Its row is in two tables."""

    __tablename__ = "leads"
    id: orm.Mapped[int] = refers("members", "CASCADE", primary_key=True)
    budget: orm.Mapped[int] = orm.mapped_column(default=0)
    __mapper_args__ = {  # noqa: RUF012 (as SQLAlchemy declares it)
        "polymorphic_identity": "lead",
        "passive_deletes": True,
    }


ROWS: list[tuple[Any, dict[str, Any]]] = [
    (Company, {"id": 1}),
    (Company, {"id": 2}),
    (Label, {"id": 5}),
    (Team, {"id": 1, "company_id": 1}),
    (Team, {"id": 2, "company_id": 2, "above_id": 1}),
    (tags, {"team_id": 1, "label_id": 5}),
    (Member, {"id": 1, "team_id": 2, "token": "tk"}),
    (Member.__table__, {"id": 2, "team_id": 2, "kind": "lead"}),
    (Lead.__table__, {"id": 2}),
    (Member, {"id": 3, "mentor_id": 1}),
]


def look_after(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA foreign_keys = ON")


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def host(request: pytest.FixtureRequest, make_app: MakeApp, tmp_path: Any) -> Iterator[Host]:
    """A host with two teams, one above the other, and members of the second."""
    yield from running(request, make_app, tmp_path)


@pytest.fixture(params=["sqlite"])
def sqlite_host(request: pytest.FixtureRequest, make_app: MakeApp, tmp_path: Any) -> Iterator[Host]:
    """The same, where the database does not matter."""
    yield from running(request, make_app, tmp_path)


def running(request: pytest.FixtureRequest, make_app: MakeApp, tmp_path: Any) -> Iterator[Host]:
    if request.param == "sqlite":
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'host.db'}")
        sa.event.listen(engine, "connect", look_after)
    elif request.param == "postgresql":
        engine = sa.create_engine(request.getfixturevalue("empty_postgres_url"))
    else:
        pytest.importorskip("pymysql")
        engine = sa.create_engine(request.getfixturevalue("mariadb_url"))
    Base.metadata.create_all(engine)
    with make_app().app_context(), engine.begin() as connection:
        for model, row in ROWS:
            connection.execute(sa.insert(model).values(**row))
    audit = AuditLog()
    audit.track(Team, Member)
    app = make_app(audit, AUDITLOG_LIMITS={"bulk_rows": 3})
    with app.app_context():
        yield Host(app, engine)
    engine.dispose()


def told(host: Host) -> list[tuple[str, str | None]]:
    """Type and path of each, in an order of ours: the database has none."""
    return sorted((kind.removeprefix("admin."), path) for kind, path, _ in host.told)


def by_session(host: Host, model: type[Base], number: int) -> None:
    with orm.Session(host.engine) as session:
        session.delete(session.get_one(model, number))
        session.commit()


def by_statement(host: Host, model: type[Base], number: int) -> None:
    host.run(sa.delete(model).where(model.__table__.c.id == number))


def by_condition(host: Host, model: type[Base], number: int) -> None:
    host.run(sa.delete(model).where(model.__table__.c.id.in_([number])))


Delete = Callable[[Host, type[Base], int], None]
each_way = pytest.mark.parametrize("delete", [by_session, by_statement, by_condition])
MEMBERS = [("LEAD-DELETE", "members/2"), ("MEMBER-DELETE", "members/1")]


@each_way
def test_rows_that_go_with_another_are_told_and_so_are_those_below_them(
    host: Host, delete: Delete
) -> None:
    delete(host, Team, 1)
    assert told(host) == [
        ("MEMBER-DELETE", "members/1"),
        ("MEMBER-DELETE", "members/2"),
        ("MEMBER-UPDATE", "members/3"),
        ("TAGS-DELETE", "tags/1,5"),
        ("TEAM-DELETE", "teams/1"),
        ("TEAM-DELETE", "teams/2"),
    ]
    assert host.failures == 0


@each_way
def test_they_are_told_also_where_what_they_refer_to_is_not_tracked(
    host: Host, delete: Delete
) -> None:
    delete(host, Company, 2)
    assert ("TEAM-DELETE", "teams/2") in told(host)
    assert ("MEMBER-DELETE", "members/1") in told(host)


@each_way
def test_a_row_that_refers_to_nothing_any_more_is_an_update(
    sqlite_host: Host, delete: Delete
) -> None:
    delete(sqlite_host, Member, 1)
    changes = {path: details for _, path, details in sqlite_host.told}
    assert changes["members/3"] == {"mentor_id": (1, None)}
    assert told(sqlite_host) == [("MEMBER-DELETE", "members/1"), ("MEMBER-UPDATE", "members/3")]


def test_its_secrets_are_masked(sqlite_host: Host) -> None:
    by_session(sqlite_host, Team, 2)
    (member,) = [details for _, path, details in sqlite_host.told if path == "members/1"]
    assert member["token"] == ("[masked]", None)


@each_way
def test_a_row_in_two_tables_is_told_once(sqlite_host: Host, delete: Delete) -> None:
    delete(sqlite_host, Member, 2)
    assert [path for _, path in told(sqlite_host)] == ["members/2"]


def test_what_the_statement_deletes_itself_is_told_once(host: Host) -> None:
    host.run(sa.delete(Team).where(Team.id.in_([1, 2])))
    paths = [path for kind, path in told(host) if kind == "TEAM-DELETE"]
    # Of those that refer to each other some databases count the first only.
    assert paths in (["teams/1", "teams/2"], ["teams"])


def test_a_database_that_does_not_look_after_them_deletes_none(sqlite_host: Host) -> None:
    sa.event.remove(sqlite_host.engine, "connect", look_after)
    sqlite_host.engine.dispose()
    by_session(sqlite_host, Company, 2)
    assert told(sqlite_host) == []


def add(host: Host, *rows: tuple[Any, dict[str, Any]]) -> None:
    with host.engine.begin() as connection:
        for table, row in rows:
            connection.execute(sa.insert(table).values(**row))


def test_above_the_limit_each_table_is_told_once(sqlite_host: Host) -> None:
    # By the table, which is told of one row each.
    add(sqlite_host, *((Team.__table__, {"id": n, "company_id": 2}) for n in range(10, 13)))
    before = len(sqlite_host.told)
    by_condition(sqlite_host, Company, 2)
    found = sqlite_host.told[before:]
    assert sorted((kind, path) for kind, path, _ in found) == [
        ("admin.MEMBER-DELETE", "members"),
        ("admin.MEMBER-UPDATE", "members"),
        ("admin.TAGS-DELETE", "tags"),
        ("admin.TEAM-DELETE", "teams"),
    ]
    statements = {details["statement"] for _, _, details in found}
    assert len(statements) == 1
    assert "2" not in statements.pop()


@pytest.mark.parametrize("delete", ["session", "statement"])
def test_many_rows_that_take_nothing_along_are_not_told_to(sqlite_host: Host, delete: str) -> None:
    add(sqlite_host, *((Company, {"id": number, "size": 7}) for number in range(10, 20)))
    if delete == "statement":
        sqlite_host.run(sa.delete(Company).where(Company.size == 7))
    else:
        with orm.Session(sqlite_host.engine) as session:
            for company in session.scalars(sa.select(Company).where(Company.size == 7)):
                session.delete(company)
            session.commit()
    assert sqlite_host.told == []


def test_of_more_than_are_looked_at_it_is_told_in_doubt(
    sqlite_host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cascades, "PARENTS", 1)
    sqlite_host.run(sa.delete(Company).where(Company.id < 10))
    assert ("TEAM-DELETE", "teams") in told(sqlite_host)


def test_what_is_rolled_back_is_not_told(sqlite_host: Host) -> None:
    with orm.Session(sqlite_host.engine) as session:
        session.delete(session.get_one(Team, 1))
        session.flush()
        session.rollback()
    assert told(sqlite_host) == []


def test_a_deletion_that_takes_nothing_along_costs_one_select(sqlite_host: Host) -> None:
    with sqlite_host.engine.begin() as connection:
        connection.execute(sa.insert(Company).values(id=30, size=0))
    sent: list[str] = []

    def hear(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    sa.event.listen(sqlite_host.engine, "before_cursor_execute", hear)
    by_statement(sqlite_host, Company, 30)
    sa.event.remove(sqlite_host.engine, "before_cursor_execute", hear)
    assert len([each for each in sent if each.startswith("SELECT")]) == 1
