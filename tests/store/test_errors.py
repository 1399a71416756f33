"""What goes wrong in a database becomes an error of ours, in time."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from flask_auditlog.errors import AuditLogError
from flask_auditlog.errors import ConfigError
from flask_auditlog.errors import QueryTimeout
from flask_auditlog.errors import SchemaMissing
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.store import memory_url
from flask_auditlog.store import open_engine
from flask_auditlog.store import Query
from flask_auditlog.store import SqlStore
from tests import services
from tests.checks import check_log

from .samples import ALL
from .samples import ANY
from .samples import entries
from .samples import entry
from .samples import event
from .samples import opened
from .samples import terminate
from .samples import together

# As long as an event may be.
LONG = "a" * 60_000


def test_a_search_that_takes_too_long_is_stopped(database_url: str) -> None:
    with opened(database_url, query_seconds=0.005) as hasty, opened(database_url) as store:
        for _ in range(8):
            store.append(entries(100, details={"long": LONG}))
        begun = time.monotonic()
        with pytest.raises(QueryTimeout):
            hasty.count(Query(text="nowhere in there"), ALL, at_most=9)
        assert time.monotonic() - begun < 1
        assert store.count(Query(text="nowhere in there"), ALL, at_most=9).value == 0


def test_the_timeout_of_a_search_is_not_the_timeout_of_an_append(postgres_url: str) -> None:
    with opened(postgres_url, query_seconds=0.01) as hasty, opened(postgres_url) as store:
        hasty.append(entries(2000))
        assert check_log(store) == 2000


@pytest.mark.parametrize("seconds", [0.0001, 0.0009])
def test_the_smallest_timeout_is_not_none_at_all(postgres_url: str, seconds: float) -> None:
    own = open_engine(postgres_url, query_seconds=seconds)
    with own.connect() as connection:
        assert connection.scalar(sa.text("SHOW statement_timeout")) == "1ms"
    own.dispose()


def test_a_database_without_tables_names_the_command(
    empty_postgres_url: str, tmp_path: Path
) -> None:
    for url in (empty_postgres_url, f"sqlite:///{tmp_path / 'new.db'}"):
        with opened(url) as store:
            for act in every_use(store):
                with pytest.raises(SchemaMissing, match="flask auditlog upgrade"):
                    act()


def test_the_store_works_once_the_tables_are_there(empty_postgres_url: str) -> None:
    with opened(empty_postgres_url) as store:
        with pytest.raises(SchemaMissing):
            store.append([entry()])
        store.upgrade()
        assert store.append([entry()]).records[0].position == 1


def test_a_database_out_of_reach_is_unavailable(tmp_path: Path) -> None:
    nobody = f"postgresql://postgres@127.0.0.1:{services.free_port()}/nothing"
    for url in (nobody, f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}"):
        with opened(url) as store:
            for act in every_use(store):
                with pytest.raises(StoreUnavailable):
                    act()


def test_a_server_that_never_answers_is_unavailable_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flask_auditlog.store.engine._PATIENCE", {"connect_timeout": "1"})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with opened(f"postgresql://postgres@127.0.0.1:{port}/nothing") as store:
            for act in (store.head, lambda: store.append([entry()])):
                begun = time.monotonic()
                with pytest.raises(StoreUnavailable):
                    act()
                assert time.monotonic() - begun < 3


def test_a_file_that_is_no_database_is_an_error_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database " * 100)
    with opened(f"sqlite:///{path}") as store:
        for act in every_use(store):
            with pytest.raises(AuditLogError):
                act()


def test_a_file_that_may_not_be_written_can_be_read(sqlite_url: str) -> None:
    with opened(sqlite_url) as store:
        store.append([entry()])
    path = sqlite_url.removeprefix("sqlite:///")
    with opened(f"sqlite:///file:{path}?mode=ro&uri=true") as store:
        assert store.head() == 1
        with pytest.raises(StoreUnavailable, match="cannot be written"):
            store.append([entry()])


def test_a_search_holds_no_transaction_and_may_pause(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As where the whole machine stands still for a while in the middle of it.
    monkeypatch.setattr("flask_auditlog.store.engine.IDLE_MILLISECONDS", 50)
    paused: list[object] = []

    def pause(*statement: object) -> None:
        time.sleep(0.2)
        paused.append(statement)

    with opened(postgres_url) as store:
        store.append([entry()])
        sa.event.listen(store.engine, "after_cursor_execute", pause)
        assert [each.position for each in store.find(Query(), ALL, limit=1).records] == [1]
        assert paused


def test_connections_cut_by_the_server_are_made_again(postgres_url: str) -> None:
    with opened(postgres_url) as store:
        store.append([entry()])
        assert store.head() == 1
        terminate(postgres_url)
        assert store.head() == 1
        terminate(postgres_url)
        store.append([entry()])
        assert check_log(store) == 2


def test_no_free_connection_is_unavailable(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(postgres_url) as store, ExitStack() as held:
        monkeypatch.setattr(store.engine.pool, "_timeout", 0.02)
        for _ in range(15):
            held.enter_context(store.engine.connect())
        for act in every_use(store):
            with pytest.raises(StoreUnavailable):
                act()


@pytest.mark.parametrize("url", ["nonsense", "mysql://localhost/x", "oracle+nothing://x/y"])
def test_a_database_that_cannot_hold_the_log_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(ConfigError, match="AUDITLOG_DATABASE_URL"):
        open_engine(url, query_seconds=1)


def test_an_error_says_nothing_of_what_was_stored(store: SqlStore) -> None:
    secret = "hunter2hunter2"
    given = entry(details={"word": secret})
    with pytest.raises(AuditLogError) as caught:
        store.append([given, given])
    assert secret not in str(caught.value)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "memory"])
def test_threads_may_use_the_store_as_they_like(kind: str, request: pytest.FixtureRequest) -> None:
    names = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}
    url = request.getfixturevalue(names[kind]) if kind in names else memory_url(uuid4().hex)
    with opened(url) as store:
        if kind == "memory":
            store.create()

        def work(_: int) -> None:
            for _ in range(10):
                (record,) = store.append([entry()]).records
                assert store.get(record.event.uid, ALL) == record
                assert store.count(ANY, ALL, at_most=1000).value >= 1

        together(work, 6)
        assert check_log(store) == 60


def every_use(store: SqlStore) -> list[Callable[[], object]]:
    """Return calls that need the database, each in its way."""
    return [
        lambda: store.append([entry()]),
        lambda: store.find(ANY, ALL, limit=1),
        lambda: store.count(ANY, ALL, at_most=1),
        lambda: list(store.stream(ANY, ALL)),
        lambda: store.after(0, ANY, ALL, limit=1),
        lambda: store.get(event().uid, ALL),
        lambda: store.realms.add("acme"),
        lambda: store.tokens.find("al_x"),
        store.tokens.all,
    ]
