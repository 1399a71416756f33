"""A table of CSV as ``csv`` writes it, read again: each row is the event that it was made of.

Strict: a table that a spreadsheet has saved is no copy any more, since spreadsheets cut long
cells and turn texts into numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from typing import Any

import msgspec

from ..errors import Fault
from ..errors import InvalidEvent
from ..event import Actor
from ..event import Event
from .cells import EPOCH
from .cells import exact
from .columns import Column
from .columns import column_of
from .columns import COLUMNS

_BOM = "\ufeff"
# One cell, and what ends it. Quotes stand around all of it or nowhere.
_CELL = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"|([^",]*))(,|$)')
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_MILLISECOND = timedelta(milliseconds=1)
# An event cannot be made without these.
_NEEDED = tuple(name for name, column in COLUMNS.items() if not column.of_record)
_AS_EXPORTED = "Import the file as `export` wrote it, not as a spreadsheet saved it."


def is_header(line: str) -> bool:
    """Whether *line* looks like that of a table of records, however it is separated."""
    names = re.split("[,;\t]", line.removeprefix(_BOM).replace('"', "").strip())

    return len(names) > 1 and any(column_of(name) is not None for name in names)


def columns_of(names: Sequence[str]) -> Sequence[Column]:
    """Return the columns of these names.

    :raises InvalidEvent: when they are not those of a file with all columns.
    """
    columns = [column for name in names if (column := column_of(name)) is not None]
    if len({column.name for column in columns}) < len(names):
        raise InvalidEvent(f"It has a column that no export has, or has one twice. {_AS_EXPORTED}")
    if lacking := [name for name in _NEEDED if name not in names]:
        raise InvalidEvent(
            f"It lacks columns that an event needs ({', '.join(lacking)}). Export it with all "
            "columns, as it is done without --columns, or as NDJSON."
        )

    return columns


def event_of(columns: Sequence[Column], values: Sequence[Any]) -> dict[str, Any]:
    """Return the event of a row, by the names of the wire; ``None`` is what it does not have."""
    fields: dict[str, Any] = {}
    for column, value in zip(columns, values, strict=True):
        if value is not None and _is_kept(column):
            part, name = _PLACES[column.name]
            (fields if part is None else fields.setdefault(part, {}))[name] = value

    return fields


def _is_kept(column: Column) -> bool:
    """Whether it is of the event. What was picked out of the details stands in them, whole."""
    return not column.of_record and column.kind != "detail"


class Rows:
    """Reads the rows below a header.

    :raises InvalidEvent: when that is not the header of a file with all columns.
    """

    def __init__(self, header: str) -> None:
        if header.startswith(_BOM):
            raise InvalidEvent(f"It begins with a byte order mark. {_AS_EXPORTED}")
        names = header.rstrip("\r\n").split(",")
        if len(names) == 1:
            raise InvalidEvent(f"Its columns are not separated by commas. {_AS_EXPORTED}")
        self._columns = columns_of(names)

    def event(self, line: str) -> dict[str, Any]:
        """Return the event of one line, by the names of the wire, and ``details`` as its JSON.

        :raises InvalidEvent: when it is not what ``csv`` writes.
        """
        cells = _cells(line.rstrip("\r\n"))
        if len(cells) != len(self._columns):
            message = f"It has {len(cells)} cells below {len(self._columns)} columns, or a cell is"
            raise InvalidEvent(f"{message} on more than one line. {_AS_EXPORTED}")
        values = [
            None if cell is None or not _is_kept(column) else _value(column, cell)
            for column, cell in zip(self._columns, cells, strict=True)
        ]

        return event_of(self._columns, values)


def _cells(line: str) -> Sequence[str | None]:
    """The cells of a line: ``None`` where nothing stands, as opposed to an empty text.

    :raises InvalidEvent: when quotes stand where none may.
    """
    cells: list[str | None] = []
    at, more = 0, True
    while more:
        found = _CELL.match(line, at)
        if found is None:
            raise InvalidEvent(f"A cell has a quote too many or too few. {_AS_EXPORTED}")
        quoted, plain, end = found.groups()
        cells.append((plain or None) if quoted is None else quoted.replace('""', '"'))
        at, more = found.end(), bool(end)

    return cells


def _value(column: Column, cell: str) -> Any:
    if column.kind == "json":
        return cell
    if column.kind == "text":
        return exact(cell)
    try:
        return _time(cell) if column.kind == "time" and _TIME.fullmatch(cell) else _whole(cell)
    except ValueError as error:
        what = "a time as 2023-07-10T11:42:18.000Z" if column.kind == "time" else "a whole number"
        raise InvalidEvent(faults=[Fault(column.name, f"`{column.name}` is {what}.")]) from error


def _time(cell: str) -> int:
    """:raises ValueError: for a day or an hour that there is not."""
    return (datetime.fromisoformat(cell) - EPOCH) // _MILLISECOND


def _whole(cell: str) -> int:
    """:raises ValueError: when it is none, or beyond what can be stored."""
    if not _WHOLE.fullmatch(cell):
        raise ValueError

    return int(cell)


def _place(column: Column) -> tuple[str | None, str]:
    part, _, name = column.path.rpartition(".")
    if not part:
        return None, _wire_names(Event)[name]

    return _wire_names(Event)[part], _wire_names(Actor)[name]


def _wire_names(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {each.name: each.encode_name for each in msgspec.structs.fields(kind)}


# Where in the JSON of an event the value of a column stands: in which object, and as what.
_PLACES = {name: _place(COLUMNS[name]) for name in _NEEDED}
