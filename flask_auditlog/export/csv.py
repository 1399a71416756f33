"""CSV (RFC 4180): a table of records, for people and their spreadsheets.

UTF-8, a header, one record a line, fields quoted where they must be. Cells are made
inert: one that had to be changed begins with an apostrophe (see ``cells``). An empty text
is quoted, and what is not there is not, as PostgreSQL has it. So ``rows`` reads back what
was written. A table of one column has quotes in either case: it would have empty lines.

Whether a text needs care is asked of all texts of a column in some records together, and
nearly none does.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import msgspec

from .cells import inert
from .cells import inert_json
from .cells import is_inert
from .cells import is_inert_json
from .cells import iso_time
from .chunks import Block
from .chunks import chunks
from .columns import Layout
from .details import text_of
from .table import Table

# The fields of a column, of its values in some records.
_Fields = Callable[[Sequence[Any]], Sequence[str]]


class Writer:
    """See :class:`.Writer`."""

    def __init__(self, layout: Layout, written: int) -> None:
        self._table = Table(layout.columns)
        self._fields = [_FIELDS[column.kind] for column in layout.columns]
        self._is_begun = written > 0

    def head(self) -> bytes:
        """The header, also of a file without records."""
        if self._is_begun:
            return b""

        return f"{','.join(column.name for column in self._table.columns)}\r\n".encode()

    def body(self, blocks: Iterable[Block]) -> Iterator[bytes]:
        """One line for each record."""
        return chunks(map(self._lines, blocks))

    def foot(self) -> bytes:
        """Nothing."""
        return b""

    def _lines(self, block: Block) -> str:
        values = self._table.values(block)
        fields = [written(those) for written, those in zip(self._fields, values, strict=True)]
        if len(fields) == 1:
            # Many who read a table leave out an empty line.
            fields = [[field or '""' for field in fields[0]]]
        lines = map(",".join, zip(*fields, strict=True))

        return "\r\n".join([*lines, ""])


def _texts(values: Sequence[str | None]) -> Sequence[str]:
    """Texts as inert fields."""
    if _are_one(values):
        return [_field(values[0])] * len(values)
    texts: Sequence[Any] = values
    if None in values:
        texts = [text for text in values if text is not None]
    # All at once: none is empty, has a comma or a quote, or has to be made inert.
    joined = ",".join(texts)
    is_plain = joined.count(",") == len(texts) - 1 and '"' not in joined and "" not in texts
    if is_plain and is_inert(joined):
        return texts if texts is values else [text or "" for text in values]
    # What has to be looked at one by one is often the same, as a user agent is.
    fields = {text: _field(text) for text in set(values)}

    return [fields[text] for text in values]


def _objects(values: Sequence[msgspec.Raw]) -> Sequence[str]:
    """JSON as fields: on one line, and quoted."""
    texts: Iterable[str] = [bytes(raw).decode() for raw in values]
    if not is_inert_json("".join(texts)):
        texts = map(inert_json, texts)

    return list(map(_quoted, texts))


def _times(values: Sequence[int | None]) -> Sequence[str]:
    """Times as fields. What came in one batch was received at one time."""
    if _are_one(values):
        return [iso_time(values[0])] * len(values)

    return list(map(iso_time, values))


def _are_one(values: Sequence[Any]) -> bool:
    """Whether they are all equal. Most that are not differ at their ends already."""
    return bool(values[0] == values[-1] and values.count(values[0]) == len(values))


def _details(values: Sequence[bytes | None]) -> Sequence[str]:
    """What stands at a path of the details, which is JSON of any type, as fields."""
    return list(map(_detail, values))


def _detail(json: bytes | None) -> str:
    if json is None:
        return ""
    text = text_of(json)

    # What is no text begins with a bracket, or is a number, true or false: nothing runs it.
    return _quoted(inert_json(json.decode())) if text is None else _field(text)


# How the values of a column are written.
_FIELDS: dict[str, _Fields] = {
    "text": _texts,
    "time": _times,
    "whole": lambda numbers: ["" if each is None else str(each) for each in numbers],
    "json": _objects,
    "detail": _details,
}


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
