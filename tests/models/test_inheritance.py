"""One row is one event, however many tables and classes it is made of."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from tests.models.conftest import MakeHost
from tests.models.host import Host


class Joined(orm.DeclarativeBase):
    pass


class Employee(Joined):
    __tablename__ = "employees"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    kind: orm.Mapped[str]
    name: orm.Mapped[str]
    version: orm.Mapped[int] = orm.mapped_column()
    __mapper_args__ = {  # noqa: RUF012 (as its users write it)
        "polymorphic_on": "kind",
        "polymorphic_identity": "employee",
        "version_id_col": version,
    }


class Manager(Employee):
    __tablename__ = "managers"
    id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("employees.id"), primary_key=True)
    bonus: orm.Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "manager"}  # noqa: RUF012


class Intern(Employee):
    school: orm.Mapped[str | None] = orm.mapped_column(use_existing_column=True)
    __mapper_args__ = {"polymorphic_identity": "intern"}  # noqa: RUF012


@pytest.fixture
def company(make_host: MakeHost) -> Host:
    host = make_host(base=Joined)
    host.audit.track(Employee)
    return host


def test_of_joined_tables_all_columns_are_told_in_one_event(company: Host) -> None:
    boss = company.add(Manager(name="ann", bonus=1))
    boss.bonus, boss.name = 2, "anna"
    company.commit()
    assert company.told == [("MANAGER-UPDATE", "employees/1")]
    assert company.changes == {"name": ["ann", "anna"], "bonus": [1, 2]}


def test_of_one_table_each_class_tells_its_own_columns(company: Host) -> None:
    company.session.add(Intern(name="ian", school="MIT"))
    company.commit()
    assert company.told == [("INTERN-CREATE", "employees/1")]
    assert company.changes == {
        "kind": [None, "intern"],
        "name": [None, "ian"],
        "school": [None, "MIT"],
    }


def test_what_was_not_loaded_of_joined_tables_is_read_from_both(company: Host) -> None:
    company.add(Manager(name="ann", bonus=1))
    boss = company.session.scalars(sa.select(Employee).options(orm.load_only(Employee.id))).one()
    company.session.delete(boss)
    company.commit()
    assert company.told == [("MANAGER-DELETE", "employees/1")]
    assert company.changes["name"] == ["ann", None]
    assert company.changes["bonus"] == [1, None]


def test_of_concrete_tables_each_has_its_own_paths(make_host: MakeHost) -> None:
    class Own(orm.DeclarativeBase):
        pass

    class Car(Own):
        __tablename__ = "cars"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class Truck(Car):
        __tablename__ = "trucks"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        load: orm.Mapped[int]
        __mapper_args__ = {"concrete": True}  # noqa: RUF012

    host = make_host(base=Own)
    host.audit.track(Car)
    truck = host.add(Truck(load=1))
    truck.load = 2
    host.commit()
    assert host.told == [("TRUCK-UPDATE", "trucks/1")]


def test_the_parts_of_a_composite_are_told_by_their_columns(make_host: MakeHost) -> None:
    class Own(orm.DeclarativeBase):
        pass

    class Point:
        def __init__(self, x: int, y: int) -> None:
            self.x, self.y = x, y

        def __composite_values__(self) -> tuple[int, int]:
            return self.x, self.y

    class Shape(Own):
        __tablename__ = "shapes"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        x: orm.Mapped[int]
        y: orm.Mapped[int]
        centre = orm.composite(Point, "x", "y")

    host = make_host(base=Own)
    host.audit.track(Shape)
    shape = host.add(Shape(centre=Point(1, 2)))
    shape.centre = Point(1, 3)
    host.commit()
    assert host.changes == {"y": [2, 3]}


def test_a_foreign_key_that_is_written_after_the_row_is_told(make_host: MakeHost) -> None:
    class Own(orm.DeclarativeBase):
        pass

    class Team(Own):
        __tablename__ = "teams"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        lead_id: orm.Mapped[int | None] = orm.mapped_column(
            sa.ForeignKey("members.id", use_alter=True, name="lead")
        )
        lead: orm.Mapped[Any] = orm.relationship("Member", foreign_keys=lead_id, post_update=True)

    class Member(Own):
        __tablename__ = "members"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        team_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("teams.id"))
        team: orm.Mapped[Any] = orm.relationship(Team, foreign_keys=team_id)

    host = make_host(base=Own)
    host.audit.track_all(Own)
    team = Team()
    team.lead = Member(team=team)
    host.session.add(team)
    host.commit()
    assert host.told == [("TEAM-CREATE", "teams/1"), ("MEMBER-CREATE", "members/1")]
    assert (host.events[0].details or {})["changes"] == {"lead_id": [None, 1]}
    host.forget()
    assert team.lead.id == 1
    team.lead = None
    host.commit()
    assert host.told == [("TEAM-UPDATE", "teams/1")]
    assert host.changes == {"lead_id": [1, None]}
