"""Callers that come together, and what one of them does to the others."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec import structs

from flask_auditlog.errors import AuditLogError
from flask_auditlog.errors import Conflict
from flask_auditlog.errors import StoreError
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.event import Entry
from flask_auditlog.event import new_uid
from flask_auditlog.event import Record
from flask_auditlog.store import Appended
from flask_auditlog.store import Key
from flask_auditlog.store import SqlStore
from flask_auditlog.store.append import rows
from flask_auditlog.store.append.appending import appender_for
from flask_auditlog.store.append.turns import SHARED
from flask_auditlog.store.append.writer import Writer
from flask_auditlog.store.tables import LOCK
from tests.checks import check_log

from .samples import ALL
from .samples import around_appends
from .samples import batch
from .samples import entries
from .samples import entry
from .samples import event
from .samples import opened
from .samples import terminate
from .samples import together
from .samples import uids


class Gate:
    """An appender that writes nothing, notes its transactions, and holds them until opened."""

    def __init__(self) -> None:
        self.transactions: list[list[str]] = []
        self.open = threading.Event()
        self.seconds = 10.0

    def prepare(self, connection: Any) -> None:
        """Nothing has to be prepared."""

    def append(self, connection: Any, given: Sequence[Entry], key: Key | None) -> Appended:
        types = [each.event.type for each in given]
        self.transactions.append(types)
        assert self.open.wait(10)
        for word, error in {"bad": StoreError, "taken": Conflict, "away": StoreUnavailable}.items():
            if word in types:
                raise error
        made = [
            Record(position=1, received_time=1, time=1, body=e.body, salt=e.salt, digest=e.digest)
            for e in given
        ]
        return Appended(records=tuple(made))

    def explain(self, error: Exception) -> AuditLogError:
        return StoreError(str(error))


class Queue:
    """A writer that is busy with one caller's event, and callers that come meanwhile."""

    def __init__(self, *, patience: float = 10) -> None:
        self.gate = Gate()
        engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
        self.writer = Writer(engine, self.gate, patience=patience)
        self.pool = ThreadPoolExecutor(20)
        self.first = self.come([entry("first")])

    def come(self, given: Sequence[Entry], key: Key | None = None) -> Future[Appended]:
        """Append in a thread of its own; return once it waits."""
        before = self.came()
        coming = self.pool.submit(self.writer.append, given, key)
        while self.came() == before:
            time.sleep(0.0005)
        return coming

    def came(self) -> int:
        """Return how many wait, or are being written."""
        waiting = self.writer._turns._queue  # noqa: SLF001 (nobody else has to know)
        return len(waiting) + len(self.gate.transactions)

    def go(self) -> list[list[str]]:
        """Let them all be written; return what was in each transaction after the first."""
        self.gate.open.set()
        self.pool.shutdown()
        self.writer.close()
        return self.gate.transactions[1:]


def named(given: Future[Appended]) -> list[str]:
    """Return the types of what a caller was told is there."""
    return [record.event.type for record in given.result().records]


def test_callers_that_wait_share_one_transaction() -> None:
    queue = Queue()
    coming = [queue.come([entry(f"t{n}")]) for n in range(8)]
    assert queue.go() == [[f"t{n}" for n in range(8)]]
    assert [named(each) for each in coming] == [[f"t{n}"] for n in range(8)]


def test_everyone_is_told_of_his_own_events() -> None:
    queue = Queue()
    coming = [queue.come([entry(f"t{n}")] * n) for n in (3, 1, 2)]
    queue.go()
    assert [named(each) for each in coming] == [["t3"] * 3, ["t1"], ["t2"] * 2]


@pytest.mark.parametrize(("word", "kind"), [("bad", StoreError), ("taken", Conflict)])
@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_bad_event_fails_alone(word: str, kind: type[AuditLogError], place: int) -> None:
    queue = Queue()
    types = [word if n == place else f"t{n}" for n in range(5)]
    coming = [queue.come([entry(each)]) for each in types]
    queue.go()
    failed = [type(each.exception()) for each in coming]
    assert failed == [kind if n == place else type(None) for n in range(5)]


def test_a_log_out_of_reach_is_told_to_all_who_share_and_not_tried_again() -> None:
    queue = Queue()
    coming = [queue.come([entry(each)]) for each in ("t0", "away", "t2")]
    assert queue.go() == [["t0", "away", "t2"]]
    assert [type(each.exception()) for each in coming] == [StoreUnavailable] * 3


