"""The statement that writes one event is the one that SQLAlchemy would make, for each driver."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from flask_auditlog.store.inbox.insert import one_insert

NAMED = {"uid": "u", "time": 7, "body": b"{}"}
IN_ORDER = ("u", 7, b"{}")


def dialect(driver: str, **options: Any) -> sa.Dialect:
    return sa.make_url(f"{driver}://").get_dialect()(**options)


@pytest.mark.parametrize(
    ("driver", "style", "table", "first", "values"),
    [
        ("sqlite+pysqlite", None, "audit_inbox", "(?, ?, ?)", IN_ORDER),
        ("sqlite+pysqlite", "named", "audit_inbox", "(:uid, ", NAMED),
        ("mysql+pymysql", "pyformat", "audit_inbox", "(%(uid)s, ", NAMED),
        ("mysql+mysqldb", "format", "audit_inbox", "(%s, %s, %s)", IN_ORDER),
        ("postgresql+psycopg", None, "auditlog.audit_inbox", "(%(uid)s::", NAMED),
        ("postgresql+asyncpg", None, "auditlog.audit_inbox", "($1::", IN_ORDER),
    ],
)
def test_it_is_in_the_words_of_its_driver(
    driver: str, style: str | None, table: str, first: str, values: object
) -> None:
    insert = one_insert(dialect(driver, **({} if style is None else {"paramstyle": style})))
    assert insert is not None
    sql, given = insert("u", 7, b"{}")
    assert sql.startswith(f"INSERT INTO {table} (uid, time, body) VALUES {first}")
    assert given == values


def test_it_is_made_once_for_each_dialect() -> None:
    one = dialect("sqlite")
    assert one_insert(one) is one_insert(one)
    assert one_insert(one) is not one_insert(dialect("sqlite"))


def test_a_driver_that_is_told_of_types_has_none() -> None:
    assert one_insert(dialect("mssql+pyodbc")) is None
