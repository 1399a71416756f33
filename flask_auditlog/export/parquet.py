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
from operator import attrgetter
from typing import Any

from ..errors import QueryError
from ..event import Record
from .columns import Column
from .columns import Layout
from .columns import Row
from .columns import row_of
from .details import at_path
from .details import text_of

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
        self._columns = layout.columns
        self._schema = arrow.schema([(each.name, types[each.kind]) for each in self._columns])
        self._arrow = arrow
        self._sink = _Sink()
        self._writer = parquet.ParquetWriter(self._sink, self._schema, compression="zstd")

    def head(self) -> bytes:
        """What every such file begins with."""
        return self._sink.taken()

    def body(self, records: Iterable[Record]) -> Iterator[bytes]:
        """One group of rows after the other."""
        values = [_value(column) for column in self._columns]
        held: list[list[Any]] = []
        size = 0
        for record in records:
            row = row_of(record)
            held.append([value(record, row) for value in values])
            size += len(record.body)
            if len(held) >= ROWS or size >= SIZE:
                yield self._group(held)
                held, size = [], 0
        if held:
            yield self._group(held)

    def foot(self) -> bytes:
        """Where everything stands."""
        self._writer.close()

        return self._sink.taken()

    def _group(self, rows: Sequence[Sequence[Any]]) -> bytes:
        arrays = [
            self._arrow.array(values, field.type)
            for values, field in zip(zip(*rows, strict=True), self._schema, strict=True)
        ]
        self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))

        return self._sink.taken()


def _value(column: Column) -> Callable[..., Any]:
    if column.kind == "detail":
        return _detail(column.path)
    get = attrgetter(column.path)
    if column.of_record:
        return lambda record, _: get(record)
    if column.kind == "json":
        return lambda _, row: bytes(get(row)).decode() or None

    return lambda _, row: get(row)


def _detail(path: str) -> Callable[..., Any]:
    read = at_path(path)

    def value(_: Record, row: Row) -> str | None:
        json = read(row.details)
        if json is None:
            return None
        text = text_of(json)
        return json.decode() if text is None else text

    return value


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
