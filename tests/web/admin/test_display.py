"""What cannot be seen is shown, and what is long is cut."""

from __future__ import annotations

from typing import Any

import pytest

from flask_auditlog.web.admin import display


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Åsa Öberg, 東京, عربي", "Åsa Öberg, 東京, عربي"),
        ("evil\u202egpj.exe", "evil\\u202egpj.exe"),
        ("a\u2066b\u2069c\u200fd\u061ce", "a\\u2066b\\u2069c\\u200fd\\u061ce"),
        ("bell\x07 nul\x00 esc\x1b[2J", "bell\\u0007 nul\\u0000 esc\\u001b[2J"),
        ("c1\x85\x9b del\x7f", "c1\\u0085\\u009b del\\u007f"),
        ("tab\there\r\nthere", "tab\\there\\r\\nthere"),
        ("ad\u200bmin\ufeff\xad\u2060", "ad\\u200bmin\\ufeff\\u00ad\\u2060"),
        ("line\u2028and\u2029paragraph", "line\\u2028and\\u2029paragraph"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("ad\u200dmin ad\u200cmin", "ad\\u200dmin ad\\u200cmin"),
        ("می\u200cخواهم 👩\u200d💻", "می\u200cخواهم 👩\u200d💻"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_an_escape(text: str, seen: str) -> None:
    assert display.visible(text) == seen


def test_lines_may_stay() -> None:
    assert display.visible("one\ntwo\x0b", lines=True) == "one\ntwo\\u000b"


@pytest.mark.parametrize(
    ("length", "cut"), [(3, "ab…"), (4, "abcd"), (5, "abcd")], ids=["long", "just", "short"]
)
def test_what_is_cut_ends_in_an_ellipsis(length: int, cut: str) -> None:
    assert display.cut("abcd", length) == cut


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        (True, "true"),
        (None, "null"),
        (1.5, "1.5"),
        ({"a": ["é"]}, '{"a": ["é"]}'),
    ],
)
def test_a_value_is_its_text_or_its_json(value: Any, text: str) -> None:
    assert display.value_text(value) == text


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0.0 kB"),
        (1, "0.0 kB"),
        (4_800, "4.8 kB"),
        (999_999, "1,000.0 kB"),
        (1_204_500_000, "1,204.5 MB"),
    ],
)
def test_a_size_is_told_so_that_it_can_be_read(count: int, words: str) -> None:
    assert display.size(count) == words
