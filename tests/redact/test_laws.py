"""What holds of every value, and how long the worst one may take."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flask_auditlog.redact import MASK
from flask_auditlog.redact import Masker

FRAGMENTS = [
    "password", "token", "Cookie", "name", "value", "--secret", "Authorization", "basic ", "Bearer ",
    "=", ": ", ":", "&", "?", ";", ",", " ", "\n", '"', "'", '\\"', "\\", "%3D", "%26", "%20", "[", "]", "{", "}",
    "<", ">", "</", "://", "@", "/", "-", "_", ".", "x", "hunter2", "null", "1", MASK,
    "eyJhbGciOi.eyJzdWIi.x", "ghp_" + "a" * 20, "4111111111111111", "4111 ", "1111-", "al_" + "b" * 40,
    "-----BEGIN PRIVATE KEY-----", "-----END", "123456789:AA" + "c" * 33, "sk_live_" + "d" * 12,
]  # fmt: skip
crafted = st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join)
texts = crafted | st.text(max_size=40)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)
MASKER = Masker(names=["iban"], keep=["value"])


@given(crafted)
@settings(max_examples=400)
def test_a_masked_text_is_masked_no_further(text: str) -> None:
    masked = MASKER.text(text)
    assert MASKER.text(masked) == masked


@given(values)
@settings(max_examples=300)
def test_a_masked_value_is_masked_no_further(value: Any) -> None:
    masked = MASKER.value(value)
    assert repr(MASKER.value(masked)) == repr(masked)


@given(values)
@settings(max_examples=200)
def test_where_nothing_was_masked_the_object_is_the_same(value: Any) -> None:
    masked = MASKER.value(value)
    assert masked is value or repr(masked) != repr(value)


@given(values)
@settings(max_examples=200)
def test_a_fresh_masker_and_one_that_has_seen_much_agree(value: Any) -> None:
    assert repr(Masker(names=["iban"], keep=["value"]).value(value)) == repr(MASKER.value(value))


HOSTILE = [
    "A", "Aa", "a_", "aA1", "password", "token_", "\u00e9", "next token ",
    "a", "-", "=", ":", '"', "'", "\\", "%", "[", "{", '{"a":', "[[", "4", "4 ", "4-", "://", "://a:", "@",
    "eyJ", "eyJ-", ".eJ", "%20eyJ", "\\neyJ", "eyJaaaaaaaa.", "SG.", "sk-", "gh", "bearer ", "basic\t", "Basic YTpi ",
    "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "-----END ", "token=", "token='", 'token="', "token: ", "--token ",
    "token={", "a=a=", "<token>", "<token a", "</", "password=x&", "password%3D", "1//0", "a.atlasv1.", ":AA",
    '"token":', "cookie: ", "\\\\\"", "discord.com/api/webhooks/1/", "passphrase: a\n",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_worst_64_kib_take_no_longer_than_their_length(piece: str) -> None:
    text = piece * (64 * 1024 // len(piece))
    start = time.process_time()
    Masker().value({text: text})
    # Linear takes under 0.2 s here; what is quadratic takes minutes.
    assert time.process_time() - start < 3
