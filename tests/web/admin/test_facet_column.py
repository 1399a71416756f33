"""Facets as they stand in the column."""

from __future__ import annotations

import pytest

from flask_auditlog.store.charts.summary import Facet
from flask_auditlog.store.charts.summary import Facets
from flask_auditlog.store.charts.summary import Value
from flask_auditlog.web.admin.asked import Asked
from flask_auditlog.web.admin.facet_column import facets_of

NOTHING = Asked(())


def found(**fields: dict[str, int]) -> Facets:
    facets = {
        name: Facet(
            values=tuple(Value(value=text, records=n) for text, n in values.items()),
            distinct=len(values) + 3,
            complete=True,
        )
        for name, values in fields.items()
    }
    return Facets(fields=facets, records=99, complete=True)


def test_the_facets_are_in_the_order_of_the_column_without_empty_ones() -> None:
    given = found(error={"x": 1}, client={}, type={"a": 1}, org={"acme": 1})
    assert [facet.title for facet in facets_of(given, NOTHING)] == ["Type", "Organization", "Error"]


def test_a_meter_is_full_for_the_most_frequent() -> None:
    (facet,) = facets_of(found(type={"a": 8, "b": 4, "c": 1}), NOTHING)
    assert [value.share for value in facet.values] == [100, 50, 12.5]


def test_the_first_five_are_seen_and_the_rest_is_unfolded() -> None:
    (facet,) = facets_of(found(type=dict.fromkeys("abcdefg", 1)), NOTHING)
    assert [value.text for value in facet.values] == list("abcde")
    assert ([value.text for value in facet.rest], facet.rarer) == (["f", "g"], 3)


@pytest.mark.parametrize(
    ("name", "text", "query"),
    [
        ("type", "x", "type:x"),
        ("ip", "::1", "ip:::1"),
        ("org", "a b", 'org:"a b"'),
        ("error", "denied", "error:denied"),
    ],
)
def test_a_value_leads_to_what_has_it_and_back(name: str, text: str, query: str) -> None:
    before = Asked((("after", "2023-07-10"),), cursor="c")
    (facet,) = facets_of(found(**{name: {text: 1}}), before)
    to = facet.values[0].to
    assert to is not None
    assert (dict(to.filters), to.cursor) == ({"after": "2023-07-10", "q": query}, None)
    (set_,) = facets_of(found(**{name: {text: 1}}), to)
    assert (set_.values[0].is_set, set_.is_open) == (True, True)
    assert set_.values[0].to == Asked((("after", "2023-07-10"),))


def test_a_filter_that_is_given_is_marked_and_taken_away_too() -> None:
    (facet,) = facets_of(found(type={"x": 1}), Asked((("type", "x"),)))
    assert (facet.values[0].is_set, facet.values[0].to) == (True, NOTHING)


def test_a_value_is_left_out_instead() -> None:
    (facet,) = facets_of(found(type={"x": 1}), Asked((("q", "type:x a"), ("type", "x"))))
    assert facet.values[0].without == Asked((("q", "a -type:x"),))


@pytest.mark.parametrize(("name", "text"), [("type", ""), ("type", " "), ("type", "x" * 1001)])
def test_a_value_that_no_filter_can_say_leads_nowhere(name: str, text: str) -> None:
    (facet,) = facets_of(found(**{name: {text: 1}}), NOTHING)
    assert facet.values[0].to is None


def test_what_is_seldom_asked_for_is_folded() -> None:
    given = facets_of(found(type={"a": 1}, ip={"::1": 1}), NOTHING)
    assert [facet.is_open for facet in given] == [True, False]
