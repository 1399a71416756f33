"""The language: what is read, what it prints, and where it says that something is wrong."""

from __future__ import annotations

import pytest
from hypothesis import assume
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st

from flask_auditlog.errors import QueryError
from flask_auditlog.store.language import LONGEST
from flask_auditlog.store.language import parse_query
from flask_auditlog.store.language import printed
from flask_auditlog.store.language.expression import Expression
from flask_auditlog.store.language.expression import Term
from flask_auditlog.store.language.fields import FIELDS
from flask_auditlog.store.language.grammar import DEEPEST
from flask_auditlog.store.language.grammar import MOST_TERMS

from .expressions import expressions

TERMS = [
    ("type:admin.*", Term("type", "like", "admin.*")),
    ("type:access.LOGIN", Term("type", "is", "access.LOGIN")),
    ('type:"a*b"', Term("type", "is", "a*b")),
    ("type:*", Term("type", "exists")),
    ("type:**", Term("type", "exists")),
    ("actor:alice@acme.test", Term("actor", "is", "alice@acme.test")),
    ('user:"al ice"', Term("user", "is", "al ice")),
    ('user:"al ice"*', Term("user", "like", "al ice*")),
    ('user:a"l i"ce', Term("user", "is", "al ice")),
    ('user:"say \\"hi\\" \\\\"', Term("user", "is", 'say "hi" \\')),
    ('user:">x"', Term("user", "is", ">x")),
    ('user:""', Term("user", "is", "")),
    ("user:C:\\new", Term("user", "is", "C:\\new")),
    ("user:a..b", Term("user", "is", "a..b")),
    ("user:1..2", Term("user", "is", "1..2")),
    ("resource:invoices/42", Term("resource", "is", "invoices/42")),
    ("ip:10.0.0.0/8", Term("ip", "is", "10.0.0.0/8")),
    ("ip:2001:db8::1", Term("ip", "is", "2001:db8::1")),
    ("error:*", Term("error", "exists")),
    ("error:true", Term("error", "exists")),
    ('error:"true"', Term("error", "is", "true")),
    ("error:invalid_password", Term("error", "is", "invalid_password")),
    ("after:-7d", Term("after", "is", "-7d")),
    ("after:2026-11-01T12:00:00+02:00", Term("after", "is", "2026-11-01T12:00:00+02:00")),
    ('before:"2026-11-01 12:00"', Term("before", "is", "2026-11-01 12:00")),
    ("time:today", Term("time", "is", "today")),
    ("time:>=-24h", Term("time", ">=", "-24h")),
    ("time:2026-11-01..today", Term("time", "to", "2026-11-01", "today")),
    ('time:"2026-11-01 12:00..now"', Term("time", "to", "2026-11-01 12:00", "now")),
    ("details.plan.name:pro", Term("details.plan.name", "is", "pro")),
    ("details.n:12", Term("details.n", "is", "12")),
    ('details.n:"12"', Term("details.n", "quoted", "12")),
    ('details.n:"pro"', Term("details.n", "is", "pro")),
    ('details.n:"null"', Term("details.n", "quoted", "null")),
    ("details.n:null", Term("details.n", "is", "null")),
    ('details.n:""', Term("details.n", "is", "")),
    ("details.n:>=1000", Term("details.n", ">=", "1000")),
    ("details.n:<-1.5e3", Term("details.n", "<", "-1.5e3")),
    ("details.n:1..2.5", Term("details.n", "to", "1", "2.5")),
    ("details.n:1..x", Term("details.n", "is", "1..x")),
    ("details.n:pro*", Term("details.n", "like", "pro*")),
    ("details.n:*", Term("details.n", "exists")),
    ('details."aws:source ip".x:1', Term("details.aws:source ip.x", "is", "1")),
    ("wire", Term("text", "is", "wire")),
    ('"wire transfer"', Term("text", "is", "wire transfer")),
    ('"a:b"', Term("text", "is", "a:b")),
    ("text:a:b", Term("text", "is", "a:b")),
    ("pay*", Term("text", "is", "pay*")),
    ("12:30", Term("text", "is", "12:30")),
    ("or", Term("text", "is", "or")),
    ("ORDER", Term("text", "is", "ORDER")),
    ('"OR"', Term("text", "is", "OR")),
    ('"-x"', Term("text", "is", "-x")),
    ("a-b", Term("text", "is", "a-b")),
    ("\u3000a\n", Term("text", "is", "a")),
]


@pytest.mark.parametrize(("text", "term"), TERMS)
def test_a_term_is_read(text: str, term: Term) -> None:
    assert parse_query(text) == term


PRINTED = [
    ("a AND b", "a b"),
    ("a b OR c d", "(a b) OR (c d)"),
    ("a OR b OR c", "a OR b OR c"),
    ("(a OR b) OR c", "a OR b OR c"),
    ("a (b c)", "a b c"),
    ("((a))", "a"),
    ("(a)(b)", "a b"),
    ("a (b OR c)", "a (b OR c)"),
    ("NOT a", "-a"),
    ("NOT NOT a", "a"),
    ("--a", "a"),
    ("-(a b)", "-(a b)"),
    ("NOT (a OR b)", "-(a OR b)"),
    ("-a OR b", "-a OR b"),
    ("error:false", "-error:*"),
    ("-error:false", "error:*"),
    ('type:"admin.X"', "type:admin.X"),
    ('text:"b"', "b"),
    ('"NOT"', '"NOT"'),
    ("  a\t\n b ", "a b"),
    ('user:"a b"*', 'user:"a b"*'),
    ('details."x y":1', 'details."x y":1'),
]


