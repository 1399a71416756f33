"""Events to store, and stores to put them in."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from flask_auditlog.event import Actor
from flask_auditlog.event import encode
from flask_auditlog.event import Entry
from flask_auditlog.event import Event
from flask_auditlog.event import new_uid
from flask_auditlog.settings import Limits
from flask_auditlog.store import open_engine
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.append.appending import appender_for

ALL = Scope(realm="default", organization_id=None)
ANY = Query()
WHO = {"user_id", "username", "client_id", "ip_address", "session_id"}


def event(type: str = "foo.bar", **fields: Any) -> Event:
    """Return an event; fields of the actor are given beside those of the event."""
    who = {name: fields.pop(name) for name in WHO & fields.keys()}
    given: dict[str, Any] = {"uid": new_uid(), "time": 1_700_000_000_000, "realm_id": "default"}
    if who:
        given["auth_details"] = Actor(**who)

    return Event(**(given | {"source": "api", "type": type} | fields))


def entry(type: str = "foo.bar", **fields: Any) -> Entry:
    """Return :func:`event`, encoded."""
    return encode(event(type, **fields))


def entries(count: int, **fields: Any) -> list[Entry]:
    """Return *count* different entries."""
    return [entry(**fields) for _ in range(count)]


def batch(name: str, size: int) -> list[Entry]:
    """Return the events of one batch, named so that a check can see whether it is whole."""
    return entries(size, details={"batch": name, "of": size})


def uids(found: Sequence[Any]) -> list[str]:
    """Return the uids of entries or records."""
    return [each.event.uid for each in found]


@contextmanager
def opened(url: str, **limits: float) -> Iterator[SqlStore]:
    """Open the store at *url*, as it is. A search may take for ever, if *limits* do not say: it
    was seen to be ended where the test's process stood still for ten seconds.
    """
    given = Limits(**{"query_seconds": 600.0} | limits)  # type: ignore[arg-type] # by name
    engine = open_engine(url, query_seconds=given.query_seconds)
    store = SqlStore(engine, cursor_keys=[b"k" * 32], limits=given)
    try:
        yield store
    finally:
        store.close()


def around_appends(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, work: Callable[..., Any]
) -> None:
    """Call ``work(append, ...)`` instead of each append to the database."""
    kind = type(appender_for(store.engine, write_seconds=1))
    append = kind.append
    monkeypatch.setattr(kind, "append", lambda *arguments: work(append, *arguments))


def terminate(url: str) -> int:
    """Cut every other connection to a PostgreSQL database; return how many there were."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        rows = connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return len(rows.fetchall())


def together(work: Callable[[int], object], threads: int) -> None:
    """Run ``work(0)``, ``work(1)``, … in threads at once; raise what one of them raised."""
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, n) for n in range(threads)]:
            done.result()


@contextmanager
def explained(store: SqlStore) -> Iterator[list[str]]:
    """Give what SQLite's planner does with each statement that is asked meanwhile."""
    lines: list[str] = []

    def explain(_: Any, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
        rows = cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
        lines.extend(row[3] for row in rows)

    with _before_each(store, explain):
        yield lines


@contextmanager
def analyzed(store: SqlStore) -> Iterator[list[dict[str, Any]]]:
    """Give each part of what PostgreSQL did for the statements that begin with a CTE meanwhile."""
    parts: list[dict[str, Any]] = []

    def flatten(part: dict[str, Any]) -> None:
        parts.append(part)
        for each in part.get("Plans", ()):
            flatten(each)

    def analyze(_: Any, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
        if statement.startswith("WITH"):
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
            flatten(cursor.fetchone()[0][0]["Plan"])

    with _before_each(store, analyze):
        yield parts


@contextmanager
def _before_each(store: SqlStore, look: Callable[..., None]) -> Iterator[None]:
    """Look at each statement before it is asked."""
    # Of the engine: older versions of SQLAlchemy have no such event of a connection.
    sa.event.listen(store.engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        sa.event.remove(store.engine, "before_cursor_execute", look)


def indexes_in(lines: list[str]) -> set[str]:
    """Return the names of the indexes that are used, as their columns are called."""
    words = {word for line in lines for word in line.split()}

    return {word.removeprefix("ix_audit_record_") for word in words if word.startswith("ix_")}
