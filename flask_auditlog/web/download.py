"""An export, streamed: the same for the API and for the pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from flask import Response

from ..errors import AuditLogError
from ..errors import Busy
from ..event import Record
from ..export import Format
from ..export.taken import Taken
from ..logs import logger
from ..recorder import Context
from ..state import current
from ..state import request_context
from ..store import Query
from ..store import Scope
from .manifests import file_name
from .reads import record_read

# Seconds after which one that was refused may be asked for again.
AGAIN = 5

# Gives the address of a manifest, by the uid of the event that the export began with.
ManifestUrl = Callable[[str], str]


def download(
    wanted: Query | Sequence[Record],
    scope: Scope,
    kind: Format,
    reader: Context | None = None,
    *,
    columns: str | None = None,
    manifest_url: ManifestUrl | None = None,
) -> Response:
    """Return everything that a query finds, or these records, as a file that is sent while it is read.

    :param wanted: what is searched for, or records that were read within *scope*.
    :param reader: who takes it away; without it the host's current user.
    :param columns: those of a table, separated by commas; without, all.
    :param manifest_url: where what is known of it at its end can be had.
    :raises AuditLogError: as the store does, before the first byte.
    :raises Busy: when this process sends as many as it may.
    """
    layout = kind.layout(columns, positions=scope.shows_position)
    reader, taken = reader or request_context(), Taken()
    told: dict[str, Any] = {"format": kind.name} | (
        {"columns": columns.split(",")} if columns else {}
    )
    query = wanted if isinstance(wanted, Query) else None
    if not isinstance(wanted, Query):
        told["uids"] = [record.event.uid for record in wanted]
    with ExitStack() as held:
        _take_place(held)
        found = taken.passing(
            current().store.stream(wanted, scope) if isinstance(wanted, Query) else wanted
        )
        chunks = taken.written(kind.write(found, layout))
        # The first chunk is made here, while there is still a status to say what went wrong.
        first = next(chunks, b"")
        began = record_read(scope, "export", query, None, reader=reader, **told).uid
        end = _ending(scope, query, reader, taken, told | {"began": began})
        place = held.pop_all()

    response = Response(_all(first, chunks), content_type=kind.mimetype)
    name = file_name(scope.realm, time.time_ns() // 1_000_000, kind.name)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if began is not None and manifest_url is not None:
        response.headers["Link"] = f'<{manifest_url(began)}>; rel="describedby"'
    # Called by the server in every case: at the end, and when the reader hangs up.
    response.call_on_close(end)
    response.call_on_close(place.close)

    return response


def _take_place(held: ExitStack) -> None:
    """Be one of those that are sent now, for as long as *held* lasts."""
    state = current()
    if not held.enter_context(state.exporting.one_of(state.settings.limits.exports)):
        raise Busy(AGAIN, state.settings.rate_limit_status)


def _ending(
    scope: Scope, query: Query | None, reader: Context, taken: Taken, told: dict[str, Any]
) -> Callable[[], None]:
    """Return what records the end of an export."""
    app = current().app

    def end() -> None:
        facts = taken.facts(positions=scope.shows_position)
        with app.app_context():
            try:
                record_read(scope, "export", query, taken.records, reader=reader, **told, **facts)
            except AuditLogError:
                # The file is gone out, and its beginning is on record.
                logger.exception("The end of an export could not be recorded")

    return end


def _all(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from chunks
