"""The events of a file that was exported, whatever its format."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from ..errors import InvalidEvent
from ..event import Entry
from ..export.parquet_rows import events_of
from ..export.parquet_rows import MAGIC
from ..export.rows import is_header
from ..export.rows import Rows
from ..recorder import Recorder
from ..state import current
from ..web.restoring import restored
from ..web.restoring import restored_row

# What the log adds to an event in a file, and the comma of an array.
MORE = 200
# One byte of an event is at most so many of a table, as "\x7f" is six.
WIDER = 6

# Makes the event of one line. :raises InvalidEvent: when it is none that the log can store.
Read = Callable[[], Entry]


def exported(file: Path) -> Iterator[tuple[int, Read]]:
    """Yield the number of each line with an event, and what reads it.

    Of NDJSON, of a JSON array that has each on its own line, of a table with a header, and of
    Parquet, whose rows are counted as lines.

    :raises InvalidEvent: when a line is longer than any event, or a table cannot be read.
    :raises OSError: as the file does.
    """
    most = current().settings.limits.event_bytes + MORE
    with file.open("rb") as opened:
        first = opened.readline(most)
        opened.seek(0)
        if first.startswith(MAGIC):
            yield from _of_parquet(file)
        elif file.suffix.lower() == ".csv" or is_header(first.decode(errors="replace")):
            yield from _of_table(opened, most * WIDER)
        else:
            yield from _of_json(opened, most)


def _of_parquet(file: Path) -> Iterator[tuple[int, Read]]:
    recorder = current().recorder
    for number, event in enumerate(events_of(file), 1):
        yield number, partial(restored_row, event, recorder)


def _of_json(opened: BinaryIO, most: int) -> Iterator[tuple[int, Read]]:
    recorder = current().recorder
    for number, line in _lines(opened, most):
        text = line.strip(b" \t\r\n").removesuffix(b",")
        if text not in (b"", b"[", b"]"):
            yield number, partial(restored, text, recorder)


def _of_table(opened: BinaryIO, most: int) -> Iterator[tuple[int, Read]]:
    recorder, rows = current().recorder, None
    for number, line in _lines(opened, most):
        if rows is None:
            rows = _rows(line)
        elif line.strip(b"\r\n"):
            yield number, partial(_restored_row, rows, line, recorder)
    if rows is None:
        raise InvalidEvent("The file is empty: not even the names of columns are there.")


def _restored_row(rows: Rows, line: bytes, recorder: Recorder) -> Entry:
    return restored_row(rows.event(_text(line)), recorder)


def _rows(header: bytes) -> Rows:
    try:
        return Rows(_text(header))
    except InvalidEvent as error:
        raise InvalidEvent(f"Line 1: {error}") from error


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise InvalidEvent(f"It is not UTF-8, at byte {error.start}.") from error


def _lines(opened: BinaryIO, most: int) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := opened.readline(most):
        number += 1
        if len(line) == most and not line.endswith(b"\n"):
            raise InvalidEvent(f"Line {number}: It is longer than an event may be.")
        yield number, line
