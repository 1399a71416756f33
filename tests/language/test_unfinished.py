"""The word that somebody is just writing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_auditlog.store.language import printed
from flask_auditlog.store.language import Term
from flask_auditlog.store.language.unfinished import unfinished


@pytest.mark.parametrize(
    ("text", "start", "field", "value"),
    [
        ("", 0, None, ""),
        ("ty", 0, None, "ty"),
        ("type:a ty", 7, None, "ty"),
        ("type:a ", 7, None, ""),
        ("-type:ad", 1, "type", "ad"),
        ("(type:a OR -act", 12, None, "act"),
        ("actor:", 0, "actor", ""),
        ('actor:"al i', 0, "actor", "al i"),
        ('actor:"a \\"b', 0, "actor", 'a "b'),
        ('actor:"al ice" x', 15, None, "x"),
        ("details.at:12:3", 0, "details.at", "12:3"),
        ('"type:a', 0, None, "type:a"),
    ],
)
def test_the_last_word(text: str, start: int, field: str | None, value: str) -> None:
    found = unfinished(text)
    assert (found.start, found.field, found.value) == (start, field, value)


@given(st.text(min_size=1))
def test_what_was_printed_is_read_again(value: str) -> None:
    found = unfinished("-error:* " + printed(Term("actor", "is", value)))
    assert (found.start, found.field, found.value) == (9, "actor", value)


@given(st.text(alphabet='ab" \\():-'))
def test_the_word_is_in_the_text(text: str) -> None:
    assert 0 <= unfinished(text).start <= len(text)
