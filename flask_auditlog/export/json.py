"""JSON: one array of all records, each on its own line, as the API gives it."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from ..event import Copy
from .chunks import Block
from .chunks import chunks
from .columns import Layout
from .wire import wire


class Writer:
    """See :class:`.Writer`."""

    def __init__(self, layout: Layout, written: int) -> None:
        self._positions = layout.positions
        self._is_begun = written > 0

    def head(self) -> bytes:
        """The bracket."""
        return b"" if self._is_begun else b"["

    def body(self, blocks: Iterable[Block]) -> Iterator[bytes]:
        """One line for each record, with a comma before all but the first."""
        return chunks("".join(map(self._element, block)) for block in blocks)

    def foot(self) -> bytes:
        """The other bracket."""
        return b"\n]\n"

    def _element(self, record: Copy) -> str:
        before = ",\n" if self._is_begun else "\n"
        self._is_begun = True

        return f"{before}{wire(record, self._positions)}"