@pytest.mark.parametrize(("text", "canonical"), PRINTED)
def test_a_query_is_printed_in_one_way(text: str, canonical: str) -> None:
    assert printed(parse_query(text)) == canonical


REFUSED = [
    ("org:x acter:bob", 7, 5, "Unknown field at 7: did you mean `actor`?"),
    ("resource-type:x", 1, 13, "did you mean `resource_type`?"),
    ("TYPE:x", 1, 4, "did you mean `type`?"),
    ("detail.plan:x", 1, 11, "did you mean `details.<path>`?"),
    ("details:x", 1, 7, "did you mean `details.<path>`?"),
    ("reads:true", 1, 5, "a parameter beside it"),
    ("a https://acme.test", 3, 5, "Text with a colon needs quotes"),
    ("a (b (c)", 3, 1, "opened at 3 is not closed"),
    ("a b)", 4, 1, "closed at 4 was not opened"),
    ("a ()", 4, 1, "missing before the parenthesis closed at 4"),
    ('a "b', 3, 1, "quotes opened at 3"),
    ('user:"b', 6, 1, "quotes opened at 6"),
    ("a - b", 3, 1, "minus at 3 excludes nothing"),
    ("a -", 3, 1, "minus at 3"),
    ("a OR", 5, 1, "ends at 5"),
    ("NOT", 4, 1, "ends at 4"),
    ("a OR OR b", 6, 2, "`OR` at 6 stands between"),
    ("AND a", 1, 3, "`AND` at 1"),
    ("a type:", 3, 5, "`type` at 3 has no value"),
    ('text:""', 6, 2, "is empty"),
    ("ip:10.0.0", 4, 6, "must be an IP address, or a network"),
    ("ip:10.*", 4, 4, "must be an IP address, or a network"),
    ("ip:10.0.0.0/33", 4, 11, "must be an IP address, or a network"),
    ("operation:create", 11, 6, "must be one of CREATE, UPDATE"),
    ("operation:C*", 11, 2, "must be one of CREATE, UPDATE"),
    ("after:soon", 7, 4, "must be a time"),
    ("after:2026-13-01", 7, 10, "must be a time"),
    ("after:2026", 7, 4, "too small"),
    ("time:9999-12-31", 6, 10, "before the year 10000"),
    ("time:2026-11-01..", 6, 12, "must be a time"),
    ("after:*", 7, 1, "always there"),
    ("after:>=today", 7, 7, "is not compared"),
    ("user:>x", 6, 2, "is not compared"),
    ("details.n:>x", 11, 2, "compared with a number"),
    ("details.n:>1e999", 11, 6, "compared with a number"),
    ("details.:x", 1, 8, "names joined by dots"),
    ("details.a..b:x", 1, 12, "names joined by dots"),
    ('type:"a*"*', 6, 5, "star in quotes"),
    ("type:" + "a*" * 9, 6, 18, "at most 8 stars"),
    ("a" * 257, 1, 257, "at most 256 characters"),
    ("a\0", 2, 1, "no event holds"),
    ("\ud800", 1, 1, "no event holds"),
    ("(" * 21 + "a" + ")" * 21, 21, 1, "at most 20 deep"),
    ("", None, 0, "is empty"),
    (" \n", None, 0, "is empty"),
    ("a " * 101, None, 0, "at most 100 terms"),
    ("a" * 2001, None, 0, "at most 2,000 characters"),
]


@pytest.mark.parametrize(("text", "column", "width", "words"), REFUSED)
def test_what_is_wrong_is_said_with_its_place(
    text: str, column: int | None, width: int, words: str
) -> None:
    with pytest.raises(QueryError) as refused:
        parse_query(text)
    assert words in str(refused.value)
    assert (refused.value.column, refused.value.width) == (column, width)
    assert refused.value.field == "q"


@pytest.mark.parametrize("field", [*FIELDS, "details.a", "unknown", "details.hunter2."])
@pytest.mark.parametrize("value", [">hunter2", '"*"hunter2*', "hunter2..", "*hunter2" * 9])
def test_no_error_repeats_a_value(field: str, value: str) -> None:
    said = ""
    try:
        parse_query(f"{field}:{value}")
    except QueryError as error:
        said = str(error)
    assert "hunter2" not in said


def test_what_is_just_within_the_limits_is_read() -> None:
    parse_query("(" * DEEPEST + "a" + ")" * DEEPEST)
    parse_query("a " * MOST_TERMS)
    parse_query(f'"{"a" * 200}" ' * 9 + " " * (LONGEST - 9 * 203))


@given(expressions)
@example(Term("user", "is", "*"))
@example(Term("user", "is", "a*b"))
@example(Term("error", "is", "false"))
@example(Term("details.a", "is", "1..2"))
@example(Term("text", "is", "AND"))
@example(Term("type", "like", ">*"))
def test_what_is_printed_is_read_back(expression: Expression) -> None:
    text = printed(expression)
    assume(len(text) <= LONGEST)
    assert parse_query(text) == expression
    assert printed(parse_query(text)) == text


@given(st.text() | st.text('ab:*"\\()- \nORANDT.<>=1'))
def test_whatever_is_typed_is_a_query_or_a_refusal(text: str) -> None:
    try:
        expression = parse_query(text)
    except QueryError:
        return
    assert parse_query(printed(expression)) == expression
