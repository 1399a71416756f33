"""What a click does to a query."""

from __future__ import annotations

import pytest
from hypothesis import given

from flask_auditlog.store.language import adding
from flask_auditlog.store.language import excluding
from flask_auditlog.store.language import parse_query
from flask_auditlog.store.language import printed
from flask_auditlog.store.language import removing
from flask_auditlog.store.language import replacing
from flask_auditlog.store.language import Term
from flask_auditlog.store.language.expression import conjuncts
from flask_auditlog.store.language.expression import Expression

from .expressions import expressions
from .expressions import terms

A = Term("type", "is", "a")

CLICKS = [
    (adding, None, "type:a"),
    (adding, "b", "b type:a"),
    (adding, "type:a b", "type:a b"),
    (adding, "b -type:a", "b type:a"),
    (adding, "b OR c", "(b OR c) type:a"),
    (adding, "type:b", "type:b type:a"),
    (excluding, None, "-type:a"),
    (excluding, "type:a b", "b -type:a"),
    (excluding, "-type:a b", "-type:a b"),
    (removing, None, None),
    (removing, "type:a", None),
    (removing, "type:a b", "b"),
    (removing, "type:b", "type:b"),
    (removing, "type:a OR b OR c", "b OR c"),
    (removing, "d (type:a OR b)", "d b"),
    (removing, "d (type:a OR (b c))", "d b c"),
    (removing, "-type:a b", "b"),
    (removing, "-(type:a b)", "-b"),
    (replacing, None, "type:a"),
    (replacing, "type:b c", "c type:a"),
    (replacing, "type:b* -type:c d", "-type:c d type:a"),
    (replacing, "-type:a d", "d type:a"),
    (replacing, "type:b OR c", "(type:b OR c) type:a"),
]


@pytest.mark.parametrize(
    ("click", "before", "after"), CLICKS, ids=[f"{c.__name__} {b}" for c, b, _ in CLICKS]
)
def test_a_click_changes_a_query(click: object, before: str | None, after: str | None) -> None:
    assert callable(click)
    changed = click(None if before is None else parse_query(before), A)
    assert (None if changed is None else printed(changed)) == after


@given(expressions, terms)
def test_what_was_added_is_there_and_can_be_removed(expression: Expression, term: Term) -> None:
    added = adding(expression, term)
    assert term in conjuncts(added)
    removed = removing(added, term)
    assert term not in conjuncts(removed)
    assert parse_query(printed(added)) == added
