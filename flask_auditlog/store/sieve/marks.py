"""What the sieve keeps of bodies, and what it looks for. Pure.

A *piece* is four bytes in a row, of UTF-8 with ASCII letters in lower case. Of each *block* of
records in a row is kept which pieces its bodies have: each piece has a place, which it shares
with others, and there is one bit. So a body with a text has, in the bits of its block, all pieces
of the text; and of blocks that have them all a few do not have the text, which whoever searches
finds out from the bodies.

The bits of a place, block after block, stand together: a search reads those of a few places, and
none of the others.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass

# Bytes of a piece.
PIECE = 4
# A prime, so that pieces which differ in one byte have places far from each other. A block of 16
# events of 1 KB has a tenth of them.
PLACES = 32_749
# So many places have their bits in one row of the table: of a segment it has a kilobyte.
LINE = 32
LINES = -(-PLACES // LINE)
# A text of more pieces than this is looked for by some of them.
MOST_PIECES = 12

# So much of a text is cut into pieces at once, in bytes: the interpreter does nothing else then.
_CUT = 2**16
# Bits of as many blocks stand in a byte.
_BYTE = 8


@dataclass(frozen=True, slots=True)
class Layout:
    """How many records are a block, and how many blocks are a segment, which is written at once.

    ``blocks`` is a multiple of 8.
    """

    block: int = 16
    blocks: int = 256

    @property
    def segment(self) -> int:
        """How many records a segment has."""
        return self.block * self.blocks

    @property
    def width(self) -> int:
        """How many bytes the bits of a place take in a segment."""
        return self.blocks // _BYTE


LAYOUT = Layout()


class Segment:
    """The bits of a segment in the making, block by block."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._bits = bytearray(LINES * LINE * layout.width)
        # Of each place, the bits that are not yet a byte.
        self._rest = 0
        self.blocks = 0

    @property
    def is_full(self) -> bool:
        """Whether all its blocks are there."""
        return self.blocks == self._layout.blocks

    def add(self, bodies: Sequence[str]) -> None:
        """Add the block that has these bodies."""
        byte, bit = divmod(self.blocks, _BYTE)
        self._rest |= int.from_bytes(_marked(bodies), "little") << bit
        self.blocks += 1
        if bit == _BYTE - 1:
            self._bits[byte :: self._layout.width] = self._rest.to_bytes(LINES * LINE, "little")
            self._rest = 0

    def lines(self) -> Iterator[bytes]:
        """Yield the bits of :data:`LINE` places after the other, as they are stored."""
        long = LINE * self._layout.width
        for start in range(0, len(self._bits), long):
            yield bytes(self._bits[start : start + long])


def _marked(bodies: Sequence[str]) -> bytearray:
    """A byte for each place: 1 where one of *bodies* has a piece of it."""
    marked = bytearray(LINES * LINE)
    # At once, since they have most pieces in common; what stands across two of them does no harm.
    for piece in _pieces("\n".join(bodies).encode().lower()):
        marked[piece % PLACES] = 1

    return marked


def _pieces(text: bytes) -> set[int]:
    """The pieces of *text*, as numbers."""
    found: set[int] = set()
    for start in range(0, len(text), _CUT):
        part = text[start : start + _CUT + PIECE - 1]
        for offset in range(PIECE):
            found.update(_numbers(part[offset:]))

    return found


def _numbers(text: bytes) -> array[int]:
    """*text* cut into pieces, without its rest: the same numbers on every machine."""
    numbers = array("I", text[: len(text) // PIECE * PIECE])
    if sys.byteorder == "big":
        numbers.byteswap()

    return numbers


def places_of(text: bytes) -> list[int]:
    """Return the places of the pieces of *text*, those first that have the least in common.

    None for a text that is too short.
    """
    last = len(text) - PIECE
    offsets = [at for first in (0, 2, 1, 3) for at in range(first, last + 1, PIECE)]
    found = (_numbers(text[at : at + PIECE])[0] % PLACES for at in offsets)

    return list(dict.fromkeys(found))[:MOST_PIECES]


def blocks_in(bits: int) -> Iterator[int]:
    """Yield the numbers of the blocks of which the bit is set, in their order."""
    for byte, value in enumerate(bits.to_bytes(-(-bits.bit_length() // _BYTE), "little")):
        for bit in range(_BYTE if value else 0):
            if value >> bit & 1:
                yield byte * _BYTE + bit
