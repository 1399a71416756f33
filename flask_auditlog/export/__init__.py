"""Records to take away: pure formatting over a stream."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ..errors import QueryError
from . import csv
from . import json
from . import ndjson
from . import parquet
from .chunks import Block
from .chunks import blocks
from .columns import COLUMNS
from .columns import Layout
from .columns import layout
from .wire import wire

__all__ = [
    "COLUMNS",
    "FORMATS",
    "Block",
    "Format",
    "Layout",
    "Writer",
    "blocks",
    "format_of",
    "layout",
    "wire",
]


class Writer(Protocol):
    """Writes one file. Memory does not grow with the number of records."""

    def head(self) -> bytes:
        """What stands before all records."""

    def body(self, blocks: Iterable[Block]) -> Iterator[bytes]:
        """The records, in chunks, while they are read. May be called again for more of them."""

    def foot(self) -> bytes:
        """What stands behind all records."""


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write records down.

    :param writer: makes what writes a file of a layout, in which so many records stand already.
    :param is_table: whether its columns can be chosen. Else it is the exact copy.
    :param resumes: whether another writer can go on where one was interrupted.
    :param is_there: whether its package is installed.
    """

    name: str
    title: str
    mimetype: str
    writer: Callable[[Layout, int], Writer]
    is_table: bool = False
    resumes: bool = True
    is_there: Callable[[], bool] = _always

    def layout(self, columns: str | None, *, positions: bool) -> Layout:
        """Return the layout of a file with these columns.

        :raises QueryError: when they are wrong, or this format has none.
        """
        if columns is not None and not self.is_table:
            message = f"{self.title} is the exact copy: `columns` are for CSV and Parquet."
            raise QueryError(message, field="columns")

        return layout(columns, positions=positions)

    def write(self, blocks: Iterable[Block], layout: Layout) -> Iterator[bytes]:
        """Yield a file in chunks. The first one holds records already, if there are any."""
        writer = self.writer(layout, 0)
        held = writer.head()
        for chunk in writer.body(blocks):
            yield held + chunk
            held = b""
        if last := held + writer.foot():
            yield last


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("csv", "CSV", "text/csv; charset=utf-8", csv.Writer, is_table=True),
        Format("ndjson", "NDJSON", "application/x-ndjson", ndjson.Writer),
        Format("json", "JSON", "application/json", json.Writer),
        Format(
            "parquet",
            "Parquet",
            "application/vnd.apache.parquet",
            parquet.Writer,
            is_table=True,
            resumes=False,
            is_there=parquet.is_there,
        ),
    )
}


def format_of(name: str | None) -> Format:
    """Return the format of this name. :raises QueryError: when there is none."""
    found = FORMATS.get(name or "")
    if found is None:
        raise QueryError(f"`format` must be one of {', '.join(FORMATS)}.", field="format")

    return found
