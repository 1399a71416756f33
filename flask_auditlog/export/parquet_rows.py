"""A file of Parquet as ``parquet`` writes it, read again: each row is the event that it was made of."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import InvalidEvent
from .columns import Column
from .parquet import is_there
from .parquet import PACKAGE
from .parquet import types_of
from .rows import columns_of
from .rows import event_of

MAGIC = b"PAR1"
# So many rows are held at once.
_ROWS = 500


def events_of(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the event of each row, by the names of the wire, and ``details`` as its JSON.

    :raises InvalidEvent: when it is not what ``parquet`` writes, or the package is not installed.
    """
    if not is_there():
        raise InvalidEvent(
            "Parquet needs the extra `parquet` of flask-auditlog, which is not installed."
        )
    arrow: Any = importlib.import_module(PACKAGE)
    parquet: Any = importlib.import_module(f"{PACKAGE}.parquet")
    try:
        with parquet.ParquetFile(file) as opened:
            columns = _columns(arrow, opened.schema_arrow)
            for batch in opened.iter_batches(batch_size=_ROWS):
                # Times as the whole numbers that they are.
                values = [
                    _plain(arrow, column, kept)
                    for column, kept in zip(columns, batch.columns, strict=True)
                ]
                yield from (event_of(columns, row) for row in zip(*values, strict=True))
    except (arrow.ArrowException, OSError) as error:
        raise InvalidEvent(f"It cannot be read as Parquet: {error}") from error


def _columns(arrow: Any, schema: Any) -> Sequence[Column]:
    columns = columns_of(schema.names)
    types = types_of(arrow)
    for column, kind in zip(columns, schema.types, strict=True):
        if kind != types[column.kind]:
            raise InvalidEvent(
                f"Its column `{column.name}` is of {kind}, and not of {types[column.kind]}, as "
                "`export` writes it."
            )

    return columns


def _plain(arrow: Any, column: Column, values: Any) -> list[Any]:
    plain = values.cast(arrow.int64()) if column.kind == "time" else values

    return list(plain.to_pylist())
