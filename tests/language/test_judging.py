"""What is found without a database, where a few hundred records of one kind do not tell."""

from __future__ import annotations

import time
from datetime import UTC
from typing import Any

import pytest

from flask_auditlog.event import encode
from flask_auditlog.store.language import parse_query
from flask_auditlog.store.language.judging import judge_of
from flask_auditlog.store.language.judging import Subject
from flask_auditlog.store.search.settle import fixed
from tests.store.samples import event


def finds(text: str, **fields: Any) -> bool:
    entry = encode(event("invoice.paid", **fields))
    judge = judge_of(fixed(parse_query(text), 0, UTC))
    return judge(Subject(entry.event, entry.body))


@pytest.mark.parametrize(
    ("text", "fields", "found"),
    [
        ("ip:10.0.0.0/8", {"ip_address": "10.1.2.3"}, True),
        ("ip:10.0.0.0/8", {"ip_address": "::ffff:10.1.2.3"}, True),
        ("ip:10.0.0.0/8", {"ip_address": "2001:db8::a"}, False),
        # What is no address is in no network, and as if it were not there: as it is searched.
        ("ip:10.0.0.0/8", {"ip_address": "unknown"}, False),
        ("ip:*", {"ip_address": "unknown"}, False),
        ("-ip:*", {}, True),
        ("resource:invoices/", {"resource_path": "invoices/42"}, True),
        ("error:*", {"error": ""}, True),
        ("source:import", {"source": "import"}, True),
        ("source:import", {"source": "api"}, False),
        ("details.a:1000", {"details": {"a": 1e3}}, True),
        ("details.a:9007199254740993", {"details": {"a": 2**53 + 1}}, True),
        ("details.a:9007199254740992", {"details": {"a": 2**53 + 1}}, False),
        ("details.a:>=1000", {"details": {"a": "1000"}}, False),
        ("details.a:1000..", {"details": {"a": 1000}}, True),
        ("details.a:1000..", {"details": {"a": 999.5}}, False),
        ("details.a:..2000", {"details": {"a": 2000}}, True),
        ("time:2026-11-01..", {"time": 1_793_491_200_000}, True),
        ("time:..2026-10-31", {"time": 1_793_491_200_000}, False),
        ('details.a:"true"', {"details": {"a": True}}, False),
        ("details.a:true", {"details": {"a": True}}, True),
        ("details.a.b.c:*", {"details": {"a": {"b": 1}}}, False),
        ("details.a:*", {"details": {"a": None}}, False),
        ("details.a:null", {}, False),
        ('details."q\u00e9":x', {"details": {"q\u00e9": "x"}}, True),
        # In the JSON, not in what a parser makes of it; only ASCII in either case.
        ('"a\\\\b"', {"details": {"x": "A\\B"}}, True),
        ("\u00c9", {"details": {"x": "\u00e9"}}, False),
        ("before:2020-01-01", {"time": 0}, True),
        ("after:2020-01-01", {"time": 0}, False),
    ],
)
def test_what_is_asked_is_what_stands_there(text: str, fields: Any, found: bool) -> None:
    assert finds(text, **fields) is found
    assert finds(f"-({text})", **fields) is not found


def test_no_query_is_slow_over_the_largest_event() -> None:
    deep: Any = "x"
    for _ in range(15):
        deep = {"a": deep, "pad": "a" * 3_000}
    entry = encode(event("invoice.paid", details=deep))
    texts = [
        "details.a:" + "*a" * 7 + "*b",
        " OR ".join(f"details.{'a.' * 14}a:*{n}*" for n in range(40)),
        " ".join(f'-"{"a" * 14}{n}"' for n in range(100)),
    ]
    # Of the processor: how long the machine stands still meanwhile says nothing of us.
    subject, began = Subject(entry.event, entry.body), time.thread_time()
    for text in texts:
        judge_of(parse_query(text))(subject)
    # It takes milliseconds; what tries every way to fit would not end.
    assert time.thread_time() - began < 5
