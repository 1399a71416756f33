"""Whatever a PostgreSQL is set to, the log keeps its promises."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from flask_auditlog.store import SqlStore
from flask_auditlog.store.append.appending import appender_for
from tests.checks import check_log

from .samples import entries
from .samples import entry
from .samples import opened
from .samples import together


def with_setting(url: str, setting: str) -> str:
    """Return the URL with a setting for all its sessions, as a role or a database has them."""
    return sa.make_url(url).set(query={"options": f"-c{setting}"}).render_as_string(False)


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_positions_stay_whole_where_transactions_are_stricter(
    postgres_url: str, level: str
) -> None:
    escaped = level.replace(" ", "\\ ")
    strict = with_setting(postgres_url, f"default_transaction_isolation={escaped}")
    with opened(strict) as one, opened(strict) as two:
        stores = [one, two]
        together(lambda n: [stores[n % 2].append(entries(2)) for _ in range(20)], 4)
        assert check_log(one) == 160


@pytest.mark.parametrize(("given", "used"), [("off", "on"), ("local", "local"), ("on", "on")])
def test_a_commit_is_on_disk_before_it_is_told(postgres_url: str, given: str, used: str) -> None:
    with opened(with_setting(postgres_url, f"synchronous_commit={given}")) as store:
        assert setting(store, "synchronous_commit") == used


def test_the_writer_waits_for_nothing_without_a_limit(postgres_url: str) -> None:
    with opened(postgres_url) as store:
        names = ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"]
        assert [setting(store, name) for name in names] == ["4s", "8s", "2s"]


def test_the_search_path_does_not_matter(postgres_url: str) -> None:
    with opened(with_setting(postgres_url, "search_path=pg_catalog")) as store:
        store.append([entry()])
        assert check_log(store) == store.head() == 1


def setting(store: SqlStore, name: str) -> str:
    """Return a setting of a session that a writer has prepared."""
    with store.engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        raw.autocommit = True
        appender_for(store.engine, write_seconds=4).prepare(raw)
        (value,) = raw.execute(f"SHOW {name}").fetchone()
        connection.invalidate()
    return str(value)
