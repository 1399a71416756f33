"""Details at the paths by which they are found again."""

from __future__ import annotations

from typing import Any

import pytest

from flask_auditlog.web.admin.details import details_of


def test_nested_details_are_rows_of_paths() -> None:
    rows = details_of({"plan": {"name": "enterprise", "seats": 40}, "tags": ["a", 1], "empty": {}})
    assert [(row.path, row.text) for row in rows] == [
        ("plan.name", "enterprise"),
        ("plan.seats", "40"),
        ("tags", '["a", 1]'),
        ("empty", "{}"),
    ]


def test_a_name_with_a_dot_stands_in_quotes() -> None:
    rows = details_of({"key.dot": {"a": 1, "b.c": 2}})
    assert [row.path for row in rows] == ['"key.dot".a', '"key.dot"."b.c"']


def test_what_is_shown_as_changes_is_not_shown_twice() -> None:
    assert details_of({"changes": {"role": ["a", "b"]}}) == []
    assert [row.path for row in details_of({"changes": {"role": "b", "x": [1, 2]}})] == [
        "changes.role"
    ]
    assert [row.text for row in details_of({"changes": "all of it"})] == ["all of it"]


@pytest.mark.parametrize(
    ("details", "wanted"),
    [
        ({"a": "b"}, "b"),
        ({"a": 40}, "40"),
        ({"a": True}, "true"),
        ({"a": 1.5}, None),
        ({"a": None}, None),
        ({"a": ""}, None),
        ({"a": ["b"]}, None),
        ({"a": "x" * 201}, None),
        ({"a": "two\nlines"}, None),
        ({"a.b": "c"}, "c"),
        ({"": "c"}, None),
        ({'a"b': "c"}, None),
        ({"a\u202eb": "c"}, None),
        ({"a,b": {"c": "d"}}, None),
    ],
)
def test_only_what_can_be_searched_for_is_a_link(
    details: dict[str, Any], wanted: str | None
) -> None:
    (row,) = details_of(details)
    assert row.wanted == wanted


COUNTED = {"method": "GET", "repeated": 40, "firstTime": 1795955908293, "lastTime": 1795955908299}


def test_between_which_times_something_was_repeated_are_times() -> None:
    rows = {row.path: row for row in details_of(COUNTED)}
    assert [rows[path].time for path in COUNTED] == [None, None, 1795955908293, 1795955908299]
    assert rows["firstTime"].wanted == "1795955908293"


def test_that_something_was_not_repeated_is_not_told() -> None:
    assert [row.path for row in details_of(COUNTED | {"repeated": 1})] == [
        "method",
        "firstTime",
        "lastTime",
    ]


@pytest.mark.parametrize(
    "details",
    [
        {"firstTime": 1795955908293, "lastTime": 1795955908299},
        {"repeated": 1, "firstTime": "soon", "lastTime": 1795955908299},
        {"repeated": True, "firstTime": 1795955908293, "lastTime": 1795955908299},
    ],
)
def test_numbers_of_somebody_elses_stay_numbers(details: dict[str, Any]) -> None:
    rows = details_of(details)
    assert [row.path for row in rows] == list(details)
    assert {row.time for row in rows} == {None}
