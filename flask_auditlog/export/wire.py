"""A record as everyone outside gets it: the API, the exports, and whoever reads the log."""

from __future__ import annotations

from ..event import Copy


def wire(record: Copy, positions: bool) -> str:  # noqa: FBT001 (one flag, the scope's)
    """Return the record as one line of JSON, without a line break.

    The stored body as it is, to the byte, with ``position`` and ``receivedTime`` behind
    it as its last keys. *positions* is ``scope.shows_position``: without it there is no
    ``position``, which would tell the volume of other organizations.
    """
    comma = "" if record.body == "{}" else ","
    position = f'"position":{record.position},' if positions else ""

    return f'{record.body[:-1]}{comma}{position}"receivedTime":{record.received_time}}}'