def test_who_waits_behind_a_writer_that_hangs_gives_up_in_time() -> None:
    queue = Queue(patience=0.2)
    waiting = queue.come([entry("late")])
    with pytest.raises(StoreUnavailable, match="busy for too long"):
        waiting.result(timeout=5)
    assert not queue.first.done()  # it hangs still
    assert queue.go() == []


def test_a_large_batch_and_one_with_a_key_stand_alone() -> None:
    queue = Queue()
    key = Key(token_id="t", realm="r", value="k", request_digest=b"d", answer="a")
    queue.come([entry("a")])
    queue.come(entries(SHARED, type="large"))
    queue.come([entry("b")])
    queue.come([entry("keyed")], key)
    queue.come([entry("c")])
    queue.come([entry("d")])
    sizes = [(each[0], len(each)) for each in queue.go()]
    assert sizes == [("a", 1), ("large", SHARED), ("b", 1), ("keyed", 1), ("c", 2)]


def test_a_transaction_is_shared_by_no_more_than_it_may_hold() -> None:
    queue = Queue()
    for n in range(5):
        queue.come(entries(SHARED // 2, type=f"t{n}"))
    assert [len(each) for each in queue.go()] == [SHARED, SHARED, SHARED // 2]


def test_callers_are_served_in_the_order_they_came() -> None:
    queue = Queue()
    for n in range(6):
        queue.come(entries(SHARED, type=f"t{n}"))
    assert [each[0] for each in queue.go()] == [f"t{n}" for n in range(6)]


def test_an_uncontended_caller_needs_no_other_thread() -> None:
    gate = Gate()
    gate.open.set()
    writer = Writer(sa.create_engine("sqlite://"), gate, patience=10)
    before = threading.active_count()
    writer.append([entry("a")])
    assert (gate.transactions, threading.active_count()) == ([["a"]], before)
    writer.close()


def test_nobody_waits_much_longer_than_the_timeout(database_url: str) -> None:
    with opened(database_url, write_seconds=0.4) as store, locked(store.engine):
        waited: list[float] = []

        def work(n: int) -> None:
            key = Key(token_id="t", realm="r", value=str(n), request_digest=b"d", answer="a")
            begun = time.monotonic()
            with pytest.raises(StoreUnavailable):
                store.append([entry()], key=key)
            waited.append(time.monotonic() - begun)

        together(work, 6)
        assert max(waited) < 1.2


def test_the_log_goes_on_once_the_lock_is_free(database_url: str) -> None:
    with opened(database_url, write_seconds=0.2) as store:
        with locked(store.engine), pytest.raises(StoreUnavailable, match="busy"):
            store.append([entry()])
        assert store.append([entry()]).records[0].position == 1


def test_a_batch_is_read_before_the_lock_is_taken(postgres_url: str) -> None:
    with opened(postgres_url, write_seconds=0.2) as store:
        unreadable = structs.replace(entry(), event=event(uid="no-uuid"))
        with locked(store.engine), pytest.raises(StoreError, match="refused"):
            # Read under the lock, it would have waited for it, and been told to come again.
            store.append([unreadable])


@pytest.mark.parametrize("size", [1, rows.PIECE])
def test_a_batch_in_pieces_that_is_refused_leaves_nothing_behind(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(rows, "PIECE", size)
    with opened(postgres_url) as store:
        there = entry()
        store.append([there])
        taken = structs.replace(entry(), event=event(uid=there.event.uid))
        for given, error in (
            ([entry(), taken], Conflict),
            ([entry(), lone_surrogate()], StoreError),
        ):
            with pytest.raises(error):
                store.append(given)
        assert [each.position for each in store.append(entries(3)).records] == [2, 3, 4]
        assert check_log(store) == 4


def lone_surrogate() -> Entry:
    """An entry that cannot even be written down, found out when those before it are sent."""
    return structs.replace(entry(), body="\ud800")


def test_a_batch_in_pieces_is_read_before_the_lock_is_taken(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "PIECE", 1)
    with opened(postgres_url, write_seconds=0.2) as store:
        unreadable = structs.replace(entry(), event=event(uid="no-uuid"))
        with locked(store.engine), pytest.raises(StoreError, match="refused"):
            store.append([entry(), unreadable])


def locked(engine: sa.Engine) -> Any:
    """Hold the log's lock, as a writer does that has stopped."""
    connection = engine.connect()
    if engine.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    return connection


# On real databases


def test_callers_at_once_need_fewer_transactions_than_appends(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    transactions: list[int] = []

    def counted(append: Any, appender: Any, connection: Any, given: Any, key: Any) -> Any:
        transactions.append(len(given))
        # The others come meanwhile, also where they are slow to.
        time.sleep(0.005)
        return append(appender, connection, given, key)

    around_appends(store, monkeypatch, counted)
    together(lambda _: [store.append([entry()]) for _ in range(15)], 8)
    assert check_log(store) == sum(transactions) == 120
    assert len(transactions) < 90


def test_an_event_the_database_refuses_fails_alone(store: SqlStore) -> None:
    outcomes: list[str] = []

    def work(n: int) -> None:
        for _ in range(10):
            try:
                store.append([entry(time=2**70 if n == 0 else 1)])
            except AuditLogError as error:
                outcomes.append(f"{n} {type(error).__name__}")

    together(work, 4)
    assert outcomes == ["0 StoreError"] * 10
    assert check_log(store) == 30


def test_one_event_sent_by_many_at_once_is_stored_once(store: SqlStore) -> None:
    given = entries(5)
    positions: list[int] = []

    def work(_: int) -> None:
        positions.extend([store.append([each]).records[0].position for each in given])

    together(work, 6)
    assert check_log(store, answered=uids(given)) == 5
    assert sorted(positions) == sorted([1, 2, 3, 4, 5] * 6)


def test_closing_while_others_write_fails_nobody(database_url: str) -> None:
    with opened(database_url) as store:
        writer = Writer(store.engine, appender_for(store.engine, write_seconds=5), patience=5)
        answered: list[str] = []
        done = threading.Event()

        def work(n: int) -> None:
            try:
                while n == 0 and not done.is_set():
                    writer.close()
                for _ in range(50 * (n > 0)):
                    answered.extend(uids(writer.append([entry()]).records))
            finally:
                done.set()

        together(work, 4)
        writer.close()
        assert check_log(store, answered=answered) == 150


@pytest.mark.parametrize("used", [False, True])
def test_parent_and_child_write_after_a_fork(store: SqlStore, used: bool) -> None:
    if used:
        store.append([entry()])
        assert store.head() == 1
    children = []
    for _ in range(3):
        if (child := os.fork()) == 0:
            os._exit(write_five(store))
        children.append(child)
    assert write_five(store) == 0
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert codes == [0, 0, 0]
    assert check_log(store) == 20 + used


def write_five(store: SqlStore) -> int:
    """Append, read, and return 0 as a process does that succeeded."""
    try:
        for _ in range(5):
            (record,) = store.append([entry()]).records
            assert store.get(record.event.uid, ALL) is not None
    except BaseException:  # noqa: BLE001 (whatever it is, the child ends with it)
        traceback.print_exc()
        return 1
    return 0


def test_a_child_may_be_forked_while_others_write(store: SqlStore) -> None:
    done = threading.Event()

    def work(n: int) -> None:
        while n and not done.is_set():
            store.append([entry()])
        if n == 0:
            try:
                for _ in range(5):
                    if (child := os.fork()) == 0:
                        os._exit(write_five(store))
                    assert os.waitpid(child, 0)[1] == 0
            finally:
                done.set()

    together(work, 3)
    assert check_log(store) >= 25


def test_connections_cut_while_events_are_written_lose_and_double_nothing(
    postgres_url: str,
) -> None:
    with opened(postgres_url) as store:
        answered: list[str] = []
        cut = 0
        done = threading.Event()

        def work(n: int) -> None:
            nonlocal cut
            if n == 0:
                for _ in range(15):
                    cut += terminate(postgres_url)
                    time.sleep(0.01)
                done.set()
            while n and not done.is_set():
                given = batch(new_uid(), 3)
                for _ in range(50):
                    try:
                        answered.extend(uids(store.append(given).records))
                        break
                    except StoreUnavailable:
                        continue

        together(work, 4)
        assert cut >= 10
        assert check_log(store, answered=answered) == len(answered)
