"""Parquet: the table with its types, for what reads millions of records.

Texts are exact, times are timestamps in UTC, ``details`` is JSON. The package pyarrow, which
writes it, is imported by the first file alone: it takes as long as all of ours.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec

from ..errors import QueryError
from .chunks import Block
from .chunks import blocks as in_blocks
from .columns import Column
from .columns import Layout
from .details import text_of
from .table import Table

PACKAGE = "pyarrow"
# A group of rows ends with so many, or with so much text: what is held in memory.
ROWS, SIZE = 10_000, 4 * 2**20


def is_there() -> bool:
    """Whether Parquet can be written here."""
    return importlib.util.find_spec(PACKAGE) is not None


def types_of(arrow: Any) -> Mapping[str, Any]:
    """The type of each kind of column, of the package *arrow*."""
    return {
        "text": arrow.string(),
        "json": arrow.string(),
        "detail": arrow.string(),
        "time": arrow.timestamp("ms", tz="UTC"),
        "whole": arrow.int64(),
    }


class Writer:
    """See :class:`.Writer`.

    :raises QueryError: when the package is not installed.
    """

    def __init__(self, layout: Layout, _: int) -> None:
        if not is_there():
            message = "Parquet needs the extra `parquet` of flask-auditlog, which is not installed."
            raise QueryError(message, field="format")
        arrow: Any = importlib.import_module(PACKAGE)
        parquet: Any = importlib.import_module(f"{PACKAGE}.parquet")
        types = types_of(arrow)
        self._table = Table(layout.columns)
        self._schema = arrow.schema([(each.name, types[each.kind]) for each in layout.columns])
        self._arrow = arrow
        self._sink = _Sink()
        self._writer = parquet.ParquetWriter(self._sink, self._schema, compression="zstd")

    def head(self) -> bytes:
        """What every such file begins with."""
        return self._sink.taken()

    def body(self, blocks: Iterable[Block]) -> Iterator[bytes]:
        """One group of rows after the other."""
        records = chain.from_iterable(blocks)

        return map(self._group, in_blocks(records, most=ROWS, size=SIZE))

    def foot(self) -> bytes:
        """Where everything stands."""
        self._writer.close()

        return self._sink.taken()

    def _group(self, block: Block) -> bytes:
        values = self._table.values(block)
        arrays = [
            self._arrow.array(_made(column, those), field.type)
            for column, those, field in zip(self._table.columns, values, self._schema, strict=True)
        ]
        self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))

        return self._sink.taken()


def _made(column: Column, values: Sequence[Any]) -> Sequence[Any]:
    make = _MADE.get(column.kind)

    return values if make is None else list(map(make, values))


def _json(details: msgspec.Raw) -> str | None:
    return bytes(details).decode() or None


def _detail(json: bytes | None) -> str | None:
    if json is None:
        return None
    text = text_of(json)

    return json.decode() if text is None else text


# What has to be made of the values of some kinds.
_MADE: Mapping[str, Callable[[Any], str | None]] = {"json": _json, "detail": _detail}


class _Sink(io.RawIOBase):
    """Takes what is written, for who asks for it."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        taken, self._held = bytes(self._held), bytearray()
        return taken
