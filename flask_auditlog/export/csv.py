"""CSV (RFC 4180): a table of records, for people and their spreadsheets.

UTF-8, a header, one record a line, fields quoted where they must be. Cells are made
inert, so they may differ from the record by an apostrophe or an escaped control
character: NDJSON is the exact copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

import msgspec

from ..event import Actor
from ..event import Record
from .cells import inert
from .cells import is_inert
from .cells import iso_time
from .chunks import chunks

# In this order for ever; new columns are added at the end. `position` comes first, where
# the reader may see it.
COLUMNS = (
    "received_time",
    "time",
    "type",
    "realm",
    "organization",
    "user",
    "username",
    "client",
    "ip",
    "session",
    "operation",
    "resource_type",
    "resource_path",
    "error",
    "request",
    "source",
    "uid",
    "details",
    "representation",
    "actor_realm",
    "traceparent",
    "user_agent",
    "token",
    "type_version",
)


class _Row(msgspec.Struct, rename="camel"):
    """The body as the table needs it: ``details`` stays the text it is."""

    uid: str = ""
    time: int | None = None
    realm_id: str | None = None
    organization_id: str | None = None
    type: str | None = None
    operation_type: str | None = None
    resource_type: str | None = None
    resource_path: str | None = None
    representation: str | None = None
    error: str | None = None
    auth_details: Actor | None = None
    request_id: str | None = None
    traceparent: str | None = None
    user_agent: str | None = None
    source: str | None = None
    token_id: str | None = None
    type_version: int | None = None
    details: msgspec.Raw = msgspec.Raw()


_decode = msgspec.json.Decoder(_Row).decode
_NOBODY = Actor()


def write(records: Iterable[Record], positions: bool) -> Iterator[bytes]:  # noqa: FBT001 (as in wire)
    """Yield *records* as CSV, in chunks; the header also when there are none."""
    return chunks(_lines(records, positions=positions))


def _lines(records: Iterable[Record], *, positions: bool) -> Iterator[str]:
    yield f"{','.join(('position', *COLUMNS) if positions else COLUMNS)}\r\n"
    for record in records:
        line = _line(record)
        yield f"{record.position},{line}" if positions else line


def _line(record: Record) -> str:
    row = _decode(record.body)
    actor = row.auth_details or _NOBODY
    first = (
        row.type,
        row.realm_id,
        row.organization_id,
        actor.user_id,
        actor.username,
        actor.client_id,
        actor.ip_address,
        actor.session_id,
        row.operation_type,
        row.resource_type,
        row.resource_path,
        row.error,
        row.request_id,
        row.source,
        row.uid,
    )
    last = (
        row.representation,
        actor.realm_id,
        row.traceparent,
        row.user_agent,
        row.token_id,
        str(row.type_version or ""),
    )
    times = f"{iso_time(record.received_time)},{iso_time(row.time)}"

    return f"{times},{_fields(first)},{_field(bytes(row.details).decode())},{_fields(last)}\r\n"


def _fields(texts: Sequence[str | None]) -> str:
    """Return *texts* as fields. Most need no care, and all are seen at once not to."""
    plain = ",".join([text or "" for text in texts])
    if plain.count(",") == len(texts) - 1 and '"' not in plain and is_inert(plain):
        return plain

    return ",".join([_field(text) if text else "" for text in texts])


def _field(text: str) -> str:
    """Return *text* as an inert field, quoted if it must be (RFC 4180, 2.5 to 2.7).

    Half the time of ``csv.writer``, which looks at ``details`` a character at a time.
    """
    cell = inert(text)
    if '"' in cell:
        cell = cell.replace('"', '""')
        return f'"{cell}"'

    return f'"{cell}"' if "," in cell else cell
