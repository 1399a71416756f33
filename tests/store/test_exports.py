"""Exports in the making: whose they are, who goes on with them, and what is left of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from flask_auditlog.errors import Conflict
from flask_auditlog.errors import NotFound
from flask_auditlog.event import new_uid
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.kept.exports import chunk
from flask_auditlog.store.kept.exports import export
from flask_auditlog.store.promises.files import File

from .samples import ALL
from .samples import entries

ACME = Scope(realm="default", organization_id="acme")
OTHER = Scope(realm="staging", organization_id=None)


def begin(store: SqlStore, owner: str = "olga", most: int = 3, **more: Any) -> File:
    values = {"realm": "default", "actor": "{}", "format": "csv", "query": "{}", "asked": "{}"}
    return store.files.begin(File(id=new_uid(), owner=owner, **(values | more)), most=most)


def claimed(store: SqlStore, lease: str = "mine", seconds: float = 60) -> File:
    file = store.files.claim(lease, seconds=seconds)
    assert file is not None
    return file


def kept(store: SqlStore, file: File, data: bytes = b"data") -> File:
    saved = store.files.save(file, seconds=60, chunk=data, records=file.records + 1)
    assert saved is not None
    return saved


def chunks(store: SqlStore) -> int:
    with store.engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(chunk)) or 0


def set_all(store: SqlStore, **values: Any) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.update(export).values(**values))


def test_an_export_shows_the_log_as_it_was_when_it_began(store: SqlStore) -> None:
    store.append(entries(5))
    file = begin(store)
    store.append(entries(5))
    found = [each.position for each in store.files.records(file, Query())]
    assert sorted(found) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("seen", [1, 4, 5])
def test_it_goes_on_behind_the_last_record_that_was_written(store: SqlStore, seen: int) -> None:
    store.append(entries(5))
    whole = list(store.files.records(begin(store), Query()))
    last = whole[seen - 1]
    file = msgspec.structs.replace(
        begin(store), cursor_time=last.event.time, cursor_position=last.position
    )
    assert list(store.files.records(file, Query())) == whole[seen:]


def test_one_at_a_time_goes_on_with_it(store: SqlStore) -> None:
    begin(store)
    assert store.files.due_in() == 0
    claimed(store)
    assert store.files.claim("other", seconds=60) is None
    assert (store.files.due_in() or 0) > 0


def test_who_does_not_speak_for_too_long_has_lost_it(store: SqlStore) -> None:
    begin(store)
    first = claimed(store, "dead", seconds=0)
    second = claimed(store, "other")
    assert store.files.save(first, seconds=60, chunk=b"late") is None
    assert store.files.finish(first, state="done") is None
    assert store.files.restart(first) is None
    assert chunks(store) == 0
    assert kept(store, second).chunks == 1


def test_the_oldest_is_made_first(store: SqlStore) -> None:
    first, _ = begin(store), begin(store)
    assert claimed(store).id == first.id


def test_chunks_are_what_was_written_in_their_order(store: SqlStore) -> None:
    begin(store)
    file = kept(store, kept(store, claimed(store), b"one"), b"two" * 100_000)
    assert store.files.chunk(file, 0) == b"one"
    assert store.files.chunk(file, 1) == b"two" * 100_000
    assert store.files.chunk(file, 2) is None
    again = store.files.restart(file)
    assert again is not None
    assert (again.chunks, again.records, chunks(store)) == (0, 0, 0)


def test_it_is_its_owners_alone_and_within_what_they_see(store: SqlStore) -> None:
    whole, of_acme = begin(store), begin(store, organization_id="acme")
    get, mine = store.files.get, store.files.mine
    assert get(whole.id, "olga", ALL) == whole
    assert get(of_acme.id, "olga", ALL) == of_acme
    assert get(of_acme.id, "olga", ACME) == of_acme
    assert get(whole.id, "olga", ACME) is None
    assert get(whole.id, "mallory", ALL) is None
    assert get(whole.id, "olga", OTHER) is None
    assert {each.id for each in mine("olga", ALL, limit=9)} == {whole.id, of_acme.id}
    assert [each.id for each in mine("olga", ACME, limit=9)] == [of_acme.id]
    assert mine("mallory", ALL, limit=9) == []
    with pytest.raises(NotFound):
        store.files.cancel(whole.id, "mallory", ALL)
    with pytest.raises(NotFound):
        store.files.cancel(whole.id, "olga", ACME)


def test_nobody_has_more_made_at_a_time_than_they_may(store: SqlStore) -> None:
    begin(store, most=2)
    last = begin(store, most=2)
    with pytest.raises(Conflict):
        begin(store, most=2)
    begin(store, "nora", most=2)
    store.files.cancel(last.id, "olga", ALL)
    begin(store, most=2)


def test_who_makes_what_was_cancelled_is_told_so(store: SqlStore) -> None:
    begin(store, query='{"q":"secret"}')
    file = kept(store, claimed(store))
    ended = store.files.cancel(file.id, "olga", ALL)
    assert (ended.state, ended.query) == ("cancelled", "{}")
    assert ended.finished_time is not None
    assert store.files.save(file, seconds=60, chunk=b"more") is None
    assert store.files.due_in() is None


def test_what_is_over_leaves_no_bytes(store: SqlStore) -> None:
    for _ in range(3):
        begin(store)
    running = kept(store, claimed(store, "a"))
    fresh = store.files.finish(kept(store, claimed(store, "b")), state="done", expires=60)
    expired = store.files.finish(kept(store, claimed(store, "c")), state="done", expires=0)
    assert fresh is not None
    assert expired is not None
    assert store.files.prune(days=90, limit=100) == 1
    assert [store.files.chunk(each, 0) for each in (running, fresh, expired)] == [
        b"data",
        b"data",
        None,
    ]
    store.files.cancel(running.id, "olga", ALL)
    assert store.files.prune(days=90, limit=100) == 1
    assert len(store.files.mine("olga", ALL, limit=9)) == 3


def test_what_ended_long_ago_is_forgotten_once_its_bytes_are(store: SqlStore) -> None:
    begin(store)
    file = kept(store, kept(store, claimed(store)))
    store.files.cancel(file.id, "olga", ALL)
    set_all(store, finished_time=0)
    assert store.files.prune(days=90, limit=1) == 1
    assert len(store.files.mine("olga", ALL, limit=9)) == 1
    assert store.files.prune(days=90, limit=1) == 2
    assert store.files.mine("olga", ALL, limit=9) == []
