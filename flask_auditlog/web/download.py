"""An export, streamed: the same for the API and for the pages."""

from __future__ import annotations

import time
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

from flask import Response

from ..errors import AuditLogError
from ..errors import QueryError
from ..event import Record
from ..export import Format
from ..export import FORMATS
from ..logs import logger
from ..recorder import Context
from ..state import current
from ..state import request_context
from ..store import Query
from ..store import Scope
from .reads import record_read


def format_of(name: str | None) -> Format:
    """Return the format of this name. :raises QueryError: when there is none."""
    found = FORMATS.get(name or "")
    if found is None:
        raise QueryError(f"`format` must be one of {', '.join(FORMATS)}.", field="format")
    return found


def download(query: Query, scope: Scope, kind: Format, reader: Context | None = None) -> Response:
    """Return everything that *query* finds, as a file that is sent while it is read.

    :param reader: who takes it away; without it the host's current user.
    :raises AuditLogError: as the store does, before the first byte.
    """
    state = current()
    reader = reader or request_context()
    found = _Counted(state.store.stream(query, scope))
    chunks = kind.write(found, scope.shows_position)
    # The first chunk is made here, while there is still a status to say what went wrong.
    first = next(chunks, b"")
    receipt = record_read(scope, "export", query, None, reader=reader, format=kind.name)

    def end() -> None:
        given: dict[str, Any] = {"format": kind.name, "complete": found.complete}
        with state.app.app_context():
            try:
                record_read(
                    scope, "export", query, found.count, reader=reader, began=receipt.uid, **given
                )
            except AuditLogError:
                # The file is gone out, and its beginning is on record.
                logger.exception("The end of an export could not be recorded")

    name = f"audit-log-{scope.realm}-{time.strftime('%Y-%m-%d', time.gmtime())}.{kind.extension}"
    response = Response(_all(first, chunks), content_type=kind.mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    # Called by the server in every case: at the end, and when the reader hangs up.
    response.call_on_close(end)

    return response


class _Counted:
    """Records, counted as they pass."""

    def __init__(self, records: Iterator[Record]) -> None:
        self._records = records
        self.count = 0
        self.complete = False

    def __iter__(self) -> Iterator[Record]:
        for record in self._records:
            self.count += 1
            yield record
        self.complete = True


def _all(first: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from chunks
