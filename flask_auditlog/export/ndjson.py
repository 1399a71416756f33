"""NDJSON: one record a line, as the API gives it."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from ..event import Record
from .chunks import chunks
from .wire import wire


def write(records: Iterable[Record], positions: bool) -> Iterator[bytes]:  # noqa: FBT001 (as in wire)
    """Yield *records* as NDJSON, in chunks."""
    return chunks(f"{wire(record, positions)}\n" for record in records)
