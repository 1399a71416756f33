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
    ("details.n:1000..", Term("details.n", ">=", "1000")),
    ("details.n:..-2.5", Term("details.n", "<=", "-2.5")),
    ("details.n:2..2.0", Term("details.n", "to", "2", "2.0")),
    ('details.n:"1..x"', Term("details.n", "is", "1..x")),
    ("details.n:a..*", Term("details.n", "like", "a..*")),
    ("time:2026-11-01..", Term("time", ">=", "2026-11-01")),
    ("time:..-7d", Term("time", "<=", "-7d")),
    ("time:2026-11-01T12:00..2026-11-01", Term("time", "to", "2026-11-01T12:00", "2026-11-01")),
    # Whether it ends before it begins depends on the time zone, or on when it is asked.
    (
        "time:2026-11-01T12:00..2026-11-01T11:00Z",
        Term("time", "to", "2026-11-01T12:00", "2026-11-01T11:00Z"),
    ),
    ("time:today..2026-11-01", Term("time", "to", "today", "2026-11-01")),
    ("details.n:pro*", Term("details.n", "like", "pro*")),
    ("details.n:*", Term("details.n", "exists")),
    ('details."key.dot":v', Term('details."key.dot"', "is", "v")),
    ('details.a."b c.d"."e":1', Term('details.a."b c.d".e', "is", "1")),
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
    ("details.n:1000.. time:..today", "details.n:>=1000 time:<=today"),
    ("after:2026-11-01 before:2026-11-02", "after:2026-11-01 before:2026-11-02"),
    ("before:-7d after:-30d", "before:-7d after:-30d"),
    ("after:-7d before:2026-11-01", "after:-7d before:2026-11-01"),
    ("after:today OR before:yesterday", "after:today OR before:yesterday"),
    ("after:today -before:yesterday", "after:today -before:yesterday"),
]


@pytest.mark.parametrize(("text", "canonical"), PRINTED)
def test_a_query_is_printed_in_one_way(text: str, canonical: str) -> None:
    assert printed(parse_query(text)) == canonical


CALLED = [
    ("organization", "org"),
    ("organizationId", "org"),
    ("organization_id", "org"),
    ("tenant", "org"),
    ("userId", "user"),
    ("authDetails.userId", "user"),
    ("user-id", "user"),
    ("ipAddress", "ip"),
    ("clientId", "client"),
    ("sessionId", "session"),
    ("requestId", "request"),
    ("resourcePath", "resource"),
    ("resourceType", "resource_type"),
    ("operationType", "operation"),
    ("eventType", "type"),
    ("timestamp", "time"),
    ("since", "after"),
    ("until", "before"),
]
REFUSED = [
    ("org:x acter:bob", 7, 5, "Unknown field `acter` at 7: did you mean `actor`?"),
    ("x" * 99 + ":1", 1, 99, f"Unknown field `{'x' * 40}…` at 1: known are"),
    ("a.\u202e`<b>`:x", 1, 8, "Unknown field `a.…` at 1: known are"),
    ("resource-type:x", 1, 13, "did you mean `resource_type`?"),
    ("TYPE:x", 1, 4, "did you mean `type`?"),
    ("detail.plan:x", 1, 11, "did you mean `details.<path>`?"),
    ("details:x", 1, 7, "did you mean `details.<path>`?"),
    ("reads:true", 1, 5, "a parameter beside it"),
    ("a https://acme.test", 3, 5, "Unknown field `https` at 3: text with a colon needs quotes"),
    ("orgs://acme", 1, 4, "text with a colon needs quotes"),
    ("colour:red", 1, 6, "known are type, actor"),
    *((f"{name}:x", 1, len(name), f"did you mean `{field}`?") for name, field in CALLED),
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
    ("source:API", 8, 3, "must be one of capture, api, import, system"),
    ("source:*", 8, 1, "is always there"),
    ("after:soon", 7, 4, "must be a time"),
    ("after:tomorrow", 7, 8, "-7d, today, a day such as 2026-11-01, ISO 8601"),
    ("after:7d", 7, 2, "must have a minus where it is counted from now, as in -7d"),
    ("time:24h..now", 6, 8, "must have a minus"),
    ("after:2026-13-01", 7, 10, "names a day that does not exist"),
    ("before:2026-02-30", 8, 10, "names a day that does not exist"),
    ("before:2026-02-29T12:00Z", 8, 17, "names a day that does not exist"),
    ("before:2026-02-28T25:00Z", 8, 17, "must be a time"),
    ("after:2026", 7, 4, "too small"),
    ("time:9999-12-31", 6, 10, "before the year 10000"),
    ("time:..", 6, 2, "must be a time"),
    ("time:2026-11-01...", 6, 13, "must be a time"),
    ("after:2026-11-01..2026-11-02", 7, 22, "A range is written as time:2026-11-01.."),
    ("time:2026-11-02..2026-11-01", 6, 22, "Write the earlier time first"),
    ("time:2026-11-01T12:00..2026-11-01T11:59:59.999", 6, 41, "the earlier time first"),
    ("time:2026-11-03..2026-11-01T00:00Z", 6, 29, "Write the earlier time first"),
    ("time:-7d..-30d", 6, 9, "Write the earlier time first"),
    ("time:today..yesterday", 6, 16, "Write the earlier time first"),
    ("a after:2026-11-02 before:2026-11-01", None, 0, "`after` must be earlier than `before`"),
    ("before:2026-11-01 after:2026-11-01", None, 0, "Of one day, write `time:2026-11-01`"),
    ("after:-7d after:2026-11-01 before:-30d", None, 0, "`after` must be earlier"),
    ("details.n:2000..1000", 11, 10, "Write the smaller number first"),
    ("details.n:1..x", 11, 4, "a range of what is no number. Write 10..20, or a text in quotes"),
    ("details.due:2026-01-01..2026-12-01", 13, 22, "range of what is no number"),
    ("details.n:..x", 11, 3, "range of what is no number"),
    ("details.n:..", 11, 2, "range of what is no number"),
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
