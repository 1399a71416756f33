"""Records as a table: all values of a column, then those of the next.

Whoever writes records down has some at once, and column by column takes less time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ..event import Actor
from .chunks import Block
from .columns import Column
from .columns import Row
from .details import at_path

_decode = msgspec.json.Decoder(Row).decode


class Table:
    """The table with these columns."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self._details = {each.path: at_path(each.path) for each in columns if each.kind == "detail"}

    def values(self, block: Block) -> Sequence[Sequence[Any]]:
        """The values of each column.

        Text as it is, times and whole numbers as ``int``, JSON as ``bytes`` or ``Raw``; ``None``
        where there is none.
        """
        values = _by_field(Row, [_decode(record.body) for record in block])
        for name, those in _by_field(Actor, values["auth_details"]).items():
            values[f"auth_details.{name}"] = those
        values["position"] = [record.position for record in block]
        values["received_time"] = [record.received_time for record in block]
        details = values["details"]

        return [
            list(map(self._details[each.path], details))
            if each.kind == "detail"
            else values[each.path]
            for each in self.columns
        ]


def _by_field(struct: type[msgspec.Struct], rows: Sequence[Any]) -> dict[str, Sequence[Any]]:
    return dict(
        zip(
            struct.__struct_fields__,
            zip(*map(msgspec.structs.astuple, rows), strict=True),
            strict=True,
        )
    )
