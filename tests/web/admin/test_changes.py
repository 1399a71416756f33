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
