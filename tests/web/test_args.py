"""Parameters into a query, and back."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from flask_auditlog import Query
from flask_auditlog.errors import QueryError
from flask_auditlog.settings import Limits
from flask_auditlog.store.language import parse_query
from flask_auditlog.store.language import Term
from flask_auditlog.store.language.values import MOST_STARS
from flask_auditlog.web.args import FILTERS
from flask_auditlog.web.args import paging
from flask_auditlog.web.args import query_from
from flask_auditlog.web.args import to_params

LIMITS = Limits(page_size=50, page_max=1000)


@pytest.mark.parametrize(
    ("params", "query"),
    [
        ({}, Query()),
        ({"limit": "5", "cursor": "x"}, Query()),
        ({"type": "aws.*", "actor": "bob"}, Query(type="aws.*", actor="bob")),
        ({"ip": "10.0.0.1"}, Query(ip=ip_network("10.0.0.1/32"))),
        ({"ip": "10.1.2.3/8"}, Query(ip=ip_network("10.0.0.0/8"))),
        ({"ip": "2001:DB8::/32"}, Query(ip=ip_network("2001:db8::/32"))),
        ({"error": "true"}, Query(error=True)),
        ({"error": "false", "reads": "true"}, Query(error=False, reads=True)),
        ({"operation": "CREATE"}, Query(operation="CREATE")),
        ({"source": "api"}, Query(source="api")),
        ({"details.a.b": "1", "details.c": ""}, Query(details=(("a.b", "1"), ("c", "")))),
        ({"text": " a% "}, Query(text=" a% ")),
        ({"q": "user:7 OR a"}, Query(more=parse_query("user:7 OR a"))),
        ({"q": "type:a", "type": "b"}, Query(type="b", more=parse_query("type:a"))),
        (
            {"after": "2023-07-10", "zone": "Asia/Tokyo"},
            Query(after=1688914800000, zone="Asia/Tokyo"),
        ),
        ({"before": "2023-07-10T12:00Z", "zone": "UTC"}, Query(before=1688990400000)),
    ],
)
def test_parameters_make_a_query(params: dict[str, str], query: Query) -> None:
    assert query_from(params) == query


@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [
        ("0", 0),
        ("-1", -1),
        ("1688989338000", 1688989338000),
        ("2023-07-10", 1688947200000),
        ("2023-07-10T12:00:00", 1688990400000),
        ("2023-07-10T12:00:00Z", 1688990400000),
        ("2023-07-10T12:00:00.1239Z", 1688990400123),
        ("2023-07-10T14:00:00+02:00", 1688990400000),
        ("2023-07-10T14:00:00 02:00", 1688990400000),
        ("2023-07-10 12:00", 1688990400000),
        ("0001-01-01", -62135596800000),
        ("100000000000", 10**11),
        ("-20230710", -20230710),
        ("9999-12-31T23:59:59.999-14:00", 253402351199999),
    ],
)
def test_a_time_is_milliseconds_or_iso_8601(value: str, milliseconds: int) -> None:
    assert query_from({"after": value}).after == milliseconds


@pytest.mark.parametrize("value", ["now", "-7d", "today", "yesterday"])
@pytest.mark.parametrize("name", ["after", "before"])
def test_a_time_that_counts_from_now_does_so_when_it_is_searched_for(name: str, value: str) -> None:
    query = query_from({"q": "x", name: value, "zone": "Asia/Tokyo"})
    assert query == query_from({"q": f"x {name}:{value}", "zone": "Asia/Tokyo"})
    assert query_from({name: value}).more == Term(name, "is", value)
    assert query_from(to_params(query)) == query


@pytest.mark.parametrize("after", ["2023-07-10", "2023-07-10T00:00:01Z"])
def test_a_range_that_ends_before_it_begins_is_refused(after: str) -> None:
    with pytest.raises(QueryError, match="must be earlier than `before`") as refused:
        query_from({"after": after, "before": "2023-07-10"})
    assert refused.value.field == "before"


@pytest.mark.parametrize("value", ["1", "2023", "20230710", "1688990400", "0099999999999"])
def test_a_number_that_is_hardly_milliseconds_is_refused(value: str) -> None:
    with pytest.raises(QueryError, match="milliseconds") as refused:
        query_from({"after": value})
    assert refused.value.field == "after"


@pytest.mark.parametrize("value", ["", "soon", "7d", "1e3", "12:00", "1" * 16, "٣", "2023-13-01"])
def test_what_is_no_time_is_refused(value: str) -> None:
    with pytest.raises(QueryError) as refused:
        query_from({"after": value})
    assert refused.value.field == "after"


@pytest.mark.parametrize("name", ["typ", "types", "Q", "limits", "", "details", "TYPE", "page"])
def test_a_parameter_that_does_not_exist_is_refused_by_name(name: str) -> None:
    with pytest.raises(QueryError) as refused:
        query_from({name: "x"})
    assert refused.value.field == name


@pytest.mark.parametrize("zone", ["Mars", "..", "/etc/passwd", "Europe", "../x", "x" * 999, "é"])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(QueryError) as refused:
        query_from({"zone": zone})
    assert refused.value.field == "zone"


def test_a_parameter_of_somebody_else_is_let_pass() -> None:
    assert query_from({"format": "csv", "type": "a"}, also=("format",)) == Query(type="a")


def test_a_repeated_parameter_is_refused() -> None:
    with pytest.raises(QueryError, match="given twice"):
        query_from(MultiDict([("details.a", "1"), ("details.a", "1")]))


@pytest.mark.parametrize(("limit", "size"), [(None, 50), ("1", 1), ("0999", 999), ("1000", 1000)])
def test_a_limit_is_taken_up_to_the_largest(limit: str | None, size: int) -> None:
    assert paging({"limit": limit} if limit else {}, LIMITS) == (size, None)


def test_the_largest_limit_holds_for_the_default_too() -> None:
    assert paging({}, Limits(page_size=50, page_max=10)) == (10, None)


words = st.text(
    st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=20
).filter(lambda text: text.count("*") <= MOST_STARS)
networks = st.ip_addresses().flatmap(
    lambda address: st.integers(0, address.max_prefixlen).map(
        lambda bits: ip_network(f"{address}/{bits}", strict=False)
    )
)
OTHERS: dict[str, st.SearchStrategy[Any]] = {
    "ip": networks,
    "operation": st.sampled_from(["CREATE", "ACTION"]),
    "source": st.sampled_from(["capture", "system"]),
    "error": st.booleans(),
    "reads": st.just(True),
    "after": st.integers(-(10**15) + 1, 10**15 - 1),
    "before": st.integers(-(10**15) + 1, 10**15 - 1),
}
queries = st.builds(
    lambda values, details, more: Query(**values, details=tuple(details.items()), **more),
    st.fixed_dictionaries({}, optional={name: OTHERS.get(name, words) for name in FILTERS}),
    st.dictionaries(words, words, max_size=3),
    st.fixed_dictionaries(
        {},
        optional={
            "more": st.just(parse_query("-a (b OR ip:10.0.0.1)")),
            "zone": st.just("Asia/Tokyo"),
        },
    ),
)


def has_range(query: Query) -> bool:
    """Whether there may be something between its times."""
    return query.after is None or query.before is None or query.after < query.before


@given(queries.filter(has_range))
def test_a_query_comes_back_from_its_parameters(query: Query) -> None:
    assert query_from(to_params(query)) == query


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*FILTERS, "limit", "x", "details.a", "q", "zone"]) | st.text(),
            st.text(),
        )
    )
)
def test_parameters_are_a_query_or_a_refusal(pairs: list[tuple[str, str]]) -> None:
    params = MultiDict(pairs)
    with suppress(QueryError):
        query_from(params)
    with suppress(QueryError):
        paging(params, LIMITS)
