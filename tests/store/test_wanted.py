"""What must stand in the body of whatever a query finds."""

from __future__ import annotations

import pytest

from flask_auditlog.store import Query
from flask_auditlog.store.language import parse_query
from flask_auditlog.store.search.settle import settled
from flask_auditlog.store.sieve.wanted import wanted

NOTHING: list[tuple[bytes, ...]] = []


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("Wire", [(b"wire",)]),
        ('"wire transfer" Ärger', [(b"wire transfer",), ("Ärger".encode().lower(),)]),
        ('"say \\"x\\""', [(rb"say \"x\"",)]),
        ("abc user:7 -wire", NOTHING),
        ("wire OR transfer", [(b"wire", b"transfer")]),
        ("wire OR user:7", NOTHING),
        ("wire OR abc", NOTHING),
        ("wire OR (transfer user:7)", NOTHING),
        ("wire (transfer OR -user:7)", [(b"wire",)]),
        ("details.plan:pro", [(b'"pro"',), (b'"plan":',)]),
        ('details.a.plan:"a\\"b"', [(rb'"a\"b"',), (b'"plan":',)]),
        ("details.plan:12", [(b'"plan":',)]),
        ("details.plan:true", [(b'"plan":',)]),
        ("details.plan:{}", [(b'"plan":',)]),
        ('details.plan:"12"', [(b'"12"',), (b'"plan":',)]),
        ("details.plan:>12 details.size:1..9", [(b'"plan":',), (b'"size":',)]),
        ("details.plan:*", [(b'"plan":',)]),
        ("details.plan:p*essional*", [(b"essional",), (b'"plan":',)]),
        ("details.plan:pro OR details.plan:free", [(b'"pro"', b'"free"')]),
        ("details.plan:p*o OR details.size:1", [(b'"plan":', b'"size":')]),
        ("details.plan:p*essional OR wire", [(b"essional", b"wire")]),
        ("-details.plan:pro type:a.b after:-7d", NOTHING),
    ],
)
def test_what_must_be_there(text: str, groups: list[tuple[bytes, ...]]) -> None:
    query = settled(Query(more=parse_query(text)), 1_700_000_000_000)
    assert wanted(query) == groups


def test_the_fields_of_a_query_are_looked_for_too() -> None:
    query = Query(text="Wire", details=(("plan.name", "pro"), ("size", "9")))
    assert wanted(query) == [(b"wire",), (b'"pro"',), (b'"name":',), (b'"size":',)]
