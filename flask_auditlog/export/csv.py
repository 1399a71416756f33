"""CSV (RFC 4180): a table of records, for people and their spreadsheets.

UTF-8, a header, one record a line, fields quoted where they must be. Cells are made
inert: one that had to be changed begins with an apostrophe (see ``cells``). An empty text
is quoted, and what is not there is not, as PostgreSQL has it. So ``rows`` reads back what
was written.

Some records are written at once, column by column: whether a text needs care is asked of all
texts of a column together, and nearly none does.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import msgspec

from ..event import Record
from .cells import inert
from .cells import inert_json
from .cells import is_inert
from .cells import is_printable
from .cells import iso_time
from .chunks import blocks
from .chunks import chunks
from .columns import Column
from .columns import Layout
from .columns import Row
from .columns import row_of
from .details import at_path
from .details import text_of

# The fields of a column, of its values in some records.
_Fields = Callable[[Sequence[Any]], Sequence[str]]


class Writer:
    """See :class:`.Writer`."""

    def __init__(self, layout: Layout, written: int) -> None:
        self._columns = layout.columns
        self._is_begun = written > 0
        plain = [each for each in self._columns if each.kind != "detail"]
        self._of_record = _Part([each for each in plain if each.of_record])
        self._of_row = _Part([each for each in plain if not each.of_record])
        self._details = {
            each.name: _detail(each.path) for each in self._columns if each.kind == "detail"
        }

    def head(self) -> bytes:
        """The header, also of a file without records."""
        if self._is_begun:
            return b""

        return f"{','.join(column.name for column in self._columns)}\r\n".encode()

    def body(self, records: Iterable[Record]) -> Iterator[bytes]:
        """One line for each record."""
        return chunks(map(self._lines, blocks(records)))

    def foot(self) -> bytes:
        """Nothing."""
        return b""

    def _lines(self, records: Sequence[Record]) -> str:
        """The lines of some records."""
        rows = [row_of(record) for record in records]
        fields = self._of_record.fields(records) | self._of_row.fields(rows)
        for name, written in self._details.items():
            fields[name] = [written(row) for row in rows]
        lines = map(",".join, zip(*(fields[each.name] for each in self._columns), strict=True))

        return "".join([f"{line}\r\n" for line in lines])


class _Part:
    """The columns whose values stand in objects of one kind: in records, or in their rows."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._get = _getter([each.path for each in columns])

    def fields(self, objects: Sequence[Any]) -> dict[str, Sequence[str]]:
        """The fields of each column, by its name."""
        values = zip(*map(self._get, objects), strict=True)

        return {
            column.name: _FIELDS[column.kind](those)
            for column, those in zip(self._columns, values, strict=True)
        }


def _getter(paths: Sequence[str]) -> Callable[[Any], Sequence[Any]]:
    """What reads all *paths* of an object."""
    if len(paths) > 1:
        return attrgetter(*paths)
    gets = [attrgetter(path) for path in paths]

    return lambda it: [get(it) for get in gets]


def _texts(values: Sequence[str | None]) -> Sequence[str]:
    """Texts as inert fields."""
    texts = [text for text in values if text is not None]
    joined = ",".join(texts)
    # All at once: none is empty, has a comma or a quote, or has to be made inert.
    is_plain = joined.count(",") == len(texts) - 1 and '"' not in joined and "" not in texts
    if not texts or (is_plain and is_inert(joined)):
        return [text or "" for text in values]

    return list(map(_field, values))


def _objects(values: Sequence[msgspec.Raw]) -> Sequence[str]:
    """JSON as fields: on one line, and quoted."""
    texts = [bytes(raw).decode() for raw in values]
    if not is_printable("".join(texts)):
        texts = [inert_json(text) for text in texts]

    return list(map(_quoted, texts))


# How the values of a column are written.
_FIELDS: dict[str, _Fields] = {
    "text": _texts,
    "time": lambda times: list(map(iso_time, times)),
    "whole": lambda numbers: ["" if each is None else str(each) for each in numbers],
    "json": _objects,
}


def _detail(path: str) -> Callable[[Row], str]:
    read = at_path(path)

    def written(row: Row) -> str:
        json = read(row.details)
        if json is None:
            return ""
        text = text_of(json)
        # What is no text begins with a bracket, or is a number, true or false: nothing runs it.
        return _quoted(inert_json(json.decode())) if text is None else _field(text)

    return written


def _field(text: str | None) -> str:
    """Return *text* as an inert field."""
    if text is None:
        return ""

    return _quoted(inert(text)) if text else '""'


def _quoted(cell: str) -> str:
    """Return *cell* quoted if it must be (RFC 4180, 2.5 to 2.7).

    Half the time of ``csv.writer``, which looks at ``details`` a character at a time.
    """
    if '"' in cell:
        cell = cell.replace('"', '""')
        return f'"{cell}"'

    return f'"{cell}"' if "," in cell else cell
