"""A transaction that takes its place early and commits late is missed by no reader."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from typing import Protocol

import pytest
import sqlalchemy as sa

from flask_auditlog.store import SqlStore
from flask_auditlog.store.append.appending import appender_for
from tests.checks import check_log
from tests.store.samples import ALL
from tests.store.samples import ANY
from tests.store.samples import entry
from tests.store.samples import opened

pytestmark = pytest.mark.faults


class Log(Protocol):
    """What a follower sees of a log, and two writers of it."""

    def begin(self) -> Callable[[], None]:
        """Write "early" without committing; return what commits."""

    def write(self) -> None:
        """Write "late" and commit."""

    def after(self, position: int) -> list[tuple[int, str]]:
        """Positions and names behind *position*."""


def follow(log: Log) -> list[str]:
    """Return what a follower sees that reads at every moment."""
    seen: list[tuple[int, str]] = []

    def read() -> None:
        seen.extend(log.after(seen[-1][0] if seen else 0))

    commit = log.begin()
    read()
    late = threading.Thread(target=log.write)
    late.start()
    late.join(0.3)
    read()
    commit()
    late.join(10)
    assert not late.is_alive()
    read()
    read()
    return [name for _, name in seen]


class Uncommitted:
    """A connection on which nothing is committed."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    def execute(self, statement: str, *parameters: Any) -> Any:
        """Do everything but the last step."""
        return None if statement == "COMMIT" else self.raw.execute(statement, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


class OurLog:
    def __init__(self, store: SqlStore) -> None:
        self.store = store

    def begin(self) -> Callable[[], None]:
        engine = self.store.engine
        connection = engine.connect()
        raw: Any = connection.connection.dbapi_connection
        if engine.dialect.name == "sqlite":
            raw.isolation_level = None
        appender = appender_for(engine, write_seconds=5)
        appender.append(Uncommitted(raw), [entry("early")], None)

        def commit() -> None:
            raw.commit()
            connection.invalidate()
            connection.close()

        return commit

    def write(self) -> None:
        self.store.append([entry("late")])

    def after(self, position: int) -> list[tuple[int, str]]:
        records = self.store.after(position, ANY, ALL, limit=9)
        return [(record.position, record.event.type) for record in records]


class SerialLog:
    """A log whose positions are given by a sequence at the insert, as many are."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE naive (id bigserial PRIMARY KEY, name text)")

    def begin(self) -> Callable[[], None]:
        connection = self.engine.connect()
        connection.exec_driver_sql("INSERT INTO naive (name) VALUES ('early')")

        def commit() -> None:
            connection.commit()
            connection.close()

        return commit

    def write(self) -> None:
        with self.engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO naive (name) VALUES ('late')")

    def after(self, position: int) -> list[tuple[int, str]]:
        rows = sa.text("SELECT id, name FROM naive WHERE id > :position ORDER BY id")
        with self.engine.connect() as connection:
            found = connection.execute(rows, {"position": position})
            return [(row.id, row.name) for row in found]


def test_a_follower_sees_everything_in_order(database_url: str) -> None:
    with opened(database_url) as store:
        assert follow(OurLog(store)) == ["early", "late"]
        assert check_log(store) == 2


def test_a_follower_of_a_sequence_misses_what_commits_late(postgres_url: str) -> None:
    with opened(postgres_url) as store:
        assert follow(SerialLog(store.engine)) == ["late"]
