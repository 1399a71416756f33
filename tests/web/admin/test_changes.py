"""Changes, with what differs marked."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_auditlog.redact import MASK
from flask_auditlog.web.admin.changes import changes_of
from flask_auditlog.web.admin.changes import marked
from flask_auditlog.web.admin.changes import number_of
from flask_auditlog.web.admin.changes import Part


def written(parts: tuple[Part, ...]) -> str:
    """Parts as text, what differs in brackets."""
    return "".join(f"[{part.text}]" if part.differs else part.text for part in parts)


@pytest.mark.parametrize(
    ("old", "new", "was", "now"),
    [
        ("member", "owner", "[member]", "[owner]"),
        (
            "https://a.example/ledger/x",
            "https://a.example/owner-alerts/x",
            "https://a.example/[ledger]/x",
            "https://a.example/[owner-alerts]/x",
        ),
        ("one\nline two", "one\nline 2", "one\nline [two]", "one\nline [2]"),
        ("a b c d e f", "a x c d y f", "a [b] c d [e] f", "a [x] c d [y] f"),
        ("same", "same", "same", "same"),
        ("a", "a b", "a", "a[ b]"),
        ("a-b", "c-d", "[a-b]", "[c-d]"),
    ],
)
def test_the_words_that_differ_are_marked(old: str, new: str, was: str, now: str) -> None:
    assert tuple(map(written, marked(old, new))) == (was, now)


def test_one_word_of_a_long_text_is_found() -> None:
    long = [f"word{n} " for n in range(2000)]
    was, _ = marked("".join(long), "".join([*long[:900], "other ", *long[901:]]))
    assert [part.text for part in was if part.differs] == ["word900"]


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_parts_are_the_whole_text(old: str, new: str) -> None:
    was, now = marked(old, new)
    assert "".join(part.text for part in was) == old
    assert "".join(part.text for part in now) == new


def test_long_texts_are_compared_in_no_time() -> None:
    started = time.process_time()
    marked("a b " * 8000, "b c " * 8000)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("pair", "before", "after"),
    [
        (["a", "b"], "value", "value"),
        ([None, "b"], "unset", "value"),
        (["a", None], "value", "unset"),
        (["", 0], "empty", "value"),
        ([MASK, MASK], "masked", "masked_new"),
        ([MASK, None], "masked", "unset"),
        ([None, MASK], "unset", "masked"),
    ],
)
def test_each_side_says_what_kind_it_is(pair: list[Any], before: str, after: str) -> None:
    (change,) = changes_of({"changes": {"field": pair}})
    assert (change.before.kind, change.after.kind) == (before, after)


@pytest.mark.parametrize(
    "changes",
    [None, 3, "ab", [], ["a", "b"], {"field": "ab"}, {"field": [1]}, {"field": [1, 2, 3]}],
)
def test_what_is_not_a_pair_is_no_change(changes: Any) -> None:
    assert changes_of({"changes": changes}) == []


MEMBERS = {"added": ["roles/2", "roles/3"], "removed": ["roles/1"]}
DIGEST = "a" * 64


def sides(value: Any, labels: Any = None) -> tuple[str, str]:
    """Both sides of one change, in brackets where there is no text but a word of ours."""
    (change,) = changes_of({"changes": {"field": value}, "labels": {"field": labels}})
    return tuple(  # type: ignore[return-value]  # of two
        "".join(part.text for part in side.parts) or f"<{side.kind}>"
        for side in (change.before, change.after)
    )


@pytest.mark.parametrize(
    ("value", "labels", "shown"),
    [
        (MEMBERS, None, ("roles/1", "roles/2\nroles/3")),
        (
            MEMBERS,
            {"added": ["Editor", None], "removed": ["Admin"]},
            ("roles/1 (Admin)", "roles/2 (Editor)\nroles/3"),
        ),
        ({"added": ["roles/1"], "removed": []}, None, ("<nothing>", "roles/1")),
        ({**MEMBERS, "leftOut": 1200}, None, ("roles/1", "roles/2\nroles/3\nand 1,200 more")),
        (MEMBERS, {"added": "no", "removed": 1}, ("roles/1", "roles/2\nroles/3")),
        ([1, 2], ["Alice", "Bob"], ("1 (Alice)", "2 (Bob)")),
        ([None, 2], [None, "Bob"], ("<unset>", "2 (Bob)")),
        ([1, 2], "hostile", ("1", "2")),
        (["[unknown]", 2], None, ("<unknown>", "2")),
        (["[too large]", None], None, ("<too_large>", "<unset>")),
        (
            [{"bytes": 1200, "sha256": DIGEST}, {"bytes": 1, "sha256": DIGEST}],
            None,
            (f"1,200 bytes, SHA-256 {'a' * 16}…", f"1 byte, SHA-256 {'a' * 16}…"),
        ),
        (
            [None, {"beginning": "Once", "length": 9000, "sha256": DIGEST}],
            None,
            ("<unset>", f"Once… (9,000 characters, SHA-256 {'a' * 16}…)"),
        ),
        ([None, {"bytes": "x", "sha256": 1}], None, ("<unset>", '{"bytes": "x", "sha256": 1}')),
    ],
)
def test_what_tracked_models_tell_reads_well(
    value: Any, labels: Any, shown: tuple[str, str]
) -> None:
    assert sides(value, labels) == shown


@pytest.mark.parametrize(
    "value", [{"added": 1, "removed": []}, {"added": []}, {**MEMBERS, "other": 1}, "text", None]
)
def test_what_is_no_change_is_left_to_the_details(value: Any) -> None:
    assert changes_of({"changes": {"field": value}}) == []


def test_of_many_changes_each_is_compared_as_far_as_its_share_goes() -> None:
    pair = ["a b c d e f g h", "a x c d e f y h"]
    few = changes_of({"changes": {"one": pair}})
    assert written(few[0].before.parts) == "a [b] c d e f [g] h"
    many = changes_of({"changes": {f"field{n}": pair for n in range(100)}})
    assert {written(each.before.parts) for each in many} == {"a [b c d e f g] h"}


def test_the_first_changes_are_had_without_the_rest() -> None:
    details = {"changes": {"a": [1, 2], "no change": 7, "b": [3, 4], "c": [5, 6]}}
    assert [each.field for each in changes_of(details, most=2)] == ["a", "b"]
    assert number_of(details) == 3
