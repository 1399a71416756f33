"""Records to take away: pure formatting over a stream."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass

from ..event import Record
from . import csv
from . import ndjson
from .wire import wire

__all__ = ["FORMATS", "Format", "wire"]


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write records down.

    ``write(records, positions)`` yields the bytes in chunks while it reads *records*;
    *positions* says whether the reader may see them (``scope.shows_position``).
    """

    name: str
    mimetype: str
    extension: str
    write: Callable[[Iterable[Record], bool], Iterator[bytes]]


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("csv", "text/csv; charset=utf-8", "csv", csv.write),
        Format("ndjson", "application/x-ndjson", "ndjson", ndjson.write),
    )
}
