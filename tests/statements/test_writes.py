"""What is told of each way to write past a session's flush, in each database of a host."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite

from tests.statements.hosts import grants
from tests.statements.hosts import Host
from tests.statements.hosts import Line
from tests.statements.hosts import lines
from tests.statements.hosts import notes
from tests.statements.hosts import User
from tests.statements.hosts import users

CREATED, CHANGED, DELETED = (f"admin.USER-{each}" for each in ("CREATE", "UPDATE", "DELETE"))


def new(name: str, **more: Any) -> dict[str, Any]:
    """What is told of a new user."""
    return {"name": (None, name), "is_active": (None, True), **more}


def gone(name: str) -> dict[str, Any]:
    """What is told of a user that is no more."""
    return {"name": (name, None), "is_active": (True, None)}


def many(host: Host, operation: str, rows: int, said: str) -> None:
    """Assert that one event tells how many rows were written to, and by what."""
    [(type_, path, details)] = host.told
    assert (type_, path, details["rows"]) == (f"admin.USER-{operation}", "users", rows)
    assert details["statement"].replace("`", "").startswith(said)


def test_an_insert_is_told_with_the_key_that_the_database_made(host: Host) -> None:
    host.run(sa.insert(users).values(name="d", secret="hunter2"))
    assert host.told == [(CREATED, "users/4", new("d", secret=(None, "[masked]")))]


def test_of_several_rows_each_is_told_by_the_key_it_was_given(host: Host) -> None:
    host.run(sa.insert(users).values([{"id": 7, "name": "g"}, {"id": 8, "name": "h"}]))
    assert host.told == [(CREATED, "users/7", new("g")), (CREATED, "users/8", new("h"))]


def test_so_it_is_in_an_executemany(host: Host) -> None:
    host.run(sa.insert(users), [{"id": 7, "name": "g"}, {"id": 8, "name": "h"}])
    assert host.told == [(CREATED, "users/7", new("g")), (CREATED, "users/8", new("h"))]


def test_rows_without_a_key_are_counted(host: Host) -> None:
    host.run(sa.insert(users).values([{"name": "g"}, {"name": "h"}]))
    many(host, "CREATE", 2, "INSERT INTO users (name, active) VALUES (?, ?), …")


def test_so_they_are_in_an_executemany(host: Host) -> None:
    host.run(sa.insert(users), [{"name": "g"}, {"name": "h"}])
    many(host, "CREATE", 2, "INSERT INTO users (name, active) VALUES (?, ?)")


def test_an_insert_of_what_was_selected_is_counted(host: Host) -> None:
    chosen = sa.select(users.c.name + "2", users.c.active).where(users.c.id < 3)
    host.run(sa.insert(users).from_select(["name", "active"], chosen))
    many(host, "CREATE", 2, "INSERT INTO users (name, active) SELECT")


def test_an_update_is_told_row_by_row_with_old_and_new(host: Host) -> None:
    host.run(sa.update(users).where(users.c.id > 1).values(active=False, secret="hunter2"))
    changes = {"is_active": (True, False), "secret": (None, "[masked]")}
    assert host.told == [(CHANGED, "users/2", changes), (CHANGED, "users/3", changes)]


def test_what_the_database_reckons_is_told_as_it_became(host: Host) -> None:
    host.run(sa.update(users).where(users.c.id == 2).values(name=users.c.name + "!"))
    assert host.told == [(CHANGED, "users/2", {"name": ("b", "b!")})]


def test_a_parameter_of_the_condition_is_the_hosts(host: Host) -> None:
    statement = sa.update(users).where(users.c.name == sa.bindparam("who")).values(active=False)
    host.run(statement, {"who": "c"})
    host.run(statement, {"who": "b"})
    host.run(statement, {"who": "nobody"})
    assert [path for _, path, _ in host.told] == ["users/3", "users/2"]


def test_the_same_statement_with_another_value_finds_another_row(host: Host) -> None:
    # The second is compiled from the first.
    for number in (1, 2):
        host.run(sa.update(users).where(users.c.id == number).values(active=False))
    assert [path for _, path, _ in host.told] == ["users/1", "users/2"]


def test_each_set_of_an_executemany_names_its_row(host: Host) -> None:
    statement = sa.update(users).where(users.c.id == sa.bindparam("key"))
    host.run(
        statement.values(name=sa.bindparam("new")),
        [{"key": 1, "new": "x"}, {"key": 3, "new": "z"}, {"key": 99, "new": "?"}],
    )
    assert host.told == [
        (CHANGED, "users/1", {"name": ("a", "x")}),
        (CHANGED, "users/3", {"name": ("c", "z")}),
    ]


def test_a_delete_is_told_with_what_was_there(host: Host) -> None:
    host.run(sa.delete(users).where(users.c.name.in_(["a", "c"])))
    assert host.told == [(DELETED, "users/1", gone("a")), (DELETED, "users/3", gone("c"))]


def test_a_condition_on_another_table_is_no_matter(host: Host) -> None:
    host.run(sa.insert(grants).values(user_id=2, role_id=1))
    admins = sa.select(grants.c.user_id).where(grants.c.role_id == 1)
    host.run(sa.update(users).where(users.c.id.in_(admins)).values(active=False))
    assert host.told[1:] == [(CHANGED, "users/2", {"is_active": (True, False)})]


def test_so_it_is_with_another_table_beside_it(host: Host) -> None:
    host.run(sa.insert(grants).values(user_id=2, role_id=1))
    host.run(sa.update(users).where(users.c.id == grants.c.user_id).values(active=False))
    assert host.told[1:] == [(CHANGED, "users/2", {"is_active": (True, False)})]


@pytest.mark.parametrize(
    "statement",
    [
        sa.update(users).where(users.c.name == "nobody").values(active=False),
        sa.delete(users).where(users.c.name == "nobody"),
        sa.update(users).where(users.c.id == 1).values(name="a"),
        sa.update(users).values(seen=1),
        sa.insert(notes).values(text="x"),
        sa.update(notes).values(text="x"),
        sa.select(users),
    ],
    ids=["no row", "no row to delete", "as it was", "ignored", "untracked", "also", "read"],
)
def test_where_nothing_changed_nothing_is_told(host: Host, statement: Any) -> None:
    host.run(statement)
    assert (host.told, host.failures) == ([], 0)


def test_a_column_that_is_not_read_is_no_reason_for_silence(host: Host) -> None:
    host.run(sa.update(users).where(users.c.id == 1).values(photo=b"hunter2"))
    [(_, path, details)] = host.told
    assert path == "users/1"
    assert details["statement"].startswith("UPDATE users SET photo=? WHERE users.id = ?")


def test_a_key_that_changes_is_told_by_the_old_one(host: Host) -> None:
    host.run(sa.update(users).where(users.c.id == 1).values(id=50))
    [(_, path, details)] = host.told
    assert path == "users/1"
    assert details["statement"].startswith("UPDATE users SET id=?")


def test_above_the_limit_one_event_says_how_many(host: Host) -> None:
    host.run(sa.insert(users), [{"id": number, "name": f"n{number}"} for number in range(10, 16)])
    host.run(sa.update(users).where(users.c.id >= 10).values(active=False))
    host.run(sa.delete(users).where(users.c.id >= 10))
    told = host.told
    assert [(each[0], each[1], each[2]["rows"]) for each in told] == [
        (CREATED, "users", 6),
        (CHANGED, "users", 6),
        (DELETED, "users", 6),
    ]
    assert told[0][2]["keys"] == ["10", "11", "12", "13", "14", "15"]
    assert told[2][2]["statement"] == "DELETE FROM users WHERE users.id >= ?"


def test_at_the_limit_each_row_is_told(host: Host) -> None:
    host.run(sa.insert(users), [{"id": number, "name": f"n{number}"} for number in range(10, 12)])
    host.run(sa.update(users).values(active=False))
    assert [each[1] for each in host.told[2:]] == [f"users/{n}" for n in (1, 2, 3, 10, 11)]


def test_a_key_of_two_parts(host: Host) -> None:
    host.run(sa.insert(lines), [{"order": 1, "number": each, "amount": 5} for each in ("a", "b/1")])
    host.run(sa.update(lines).where(lines.c.order == 1, lines.c.number == "a").values(amount=6))
    host.run(sa.delete(lines))
    told = [(each[0].partition("-")[2], each[1]) for each in host.told]
    assert [*told[:3], *sorted(told[3:], key=str)] == [
        ("CREATE", "lines/1,a"),
        ("CREATE", "lines/1,b%2F1"),
        ("UPDATE", "lines/1,a"),
        ("DELETE", "lines/1,a"),
        ("DELETE", "lines/1,b%2F1"),
    ]


def test_so_it_is_named_in_an_executemany(host: Host) -> None:
    host.run(sa.insert(lines), [{"order": 1, "number": each, "amount": 5} for each in "ab"])
    with orm.Session(host.engine) as session:
        session.execute(sa.update(Line), [{"order": 1, "number": "b", "amount": 9}])
        session.commit()
    assert host.told[2:] == [("admin.LINE-UPDATE", "lines/1,b", {"amount": (5, 9)})]


def upsert(host: Host, **values: Any) -> Any:
    """Return an INSERT that updates the name of the row it finds, as each database says it."""
    if host.engine.dialect.name in ("mysql", "mariadb"):
        statement = mysql.insert(users).values(**values)
        return statement.on_duplicate_key_update(name=statement.inserted.name)
    dialect: Any = {"sqlite": sqlite, "postgresql": postgresql}[host.engine.dialect.name]
    index = [users.c.id if "id" in values else users.c.name]
    return (
        dialect.insert(users)
        .values(**values)
        .on_conflict_do_update(index_elements=index, set_={"name": values["name"]})
    )


def test_an_upsert_that_finds_a_row_is_an_update(host: Host) -> None:
    host.run(upsert(host, id=2, name="x"))
    assert host.told == [(CHANGED, "users/2", {"name": ("b", "x")})]


def test_an_upsert_that_finds_none_is_a_new_row(host: Host) -> None:
    host.run(upsert(host, id=9, name="x"))
    assert host.told == [(CREATED, "users/9", new("x"))]


def test_an_upsert_that_changes_nothing_is_not_told(host: Host) -> None:
    host.run(upsert(host, id=2, name="b"))
    assert host.told == []


def test_of_an_upsert_by_another_column_the_rows_are_not_known(host: Host) -> None:
    host.run(upsert(host, name="b"))
    [(type_, path, details)] = host.told
    assert (type_, path) == (CHANGED, "users")
    assert details["statement"].startswith("INSERT INTO users")


def test_an_insert_that_leaves_what_is_there(host: Host) -> None:
    prefix = "OR IGNORE" if host.engine.dialect.name == "sqlite" else "IGNORE"
    statement: Any = sa.insert(users).prefix_with(prefix)
    if host.engine.dialect.name == "postgresql":
        statement = postgresql.insert(users).on_conflict_do_nothing()
    host.run(statement.values([{"id": 2, "name": "b"}, {"id": 9, "name": "i"}]))
    assert host.told == [(CREATED, "users/9", new("i"))]


def test_a_replace_is_an_update(host: Host) -> None:
    if host.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL has no REPLACE.")
    if host.engine.dialect.name == "sqlite":
        host.run(sa.insert(users).prefix_with("OR REPLACE").values(id=2, name="x"))
        assert host.told == [(CHANGED, "users/2", {"name": ("b", "x")})]
    host.run("REPLACE INTO users (id, name, active) VALUES (2, 'y', 1)")
    assert host.told[-1][:2] == (CHANGED, "users")


class TestReturning:
    """The rows that the host asked for are its own."""

    @pytest.fixture(autouse=True)
    def _knows_returning(self, host: Host) -> None:
        if not host.engine.dialect.insert_returning:
            pytest.skip("This database has no RETURNING.")

    def test_of_an_insert(self, host: Host) -> None:
        with host.engine.begin() as connection:
            statement = sa.insert(users).returning(users.c.name, users.c.id)
            rows = connection.execute(statement.values([{"name": "g"}, {"name": "h"}])).all()
        assert [tuple(row) for row in rows] == [("g", 4), ("h", 5)]
        assert host.told == [(CREATED, "users/4", new("g")), (CREATED, "users/5", new("h"))]

    def test_of_models(self, host: Host) -> None:
        with orm.Session(host.engine) as session:
            made = session.scalars(sa.insert(User).returning(User), [{"name": "g"}, {"name": "h"}])
            assert [user.name for user in made] == ["g", "h"]
            session.commit()
        assert host.told == [(CREATED, "users/4", new("g")), (CREATED, "users/5", new("h"))]

    def test_without_the_key(self, host: Host) -> None:
        with host.engine.begin() as connection:
            statement = sa.insert(users).values(name="g").returning(users.c.name)
            assert connection.execute(statement).scalar_one() == "g"
        many(host, "CREATE", 1, "INSERT INTO users (name, active) VALUES (?, ?) RETURNING")

    def test_of_an_update(self, host: Host) -> None:
        if not host.engine.dialect.update_returning:
            pytest.skip("This database has no UPDATE … RETURNING.")
        with orm.Session(host.engine) as session:
            changed = sa.update(User).where(User.id == 2).values(is_active=False).returning(User)
            found = session.scalars(sa.select(User).from_statement(changed)).all()
            assert [user.name for user in found] == ["b"]
            session.commit()
        assert host.told == [(CHANGED, "users/2", {"is_active": (True, False)})]

    def test_of_a_delete(self, host: Host) -> None:
        with host.engine.begin() as connection:
            statement = sa.delete(users).where(users.c.id == 2).returning(users.c.name)
            assert connection.execute(statement).scalars().all() == ["b"]
        assert host.told == [(DELETED, "users/2", gone("b"))]


def test_a_write_inside_another_statement_is_told(host: Host) -> None:
    if host.engine.dialect.name != "postgresql":
        pytest.skip("Only PostgreSQL writes in a CTE.")
    gone = sa.delete(users).where(users.c.id == 2).returning(users.c.id).cte("gone")
    rows = host.run(sa.select(gone.c.id))
    assert rows.all() == [(2,)] if not rows.closed else True
    [(type_, path, details)] = host.told
    assert (type_, path) == (DELETED, "users")
    assert "DELETE FROM users WHERE users.id = ?" in details["statement"]
