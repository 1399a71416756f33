"""What stands beside a record."""

from __future__ import annotations

from typing import Any

import pytest

from flask_auditlog.errors import QueryTimeout
from flask_auditlog.event import Record
from flask_auditlog.store import Neighbours
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore

from .samples import ALL
from .samples import ANY
from .samples import entry


def around(
    store: SqlStore, record: Record, query: Query = ANY, scope: Scope = ALL, limit: int = 4
) -> Neighbours:
    return store.around.find(record, query, scope, limit=limit, seconds=9)


def places(found: Neighbours) -> tuple[list[int], list[int], bool]:
    newer, older = ([record.position for record in each] for each in (found.newer, found.older))
    return newer, older, found.more


@pytest.mark.parametrize(
    ("position", "newer", "older", "more"),
    [
        (1, [5, 4, 3, 2], [], True),
        (2, [5, 4, 3], [1], True),
        (4, [6, 5], [3, 2], True),
        (6, [7], [5, 4, 3], True),
        (7, [], [6, 5, 4, 3], True),
    ],
)
def test_the_nearest_are_found_on_both_sides(
    store: SqlStore, position: int, newer: list[int], older: list[int], more: bool
) -> None:
    records = store.append([entry(time=n // 2) for n in range(7)]).records
    assert places(around(store, records[position - 1])) == (newer, older, more)


@pytest.mark.parametrize(("size", "more"), [(1, False), (4, False), (5, False), (6, True)])
def test_whether_there_are_more_is_told(store: SqlStore, size: int, more: bool) -> None:
    records = store.append([entry(time=n) for n in range(size)]).records
    found = around(store, records[size // 2])
    assert (found.more, len(found.newer + found.older)) == (more, min(4, size - 1))


@pytest.mark.parametrize(
    ("query", "positions"),
    [
        (Query(session="s"), [4, 1]),
        (Query(actor="maya"), [5, 1]),
        (Query(resource="users/7"), [3]),
        (Query(type="a.*"), [5, 4, 3, 1]),
        (Query(text="needle"), [1]),
    ],
)
def test_only_what_matches_is_a_neighbour(
    store: SqlStore, query: Query, positions: list[int]
) -> None:
    fields: list[dict[str, Any]] = [
        {"session_id": "s", "username": "maya", "details": {"x": "needle"}},
        {"session_id": "s", "username": "maya", "resource_path": "users/7"},
        {"resource_path": "users/7/roles"},
        {"session_id": "s"},
        {"user_id": "maya"},
    ]
    records = store.append([entry("a.b", **each) for each in fields]).records
    found = around(store, records[1], query)
    assert sorted((*places(found)[0], *places(found)[1]), reverse=True) == positions


def test_neighbours_are_those_of_the_scope(store: SqlStore) -> None:
    organizations = ["acme", "globex", "acme", None]
    records = store.append([entry(organization_id=each) for each in organizations]).records
    acme = Scope(realm="default", organization_id="acme")
    assert places(around(store, records[0], scope=acme)) == ([3], [], False)
    other = Scope(realm="other", organization_id=None)
    assert places(around(store, records[0], scope=other)) == ([], [], False)


def test_it_takes_no_longer_than_it_may(store: SqlStore) -> None:
    records = store.append([entry(details={"x": "y" * 60_000}) for _ in range(300)]).records
    with pytest.raises(QueryTimeout):
        store.around.find(records[0], Query(text="z"), ALL, limit=4, seconds=0.001)
    assert around(store, records[0]).more
