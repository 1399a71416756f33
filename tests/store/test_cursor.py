from __future__ import annotations

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_auditlog.errors import QueryError
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.store.language import parse_query
from flask_auditlog.store.search.cursor import Cursor
from flask_auditlog.store.search.cursor import seal
from flask_auditlog.store.search.cursor import seal_position
from flask_auditlog.store.search.cursor import unseal
from flask_auditlog.store.search.cursor import unseal_position

from .samples import ALL
from .samples import ANY

KEY = b"k" * 32
PLACE = Cursor(time=1_700_000_000_000, position=123_456, pin=987_654, now=1_800_000_000_000)
TOKEN = seal(PLACE, ANY, ALL, KEY)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \n"

numbers = st.integers(-(2**63), 2**63 - 1)


@given(numbers, numbers, numbers, numbers)
def test_what_was_sealed_is_read_back(time: int, position: int, pin: int, now: int) -> None:
    place = Cursor(time=time, position=position, pin=pin, now=now)
    assert unseal(seal(place, ANY, ALL, KEY), ANY, ALL, KEY) == place


@given(st.text())
def test_whatever_is_sent_is_a_cursor_or_a_query_error(token: str) -> None:
    with pytest.raises(QueryError):
        unseal(token, ANY, ALL, KEY)


@pytest.mark.parametrize("place", range(len(TOKEN)))
def test_a_cursor_with_one_other_letter_is_refused(place: int) -> None:
    for letter in set(LETTERS) - {TOKEN[place]}:
        with pytest.raises(QueryError):
            unseal(TOKEN[:place] + letter + TOKEN[place + 1 :], ANY, ALL, KEY)


@pytest.mark.parametrize(
    "token", [TOKEN[:-1], TOKEN[:-4], TOKEN + "A", TOKEN + "AAAA", TOKEN * 2, TOKEN + "=", ""]
)
def test_a_shorter_or_longer_cursor_is_refused(token: str) -> None:
    with pytest.raises(QueryError):
        unseal(token, ANY, ALL, KEY)


@pytest.mark.parametrize(
    ("query", "scope", "key"),
    [
        (Query(user="7"), ALL, KEY),
        (Query(more=parse_query("user:7")), ALL, KEY),
        (Query(zone="Asia/Tokyo"), ALL, KEY),
        (ANY, Scope(realm="acme", organization_id=None), KEY),
        (ANY, Scope(realm="default", organization_id="org-a"), KEY),
        (ANY, Scope(realm="default", organization_id="None"), KEY),
        (ANY, ALL, b"K" * 32),
    ],
)
def test_a_cursor_holds_for_its_query_scope_and_key(query: Query, scope: Scope, key: bytes) -> None:
    with pytest.raises(QueryError):
        unseal(TOKEN, query, scope, key)


def test_a_cursor_of_an_older_key_is_good_while_the_key_is_kept() -> None:
    assert unseal(TOKEN, ANY, ALL, b"new" * 10, KEY) == PLACE


def test_a_cursor_does_not_show_a_position() -> None:
    raw = base64.urlsafe_b64decode(TOKEN)
    shown = [struct.pack(">q", number) in raw for number in (PLACE.position, PLACE.pin, PLACE.time)]
    assert shown == [False] * 3


def test_the_cursors_of_two_places_have_nothing_in_common() -> None:
    one, two = (
        base64.urlsafe_b64decode(seal(Cursor(time=5, position=n, pin=9, now=9), ANY, ALL, KEY))
        for n in (1, 2)
    )
    assert sum(a == b for a, b in zip(one, two, strict=True)) < len(one) // 3


@given(numbers)
def test_a_position_is_read_back(position: int) -> None:
    assert unseal_position(seal_position(position, ALL, KEY), ALL, KEY) == position


@given(st.text())
def test_whatever_is_sent_is_a_position_or_a_query_error(token: str) -> None:
    with pytest.raises(QueryError):
        unseal_position(token, ALL, KEY)


def test_a_position_that_was_given_out_is_good_for_ever() -> None:
    """Whoever pulls the feed keeps it over versions: it must not change what it is bound to."""
    assert unseal_position("Aa-7T1jYSNFMpGUZfoU3RctxWVIE", ALL, KEY) == 123_456


@pytest.mark.parametrize("place", range(28))
def test_a_position_with_one_other_letter_is_refused(place: int) -> None:
    token = seal_position(123_456, ALL, KEY)
    for letter in set(LETTERS) - {token[place]}:
        with pytest.raises(QueryError):
            unseal_position(token[:place] + letter + token[place + 1 :], ALL, KEY)
