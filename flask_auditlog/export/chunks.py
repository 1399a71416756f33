"""Records into blocks that are worth writing at once, and lines into chunks worth sending."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

from ..event import Copy

# Some records that come together. There is at least one.
Block = Sequence[Copy]

CHUNK = 64 * 1024
# A block ends with so many records, or with so much text of bodies, in characters.
BLOCK, TEXT = 128, 2 * CHUNK


def blocks(records: Iterable[Copy], *, most: int = BLOCK, size: int = TEXT) -> Iterator[Block]:
    """Yield *records* some at a time: few of those that are large.

    Whoever has a block has all records that were taken so far.
    """
    held: list[Copy] = []
    text = 0
    for record in records:
        held.append(record)
        text += len(record.body)
        if text >= size or len(held) == most:
            yield held
            held, text = [], 0
    if held:
        yield held


def chunks(lines: Iterable[str]) -> Iterator[bytes]:
    """Yield *lines* as UTF-8, in chunks of at least ``CHUNK`` characters but for the last.

    Holds one chunk at a time, whatever the number of lines. Every line ends itself: a
    line break between lines would be lost between chunks.
    """
    held: list[str] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= CHUNK:
            yield _encode(held)
            held, size = [], 0
    if held:
        yield _encode(held)


def _encode(lines: list[str]) -> bytes:
    # A lone surrogate cannot be stored; should one be met, an export goes on.
    return "".join(lines).encode(errors="backslashreplace")
