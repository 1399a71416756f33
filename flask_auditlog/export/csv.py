"""CSV (RFC 4180): a table of records, for people and their spreadsheets.

UTF-8, a header, one record a line, fields quoted where they must be. Cells are made
inert, so they may differ from the record by an apostrophe or an escaped control
character: NDJSON is the exact copy.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from collections.abc import Iterator

import msgspec

from ..event import Actor
from ..event import Record
from .cells import inert
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
    details: msgspec.Raw = msgspec.Raw()


_decode = msgspec.json.Decoder(_Row).decode
_NOBODY = Actor()


def write(records: Iterable[Record], positions: bool) -> Iterator[bytes]:  # noqa: FBT001 (as in wire)
    """Yield *records* as CSV, in chunks; the header also when there are none."""
    return chunks(_lines(records, positions=positions))


def _lines(records: Iterable[Record], *, positions: bool) -> Iterator[str]:
    line = io.StringIO(newline="")
    put = csv.writer(line, lineterminator="\r\n").writerow
    put(("position", *COLUMNS) if positions else COLUMNS)
    for record in records:
        yield _take(line)
        cells = _cells(record)
        put((str(record.position), *cells) if positions else cells)
    yield _take(line)


def _take(line: io.StringIO) -> str:
    text = line.getvalue()
    line.seek(0)
    line.truncate()

    return text


def _cells(record: Record) -> list[str]:
    row = _decode(record.body)
    actor = row.auth_details or _NOBODY
    texts = (
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
        bytes(row.details).decode(),
        row.representation,
        actor.realm_id,
        row.traceparent,
        row.user_agent,
        row.token_id,
    )

    return [
        iso_time(record.received_time),
        iso_time(row.time),
        *(inert(text) if text else "" for text in texts),
    ]
