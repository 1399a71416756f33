"""NDJSON: one record a line, as the API gives it."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from .chunks import Block
from .chunks import chunks
from .columns import Layout
from .wire import wire


class Writer:
    """See :class:`.Writer`."""

    def __init__(self, layout: Layout, _: int) -> None:
        self._positions = layout.positions

    def head(self) -> bytes:
        """Nothing."""
        return b""

    def body(self, blocks: Iterable[Block]) -> Iterator[bytes]:
        """One line for each record."""
        return chunks(map(self._lines, blocks))

    def foot(self) -> bytes:
        """Nothing."""
        return b""

    def _lines(self, block: Block) -> str:
        return "".join([f"{wire(record, self._positions)}\n" for record in block])
