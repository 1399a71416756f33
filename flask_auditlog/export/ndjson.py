"""NDJSON: one record a line, as the API gives it."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from ..event import Record
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

    def body(self, records: Iterable[Record]) -> Iterator[bytes]:
        """One line for each record."""
        return chunks(f"{wire(record, self._positions)}\n" for record in records)

    def foot(self) -> bytes:
        """Nothing."""
        return b""
