"""Queries of every shape, for the laws that all of them keep."""

from __future__ import annotations

from decimal import Decimal
from ipaddress import ip_network
from typing import Any

from hypothesis import strategies as st

from flask_auditlog.event import OPERATIONS
from flask_auditlog.event import SOURCES
from flask_auditlog.store.language import values
from flask_auditlog.store.language.expression import all_of
from flask_auditlog.store.language.expression import any_of
from flask_auditlog.store.language.expression import Expression
from flask_auditlog.store.language.expression import negated
from flask_auditlog.store.language.expression import Term
from flask_auditlog.store.language.times import never
from flask_auditlog.store.language.values import is_path
from flask_auditlog.store.language.values import MOST_STARS

COLUMNS = "type actor user username client session org resource resource_type error request".split()
words = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=12)
patterns = st.lists(words.filter(lambda word: "*" not in word), min_size=2, max_size=4).map(
    "*".join
)
paths = st.lists(words, min_size=1, max_size=3).map(values.joined).filter(is_path)
fields = st.sampled_from(COLUMNS) | paths.map("details.{}".format)
networks = st.ip_addresses().flatmap(
    lambda address: st.integers(0, address.max_prefixlen).map(
        lambda bits: str(ip_network(f"{address}/{bits}", strict=False))
    )
)
numbers = st.integers(-(2**70), 2**70).map(str) | st.floats(-1e6, 1e6).map(
    lambda value: f"{value:.4f}"
)
moments = st.sampled_from(
    [
        *("now", "today", "yesterday", "-7d", "-999999w", "2026-11-01", "1700000000000"),
        *("2026-11-01 12:00", "2026-11-01T12:00:00+02:00", "2026-11-01T12:00:00.123Z"),
    ]
)
# Those that may have something between them.
ranges = st.tuples(moments, moments).filter(
    lambda ends: not never([ends[0]], [ends[1]], inclusive=True)
)
signs: st.SearchStrategy[Any] = st.sampled_from([">=", "<=", ">", "<"])

terms: st.SearchStrategy[Term] = st.one_of(
    st.builds(Term, fields, st.just("is"), words),
    st.builds(Term, fields, st.just("like"), patterns.filter(lambda each: each.strip("*"))),
    st.builds(Term, fields | st.just("operation") | st.just("ip"), st.just("exists")),
    st.builds(Term, st.just("ip"), st.just("is"), networks),
    st.builds(Term, st.just("operation"), st.just("is"), st.sampled_from(OPERATIONS)),
    st.builds(Term, st.just("source"), st.just("is"), st.sampled_from(SOURCES)),
    st.builds(Term, st.just("text"), st.just("is"), words.filter(bool)),
    st.builds(Term, st.sampled_from(["after", "before", "time"]), st.just("is"), moments),
    st.builds(Term, st.just("time"), signs, moments),
    ranges.map(lambda ends: Term("time", "to", *ends)),
    st.builds(Term, paths.map("details.{}".format), st.just("is"), numbers),
    st.builds(
        Term,
        paths.map("details.{}".format),
        st.just("quoted"),
        numbers | st.sampled_from(["true", "false", "null"]),
    ),
    st.builds(Term, paths.map("details.{}".format), signs, numbers),
    st.builds(
        lambda path, ends: Term(f"details.{path}", "to", *sorted(ends, key=Decimal)),
        paths,
        st.tuples(numbers, numbers),
    ),
).filter(lambda term: term.value.count("*") <= MOST_STARS)


def joined(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    """Return what can be made of smaller queries."""
    some = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        some.map(lambda each: all_of(each) or each[0]),
        some.map(lambda each: any_of(each) or each[0]),
        parts.map(negated),
    )


expressions: st.SearchStrategy[Expression] = st.recursive(terms, joined, max_leaves=8)
