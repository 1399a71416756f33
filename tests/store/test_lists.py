"""A path of details steps over lists: it is true of any element. One contract for the databases
and for who judges each event as it comes.
"""

from __future__ import annotations

from typing import Any

import pytest

from flask_auditlog.event import encode
from flask_auditlog.store import Query
from flask_auditlog.store import SqlStore
from flask_auditlog.store.language import parse_query
from flask_auditlog.store.language.judging import judge_of
from flask_auditlog.store.language.judging import Subject

from .samples import ALL
from .samples import event

STORED: dict[str, Any] = {
    "roles": ["admin", "auditor", 7, 12.50, True, None, "12"],
    "items": [{"sku": "A1", "size": [1, 2]}, {"sku": "B2"}, "loose"],
    "deep": [[["x"], {"y": [{"z": "far"}]}]],
    "none": [],
    "nulls": [None],
    "plan": {"tags": ["eu", "wire transfer"]},
    "list": {"0": "a key"},
    "key.dot": "v",
    "one": {"two.three four": [{"x.y": 5}]},
}
CASES = [
    ("details.roles:admin", True),
    ("details.roles:auditor", True),
    ("details.roles:Admin", False),
    ("details.roles:adm", False),
    ("details.roles:adm*", True),
    ("details.roles:*min", True),
    ("details.roles:12.5*", True),
    ("details.roles:*xyz", False),
    ("details.roles:7", True),
    ("details.roles:7.0", True),
    ('details.roles:"7"', False),
    ('details.roles:"12"', True),
    ("details.roles:12.5", True),
    ("details.roles:true", True),
    ("details.roles:false", False),
    ("details.roles:null", True),
    ("details.roles:>12", True),
    ("details.roles:>12.5", False),
    ("details.roles:8..13", True),
    ("details.roles:13..20", False),
    ("details.items.sku:A1", True),
    ("details.items.sku:B2", True),
    ("details.items.sku:A2", False),
    ("details.items.sku:*", True),
    ("details.items.size:2", True),
    ("details.items.size:>2", False),
    ("details.items:loose", True),
    ("details.items.0.sku:A1", False),
    ("details.list.0:key", False),
    ('details.list.0:"a key"', True),
    ("details.deep:x", True),
    ("details.deep.y.z:far", True),
    ("details.deep.z:far", False),
    ("details.none:*", True),
    ("details.none.x:*", False),
    ("details.nulls:null", True),
    ("details.plan.tags:eu", True),
    ('details.plan.tags:"wire transfer"', True),
    ("details.plan.tags:wire*", True),
    ('details."key.dot":v', True),
    ("details.key.dot:v", False),
    ('details."key.dot":w', False),
    ('details.one."two.three four"."x.y":>4', True),
    ('details."one.two":*', False),
    # A list is also what it is itself.
    ("details.nulls:[null]", True),
    ("details.nulls:*", True),
    # No element matches.
    ("-details.roles:admin", False),
    ("-details.roles:owner", True),
    ("-details.items.sku:*", False),
]


@pytest.fixture
def listed(store: SqlStore) -> SqlStore:
    """A store with one event, which holds lists."""
    store.append([encode(event(details=STORED))])
    return store


def test_any_element_is_found(listed: SqlStore) -> None:
    [record] = listed.find(Query(), ALL, limit=9).records
    subject = Subject(record.event, record.body)
    found, judged = {}, {}
    for text, _ in CASES:
        expression = parse_query(text)
        found[text] = bool(listed.find(Query(more=expression), ALL, limit=9).records)
        judged[text] = judge_of(expression)(subject)
    assert found == dict(CASES)
    assert judged == dict(CASES)


def test_the_filter_of_a_path_finds_it_too(listed: SqlStore) -> None:
    for path, value in [
        ("roles", "admin"),
        ("items.sku", "B2"),
        ("deep.y.z", "far"),
        ('"key.dot"', "v"),
    ]:
        query = Query(details=((path, value),))
        assert len(listed.find(query, ALL, limit=9).records) == 1, path


HOSTILE = [
    {"a": [{"a": 1, "b": n} for n in range(3_000)]},
    {"a": [[n] for n in range(9_000)]},
    {"a": [1.5] * 15_000},
    {"a": [[[[[[[[[[[[[[[["x"] * 14_000]]]]]]]]]]]]]]]},
]


@pytest.mark.parametrize("details", HOSTILE, ids=range(len(HOSTILE)))
def test_large_lists_are_answered(store: SqlStore, details: dict[str, Any]) -> None:
    store.append([encode(event(details=details))])
    for text in ("details.a:y*", "details.a.b:-1", "-details.a.a:>1", "details.a:y"):
        found = store.find(Query(more=parse_query(text)), ALL, limit=9).records
        assert len(found) == text.startswith("-"), text
