"""What every store promises. Subclass it and say where its log lives."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from time import sleep
from typing import Any

import pytest
import sqlalchemy as sa

from flask_auditlog.errors import AuditLogError
from flask_auditlog.errors import Conflict
from flask_auditlog.errors import KeyReused
from flask_auditlog.errors import QueryError
from flask_auditlog.event import Copy
from flask_auditlog.event import READ_TYPE
from flask_auditlog.event import Record
from flask_auditlog.store import Key
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store import tables
from flask_auditlog.store import VIEW_EVENTS
from flask_auditlog.store.language import parse_query
from flask_auditlog.store.search import reader
from flask_auditlog.store.writing import writing
from tests.checks import check_log

from .samples import ALL
from .samples import ANY
from .samples import entries
from .samples import entry
from .samples import uids

HOUR = 3_600_000

HOSTILE = [
    "'; DROP TABLE audit_record; --",
    '"\\ \\u0041 {} [] %s %(x)s :x ? $1',
    "line\nline\r\ttab\x01\x7f",
    "é ß İ 日本語 😀 \u2028 \ufeff",
    "",
]


class StoreContract:
    """Every store inherits these tests and adds none of its own for them."""

    @pytest.fixture
    def store(self) -> Iterator[SqlStore]:
        """An empty store."""
        raise NotImplementedError

    # Append

    def test_positions_are_contiguous_from_one_in_the_order_given(self, store: SqlStore) -> None:
        given = entries(5)
        first, rest = store.append(given[:2]), store.append(given[2:])
        records = [*first.records, *rest.records]
        assert [record.position for record in records] == [1, 2, 3, 4, 5]
        assert uids(store.after(0, ANY, ALL, limit=9)) == uids(records) == uids(given)

    def test_a_large_batch_keeps_its_order(self, store: SqlStore) -> None:
        given = entries(1001)
        assert uids(store.append(given).records) == uids(given)
        assert uids(store.after(0, ANY, ALL, limit=2000)) == uids(given)

    def test_nothing_is_appended_by_nothing(self, store: SqlStore) -> None:
        assert store.append([]).records == ()
        assert store.head() == 0

    @pytest.mark.parametrize("text", HOSTILE)
    def test_the_body_comes_back_byte_for_byte(self, store: SqlStore, text: str) -> None:
        given = entry(username=text, resource_path=text, details={"a": text, text or "b": [text]})
        (record,) = store.append([given]).records
        (found,) = store.after(0, ANY, ALL, limit=1)
        assert (found.body, found.event) == (given.body, given.event)
        assert found == record
        assert store.find(Query(username=text, resource=text), ALL, limit=1).records == (record,)

    def test_the_digest_is_of_salt_and_body(self, store: SqlStore) -> None:
        store.append(entries(2))
        one, two = store.after(0, ANY, ALL, limit=2)
        assert one.digest == sha256(one.salt + one.body.encode()).digest()
        assert one.salt != two.salt

    def test_the_same_event_again_is_the_record_that_is_there(self, store: SqlStore) -> None:
        given = entry()
        (first,) = store.append([given]).records
        (again,) = store.append([entry(uid=given.event.uid)]).records
        assert again == first
        assert store.head() == 1

    def test_a_batch_of_which_some_is_there_adds_the_rest(self, store: SqlStore) -> None:
        given = entries(4)
        store.append([given[2], given[0]])
        records = store.append(given).records
        assert [record.position for record in records] == [2, 3, 1, 4]
        assert uids(records) == uids(given)

    def test_another_event_with_a_known_uid_is_a_conflict(self, store: SqlStore) -> None:
        given = entry()
        store.append([given])
        with pytest.raises(Conflict):
            store.append([entry(), entry("foo.other", uid=given.event.uid), entry()])
        assert uids(store.after(0, ANY, ALL, limit=9)) == [given.event.uid]

    def test_positions_go_on_without_a_gap_after_a_conflict(self, store: SqlStore) -> None:
        given = entry()
        store.append([given])
        with pytest.raises(Conflict):
            store.append([*entries(3), entry("foo.other", uid=given.event.uid)])
        assert [record.position for record in store.append(entries(2)).records] == [2, 3]

    def test_one_uid_twice_in_a_batch_is_refused_whole(self, store: SqlStore) -> None:
        given = entry()
        with pytest.raises(AuditLogError):
            store.append([entry(), given, given])
        assert store.head() == 0

    def test_received_time_never_goes_back(self, store: SqlStore) -> None:
        (first,) = store.append([entry()]).records
        ahead = first.received_time + HOUR
        # As if the clock had been an hour ahead, and was then set right.
        with store.engine.begin() as connection:
            row = connection.execute(sa.select(tables.record)).one()._asdict()
            changed = {"position": 2, "uid": entry().event.uid, "received_time": ahead}
            connection.execute(sa.insert(tables.record).values(row | changed))
        received = [record.received_time for record in store.append(entries(2)).records]
        assert received == [ahead, ahead]

    # Idempotency keys

    def test_a_known_key_gives_the_first_answer_and_stores_nothing(self, store: SqlStore) -> None:
        first = store.append(entries(2), key=key(answer="first"))
        again = store.append(entries(2), key=key(answer="second"))
        assert (first.answer, again.answer, again.records) == (None, "first", ())
        assert store.head() == 2

    def test_a_key_with_another_body_is_refused(self, store: SqlStore) -> None:
        store.append([entry()], key=key())
        with pytest.raises(KeyReused):
            store.append([entry()], key=key(request_digest=b"other"))
        assert store.head() == 1

    def test_the_first_answer_can_be_asked_for(self, store: SqlStore) -> None:
        store.append(entries(1), key=key(answer="first"))
        assert store.answers.first("t", "r", "k", b"d") == "first"
        for other in (("t2", "r", "k"), ("t", "r2", "k"), ("t", "r", "K")):
            assert store.answers.first(*other, b"d") is None
        with pytest.raises(KeyReused):
            store.answers.first("t", "r", "k", b"other")

    @pytest.mark.parametrize("other", [{"token_id": "t2"}, {"realm": "r2"}, {"value": "K"}])
    def test_a_key_is_one_of_its_token_and_realm(
        self, store: SqlStore, other: dict[str, str]
    ) -> None:
        store.append([entry()], key=key())
        assert store.append([entry()], key=key(**other, request_digest=b"x")).answer is None
        assert store.head() == 2

    def test_a_batch_that_failed_has_not_used_its_key(self, store: SqlStore) -> None:
        known = entry()
        store.append([known])
        with pytest.raises(Conflict):
            store.append([entry("foo.other", uid=known.event.uid)], key=key(answer="bad"))
        assert store.append([entry()], key=key(answer="good")).answer is None
        assert store.append([entry()], key=key()).answer == "good"

    def test_a_key_of_no_events_is_remembered_too(self, store: SqlStore) -> None:
        assert store.append([], key=key(answer="[null]")).answer is None
        assert store.append([entry()], key=key()).answer == "[null]"

    @pytest.mark.parametrize(("age", "head"), [(24 * HOUR - 60_000, 1), (24 * HOUR + 1, 2)])
    def test_a_key_is_forgotten_after_a_day(self, store: SqlStore, age: int, head: int) -> None:
        store.append([entry()], key=key())
        older = tables.answer.c.created_time - age
        with store.engine.begin() as connection:
            connection.execute(sa.update(tables.answer).values(created_time=older))
        answered = store.answers.first("t", "r", "k", b"d")
        assert answered == ("a" if head == 1 else None)
        store.append([entry()], key=key())
        assert store.head() == head

    # Scope

    def test_nobody_sees_anothers(self, store: SqlStore) -> None:
        places = list(itertools.product(["default", "acme"], ["org-a", "org-b", None]))
        given = {(realm, org): entry(realm_id=realm, organization_id=org) for realm, org in places}
        store.append(list(given.values()))
        for realm, org in places:
            scope = Scope(realm=realm, organization_id=org)
            seen = {uid: place for place, e in given.items() for uid in [e.event.uid]}
            mine = {uid for uid, (r, o) in seen.items() if r == realm and org in (None, o)}
            assert seen_by(store, ANY, scope) == [mine] * 4, scope

    @pytest.mark.parametrize("org", ["org-b", "org-a", ""])
    def test_a_query_cannot_widen_its_scope(self, store: SqlStore, org: str) -> None:
        store.append([entry(organization_id="org-a"), entry(organization_id="org-b"), entry()])
        scope = Scope(realm="default", organization_id="org-a")
        mine = store.find(Query(org=org), scope, limit=9).records
        assert [record.event.organization_id for record in mine] == ["org-a"] * (org == "org-a")

    def test_one_record_is_found_by_its_uid_in_any_spelling(self, store: SqlStore) -> None:
        (record,) = store.append([entry()]).records
        uid = record.event.uid
        assert [store.get(s, ALL) for s in (uid, uid.upper(), f"{{{uid}}}")] == [record] * 3
        assert [store.get(s, ALL) for s in ("", "x", entry().event.uid, "\0")] == [None] * 4
        assert store.get(uid, ALL, Query(type=record.event.type)) == record
        assert store.get(uid, ALL, Query(more=parse_query("-type:no.such before:now"))) == record
        assert store.get(uid, ALL, Query(type="no.such")) is None
        acme = Scope(realm="default", organization_id="acme")
        assert store.get(uid, acme, Query(type=record.event.type)) is None

    # Reads of the log

    def test_reads_of_the_log_are_hidden_unless_asked_for(self, store: SqlStore) -> None:
        (plain,) = uids([entry()])
        read, posted = entry(READ_TYPE, source="system"), entry(READ_TYPE, source="api")
        store.append([entry(uid=plain), read, posted])
        shown = {plain, posted.event.uid}
        assert seen_by(store, ANY, ALL) == [shown] * 3 + [shown | {read.event.uid}]
        for query in (Query(reads=True), Query(type="admin.AUDIT_LOG*", org=None)):
            assert read.event.uid in uids(store.find(query, ALL, limit=9).records)

    # Pages

    @pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 6, 7])
    def test_pages_hold_every_record_once_newest_first(self, store: SqlStore, size: int) -> None:
        store.append([entry(time=n // 2) for n in range(size)])
        found = pages(store, limit=3)
        assert [len(page) for page in found] == ([3] * (size // 3) + [size % 3])[
            : max(1, -(-size // 3))
        ]
        assert [r.position for page in found for r in page] == list(range(size, 0, -1))

    def test_equal_times_are_in_order_of_position(self, store: SqlStore) -> None:
        store.append(entries(7, time=5))
        assert [r.position for page in pages(store, limit=2) for r in page] == [7, 6, 5, 4, 3, 2, 1]

    def test_paging_is_stable_while_events_arrive(self, store: SqlStore) -> None:
        store.append([entry(time=n) for n in range(6)])
        positions, cursor = [], None
        while True:
            page = store.find(ANY, ALL, limit=2, cursor=cursor)
            positions += [record.position for record in page.records]
            store.append([entry(time=t) for t in (0, 3, 99)])
            if (cursor := page.next) is None:
                break
        assert positions == [6, 5, 4, 3, 2, 1]

    def test_a_cursor_of_another_search_is_refused(self, store: SqlStore) -> None:
        store.append(entries(3, organization_id="org-a"))
        cursor = store.find(ANY, ALL, limit=1).next
        scoped = Scope(realm="default", organization_id="org-a")
        for query, scope in [(Query(type="foo.bar"), ALL), (ANY, scoped)]:
            with pytest.raises(QueryError, match="cursor") as caught:
                store.find(query, scope, limit=1, cursor=cursor)
            assert caught.value.field == "cursor"

    @pytest.mark.parametrize("cursor", ["x", "=", "é", "\0", "A" * 48, "A" * 5000, "1", "../"])
    def test_garbage_is_no_cursor(self, store: SqlStore, cursor: str) -> None:
        with pytest.raises(QueryError):
            store.find(ANY, ALL, limit=1, cursor=cursor)

    # Count, stream, after

    @pytest.mark.parametrize(
        ("at_most", "value", "exact"), [(4, 4, False), (5, 5, True), (6, 5, True)]
    )
    def test_a_count_is_exact_up_to_its_limit(
        self, store: SqlStore, at_most: int, value: int, exact: bool
    ) -> None:
        store.append(entries(5))
        count = store.count(ANY, ALL, at_most=at_most)
        assert (count.value, count.exact) == (value, exact)

    @pytest.mark.parametrize("size", [0, 2, 3, 4, 7])
    def test_a_stream_is_all_pages_in_one(
        self, store: SqlStore, size: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reader, "STREAMED", 3)
        store.append([entry(time=n // 2) for n in range(size)])
        joined = [record for page in pages(store, limit=3) for record in page]
        copies = [Copy(each.position, each.received_time, each.time, each.body) for each in joined]
        assert list(store.stream(ANY, ALL)) == copies
        assert len(joined) == size

    def test_pages_of_an_actor_hold_each_record_once(
        self, store: SqlStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reader, "STREAMED", 2)
        names: list[dict[str, str]] = [{"user_id": "7"}, {"username": "7"}]
        who = [*names, names[0] | names[1], {"user_id": "8"}, {"username": "77"}]
        store.append([entry(time=n // 3, **who[n % 5]) for n in range(20)])
        meant = [n + 1 for n in reversed(range(20)) if n % 5 < 3]
        query, found, cursor = Query(actor="7"), [], None
        while True:
            page = store.find(query, ALL, limit=2, cursor=cursor)
            found += [each.position for each in page.records]
            # What comes meanwhile is not on the pages that follow.
            store.append([entry(time=5, user_id="7", username="7")])
            if (cursor := page.next) is None:
                break
        assert found == meant
        streamed = [each.position for each in store.stream(query, ALL)]
        assert [each for each in streamed if each <= 20] == meant
        assert len(streamed) == len(set(streamed)) == store.head() - 8

    def test_who_comes_while_another_writes_is_not_refused(self, store: SqlStore) -> None:
        store.append(entries(1))
        store.realms.add("default")
        _, secret = store.tokens.create(name="a", realm="default", permissions=[VIEW_EVENTS])
        slow = reader.Reader(store.engine, cursor_keys=(), query_seconds=9)
        with ThreadPoolExecutor(3) as others, writing(slow) as connection:
            connection.execute(sa.update(tables.token).values(name="b"))
            token = others.submit(store.tokens.find, secret)
            records = others.submit(store.append, entries(1))
            realm = others.submit(store.realms.add, "b")
            sleep(0.1)
            # Two write at once in PostgreSQL.
            if store.engine.dialect.name == "sqlite":
                assert not records.done()
                assert not realm.done()
        assert token.result() is not None
        assert [each.position for each in records.result().records] == [2]
        assert realm.result()

    def test_a_stream_ends_where_the_log_ended_at_the_call(self, store: SqlStore) -> None:
        store.append(entries(2))
        stream = store.stream(ANY, ALL)
        store.append(entries(2))
        assert [record.position for record in stream] == [2, 1]

    def test_a_stream_reads_the_next_page_while_one_is_taken_away(
        self, store: SqlStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reader, "STREAMED", 3)
        store.append(entries(7))
        pages, is_second = itertools.count(1), threading.Event()

        def asked(_: object, __: object, sql: str, *___: object) -> None:
            if "LIMIT" in sql and next(pages) == 2:
                is_second.set()

        sa.event.listen(store.engine, "before_cursor_execute", asked)
        stream = store.stream(ANY, ALL)
        first = next(stream)
        assert is_second.wait(30)
        assert [record.position for record in (first, *stream)] == [7, 6, 5, 4, 3, 2, 1]

    def test_a_stream_that_is_left_holds_nothing(
        self, store: SqlStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reader, "STREAMED", 3)
        store.append(entries(7))
        pool: Any = store.engine.pool
        held = pool.checkedout()
        stream = store.stream(ANY, ALL)
        next(stream)
        del stream
        assert pool.checkedout() == held
        assert not [each for each in threading.enumerate() if "auditlog-stream" in each.name]

    def test_a_stream_of_a_bad_query_fails_at_the_call(self, store: SqlStore) -> None:
        with pytest.raises(QueryError):
            store.stream(Query(details=(("", "x"),)), ALL)

    @pytest.mark.parametrize(
        ("position", "limit", "positions"),
        [
            (0, 2, [1, 2]),
            (2, 2, [3, 4]),
            (4, 2, [5]),
            (5, 2, []),
            (99, 2, []),
            (-1, 9, [1, 2, 3, 4, 5]),
        ],
    )
    def test_after_goes_on_from_a_position(
        self, store: SqlStore, position: int, limit: int, positions: list[int]
    ) -> None:
        store.append([entry(time=-n) for n in range(5)])
        found = store.after(position, ANY, ALL, limit=limit)
        assert [record.position for record in found] == positions

    # Types

    def test_types_are_counted_by_name_with_their_first_and_last_time(
        self, store: SqlStore
    ) -> None:
        given = [("b", 3), ("a.é", 5), ("b", 1), ("b", 2)]
        store.append([entry(name, time=time) for name, time in given])
        assert types_of(store, ALL) == [("a.é", 1, 5, 5), ("b", 3, 1, 3)]
        assert types_of(store, ALL, at_most=1) == [("a.é", 1, 5, 5)]

    def test_an_empty_log_has_no_types(self, store: SqlStore) -> None:
        assert types_of(store, ALL) == []

    @pytest.mark.parametrize("others", [True, False])
    def test_types_are_those_of_the_scope(self, store: SqlStore, *, others: bool) -> None:
        store.append([entry("a", organization_id="acme"), entry("b")])
        if others:
            store.append([entry("c", realm_id="other"), entry("a", realm_id="zoo")])
        assert [each[:2] for each in types_of(store, ALL)] == [("a", 1), ("b", 1)]
        acme = Scope(realm="default", organization_id="acme")
        assert [each[:2] for each in types_of(store, acme)] == [("a", 1)]
        assert types_of(store, Scope(realm="none", organization_id=None)) == []

    def test_reads_are_types_too(self, store: SqlStore) -> None:
        store.append([entry(READ_TYPE, source="system")])
        assert [each[0] for each in types_of(store, ALL)] == [READ_TYPE]

    # Nothing is changed

    def test_the_database_refuses_to_change_the_log(self, store: SqlStore) -> None:
        store.append(entries(2))
        before = check_log(store)
        for statement in CHANGES[store.engine.dialect.name]:
            with pytest.raises(sa.exc.DBAPIError, match="append-only"), store.engine.begin() as c:
                c.exec_driver_sql(statement)
        assert check_log(store) == before == 2


_SQLITE = "audit_record"
_POSTGRES = "auditlog.audit_record"
_AGAIN = "INSERT INTO {0} SELECT * FROM {0} WHERE position = 1 ON CONFLICT ({1}) DO UPDATE SET body = 'x'"
_MERGE = "MERGE INTO {0} t USING {0} s ON t.uid = s.uid WHEN MATCHED THEN UPDATE SET body = 'x'"

CHANGES = {
    "sqlite": [
        f"UPDATE {_SQLITE} SET body = 'x' WHERE position = 1",
        f"UPDATE OR REPLACE {_SQLITE} SET position = 1 WHERE position = 2",
        f"DELETE FROM {_SQLITE} WHERE position = 2",
        f"DELETE FROM {_SQLITE}",
        f"INSERT OR REPLACE INTO {_SQLITE} SELECT * FROM {_SQLITE} WHERE position = 1",
        f"REPLACE INTO {_SQLITE} SELECT * FROM {_SQLITE} WHERE position = 1",
        _AGAIN.format(_SQLITE, "position"),
        _AGAIN.format(_SQLITE, "uid"),
    ],
    "postgresql": [
        f"UPDATE {_POSTGRES} SET body = 'x' WHERE position = 1",
        f"UPDATE {_POSTGRES} SET body = 'x' WHERE false",
        f"DELETE FROM {_POSTGRES} WHERE position = 2",
        f"TRUNCATE {_POSTGRES}",
        _AGAIN.format(_POSTGRES, "position"),
        _AGAIN.format(_POSTGRES, "uid"),
        _MERGE.format(_POSTGRES),
    ],
}


def key(**changed: object) -> Key:
    """Return an Idempotency-Key."""
    given = {"token_id": "t", "realm": "r", "value": "k", "request_digest": b"d", "answer": "a"}
    return Key(**(given | changed))  # type: ignore[arg-type] # msgspec checks no more than this


def types_of(store: SqlStore, scope: Scope, at_most: int = 9) -> list[tuple[str, int, int, int]]:
    """Return the types within *scope*: name, number, first and last time."""
    found = store.types.seen(scope, at_most=at_most)
    return [(each.type, each.records, each.first_time, each.last_time) for each in found]


def pages(store: SqlStore, *, limit: int) -> list[tuple[Record, ...]]:
    """Return every page of everything."""
    page = store.find(ANY, ALL, limit=limit)
    found = [page.records]
    while page.next is not None:
        page = store.find(ANY, ALL, limit=limit, cursor=page.next)
        found.append(page.records)
    return found


def seen_by(store: SqlStore, query: Query, scope: Scope) -> list[set[str]]:
    """Return the uids that each way of reading shows: a page, a stream, after, one by one."""
    whole = [Scope(realm=realm, organization_id=None) for realm in ("default", "acme")]
    everything = [store.after(0, Query(reads=True), each, limit=99) for each in whole]
    found = store.find(query, scope, limit=99).records
    assert store.count(query, scope, at_most=99).value == len(found)
    ways = [found, list(store.stream(query, scope)), store.after(0, query, scope, limit=99)]
    got = {uid for each in everything for uid in uids(each) if store.get(uid, scope)}
    return [*(set(uids(way)) for way in ways), got]
