"""What sessions write past their flush, and that a flush is not told twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from flask_auditlog import state
from flask_auditlog.capture.models.seen import seen
from tests.statements.hosts import Host
from tests.statements.hosts import notes
from tests.statements.hosts import User
from tests.statements.hosts import users

NEW = {"name": (None, "g"), "is_active": (None, True)}


def query_update(session: orm.Session) -> None:
    session.query(User).filter(User.id == 2).update({"name": "x"})


def query_delete(session: orm.Session) -> None:
    session.query(User).filter(User.id == 2).delete(synchronize_session="fetch")


def execute_update(session: orm.Session) -> None:
    session.execute(sa.update(User).where(User.id == 2).values(name="x"))


def execute_many(session: orm.Session) -> None:
    session.execute(sa.update(User), [{"id": 2, "name": "x"}])


def execute_insert(session: orm.Session) -> None:
    session.execute(sa.insert(User), [{"id": 7, "name": "g"}])


def bulk_insert(session: orm.Session) -> None:
    session.bulk_insert_mappings(User, [{"id": 7, "name": "g"}])


def bulk_update(session: orm.Session) -> None:
    session.bulk_update_mappings(User, [{"id": 2, "name": "x"}])


def bulk_save(session: orm.Session) -> None:
    session.bulk_save_objects([User(id=7, name="g")])


def connection(session: orm.Session) -> None:
    session.connection().execute(sa.update(users).where(users.c.id == 2).values(name="x"))


CREATED = ("admin.USER-CREATE", "users/7", NEW)
CHANGED = ("admin.USER-UPDATE", "users/2", {"name": ("b", "x")})
DELETED = ("admin.USER-DELETE", "users/2", {"name": ("b", None), "is_active": (True, None)})


@pytest.mark.parametrize(
    ("write", "told", "path"),
    [
        (query_update, CHANGED, "orm"),
        (query_delete, DELETED, "orm"),
        (execute_update, CHANGED, "orm"),
        (execute_many, CHANGED, "bulk"),
        (execute_insert, CREATED, "bulk"),
        (bulk_insert, CREATED, "bulk"),
        (bulk_update, CHANGED, "bulk"),
        (bulk_save, CREATED, "bulk"),
        (connection, CHANGED, "core"),
    ],
)
def test_each_way_is_told_and_seen(
    host: Host, write: Callable[[orm.Session], None], told: Any, path: Any
) -> None:
    with orm.Session(host.engine) as session:
        write(session)
        session.commit()
    assert (host.told, host.failures) == ([told], 0)
    assert seen(state.of(host.app)) == {("users", path): 1}


def test_what_is_not_tracked_is_seen_too(host: Host) -> None:
    host.run(sa.insert(notes).values(text="x"))
    host.run("DELETE FROM notes")
    assert seen(state.of(host.app)) == {("notes", "core"): 1, ("notes", "text"): 1}


def test_a_flush_is_left_to_the_models(host: Host) -> None:
    with orm.Session(host.engine) as session:
        session.add(User(id=7, name="g"))
        session.commit()
    assert len(host.told) <= 1
    assert seen(state.of(host.app)) == {("users", "flush"): 1}


def test_a_statement_of_the_hosts_in_the_middle_of_a_flush_is_told(host: Host) -> None:
    def rename(mapper: Any, connection: sa.Connection, target: User) -> None:
        connection.execute(sa.update(users).where(users.c.id == 2).values(name="x"))

    sa.event.listen(User, "after_insert", rename)
    try:
        with orm.Session(host.engine) as session:
            session.add(User(id=7, name="g"))
            session.commit()
    finally:
        sa.event.remove(User, "after_insert", rename)
    assert CHANGED in host.told


@pytest.mark.parametrize("end", ["rollback", "savepoint"])
def test_what_is_rolled_back_is_not_told(host: Host, end: str) -> None:
    with orm.Session(host.engine) as session:
        if end == "savepoint":
            nested = session.begin_nested()
            execute_update(session)
            nested.rollback()
            session.commit()
        else:
            execute_update(session)
            session.rollback()
    assert (host.told, host.failures) == ([], 0)


def test_a_failed_statement_is_not_told(host: Host) -> None:
    with orm.Session(host.engine) as session:
        with pytest.raises(sa.exc.IntegrityError):
            session.execute(sa.update(User).where(User.id > 1).values(name="x"))
        session.rollback()
        execute_update(session)
        session.commit()
    assert (host.told, host.failures) == ([CHANGED], 0)


def test_criteria_that_a_session_adds_are_those_of_the_rows(host: Host) -> None:
    with orm.Session(host.engine) as session:
        mine = orm.with_loader_criteria(User, User.id < 3)
        session.execute(sa.update(User).options(mine).values(is_active=False))
        session.commit()
    assert [each[1] for each in host.told] == ["users/1", "users/2"]
