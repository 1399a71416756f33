"""An entry as the row it becomes, and a batch of them as PostgreSQL is handed it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import msgspec

from ...event import Actor
from ...event import Entry
from ..address import pack
from ..tables import APPENDED

# So many bytes of JSON, about, are sent to the database at once.
PIECE = 1 << 20

_NOBODY = Actor()


def row_of(entry: Entry) -> tuple[Any, ...]:
    """Return the values of :data:`APPENDED`, in its order."""
    event = entry.event
    who = event.auth_details or _NOBODY

    return (
        event.uid,
        event.time,
        event.realm_id,
        event.organization_id,
        event.type,
        event.operation_type,
        event.resource_type,
        event.resource_path,
        event.error,
        who.user_id,
        who.username,
        who.client_id,
        pack(who.ip_address),
        who.session_id,
        event.request_id,
        event.source,
        event.token_id,
        entry.body,
        entry.salt,
        entry.digest,
    )


# Made and written in half the time that a dictionary takes; what is null is left out.
_Row = msgspec.defstruct(
    "_Row", [(str.__str__(name), Any, None) for name in APPENDED], omit_defaults=True, gc=False
)
_encode = msgspec.json.Encoder().encode


def pieces_of(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield the elements of a JSON array of rows, bytes in hex; one piece at least.

    With commas between them and brackets around, all pieces are the array.
    """
    rows: list[bytes] = []
    size = 0
    for entry in entries:
        if size >= PIECE:
            yield b",".join(rows).decode()
            rows, size = [], 0
        values = [v.hex() if type(v) is bytes else v for v in row_of(entry)]
        rows.append(_encode(_Row(*values)))
        size += len(rows[-1])
    yield b",".join(rows).decode()
