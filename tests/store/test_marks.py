"""What the sieve keeps of bodies: whatever stands in one is known to."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from flask_auditlog.store.sieve import marks
from flask_auditlog.store.sieve.marks import blocks_in
from flask_auditlog.store.sieve.marks import Layout
from flask_auditlog.store.sieve.marks import LINE
from flask_auditlog.store.sieve.marks import places_of
from flask_auditlog.store.sieve.marks import Segment

SMALL = Layout(block=2, blocks=16)


def sifted(blocks: list[list[str]]) -> list[bytes]:
    """The lines of a segment of *blocks*; the others are empty."""
    segment = Segment(SMALL)
    for number in range(SMALL.blocks):
        segment.add(blocks[number] if number < len(blocks) else [])
    assert segment.is_full
    return list(segment.lines())


def holding(lines: list[bytes], text: str) -> set[int]:
    """The numbers of the blocks that may hold *text*."""
    left = (1 << SMALL.blocks) - 1
    for place in places_of(text.encode().lower()):
        number, within = divmod(place, LINE)
        bits = lines[number][within * SMALL.width : (within + 1) * SMALL.width]
        left &= int.from_bytes(bits, "little")
    return set(blocks_in(left))


texts = st.text(st.sampled_from('abcdABCD "\\{}:é€😀'), min_size=4, max_size=60)


@settings(max_examples=60, deadline=None)
@given(blocks=st.lists(st.lists(texts, max_size=2), max_size=16), data=st.data())
def test_what_stands_in_a_body_is_found_in_its_block(
    blocks: list[list[str]], data: st.DataObject
) -> None:
    lines = sifted(blocks)
    for number, bodies in enumerate(blocks):
        for body in bodies:
            start = data.draw(st.integers(0, len(body) - 4))
            end = data.draw(st.integers(start + 4, len(body)))
            assert number in holding(lines, body[start:end])


def test_a_block_without_it_is_left_out() -> None:
    lines = sifted([["acme and globex"], ["Rumpelstiltskin"], [], ["rumpel", "stiltskin"]])
    assert holding(lines, "rumpelstiltskin") == {1}
    assert holding(lines, "RUMPEL") == {1, 3}
    assert holding(lines, "initech") == set()


@pytest.mark.parametrize("before", range(65_530, 65_540))
def test_a_body_that_is_cut_holds_what_stands_across_the_cut(before: int) -> None:
    lines = sifted([["x" * before + "Rumpelstiltskin" + "y" * 70_000]])
    assert holding(lines, "xxrumpelstiltskinyy") == {0}


def test_a_text_that_is_too_short_is_in_any_block() -> None:
    assert places_of(b"abc") == []
    assert holding(sifted([]), "abc") == set(range(16))


def test_pieces_apart_from_each_other_come_first() -> None:
    first = [places_of(text)[0] for text in (b"abcd", b"efgh")]
    assert places_of(b"abcdefgh")[:2] == first
    assert len(places_of(b"abcdefgh")) == 5
    assert len(places_of(bytes(range(200)))) == marks.MOST_PIECES


def test_a_place_is_the_same_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert places_of(b"abcd") == [0x64636261 % marks.PLACES]
    other = {"little": "big", "big": "little"}[sys.byteorder]
    monkeypatch.setattr(sys, "byteorder", other)
    assert places_of(b"dcba") == [0x64636261 % marks.PLACES]
