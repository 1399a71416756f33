"""One export in the making: from where it stands to its end, in steps that a death may interrupt."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import msgspec

from ...event import Actor
from ...export import Format
from ...export import format_of
from ...export.taken import Taken
from ...recorder import Context
from ...store import Query
from ...store import Store
from ...store.promises.files import File
from ..args import query_from
from ..reads import record_read

# A chunk ends with so many bytes, or when so many seconds have passed.
CHUNK, SECONDS = 1024 * 1024, 0.5
# So long nobody else goes on with it: a page of records may take as long as a search.
LEASE = 60.0


class Making:
    """A file that is ours for now.

    :param hours: how long it may be fetched, once it is made.
    """

    def __init__(self, store: Store, file: File, *, hours: float) -> None:
        self._store = store
        self._hours = hours
        self._format: Format = format_of(file.format)
        self._query = query_of(file)
        self.file: File | None = file
        # Whether it has come further here.
        self.has_written = False
        self._hashed = 0
        self._parts: Iterator[bytes] | None = None
        self._taken = Taken()

    def step(self) -> bool:
        """Go on for a moment; return whether there is more to do.

        :raises AuditLogError: when it cannot go on now.
        """
        file = self.file
        if file is None:
            return False
        if self._parts is None:
            self.file = self._begun(file)
        else:
            self.file = self._written(file, self._parts)
            self.has_written = True

        return self.file is not None and self.file.state == "running"

    def _begun(self, file: File) -> File | None:
        """Read again what was written before, piece by piece; then make ready to go on."""
        files = self._store.files
        if file.chunks and not self._format.resumes:
            return files.restart(file)
        if self._hashed == 0:
            self._taken = _known(file)
        until = time.monotonic() + SECONDS
        while self._hashed < file.chunks:
            data = files.chunk(file, self._hashed)
            if data is None:
                # Somebody let it go.
                return None
            self._taken.hash(data)
            self._hashed += 1
            if time.monotonic() > until:
                return files.save(file, seconds=LEASE)
        layout = self._format.layout(file.columns, positions=file.scope.shows_position)
        writer = self._format.writer(layout, file.records)
        blocks = self._taken.passing(files.records(file, self._query))

        def parts() -> Iterator[bytes]:
            # The header goes with the first records: a file without any has no chunk yet.
            held = b"" if file.chunks else writer.head()
            for part in writer.body(blocks):
                yield held + part
                held = b""
            yield held + writer.foot()

        self._parts = self._taken.written(parts())

        return file

    def _written(self, file: File, parts: Iterator[bytes]) -> File | None:
        """Write a chunk, and with the last one the end."""
        held = bytearray()
        until = time.monotonic() + SECONDS
        for part in parts:
            held += part
            # What stands behind the last record is written with the end, and not before.
            is_full = len(held) >= CHUNK or time.monotonic() > until
            if is_full and not self._taken.complete:
                return self._store.files.save(
                    file, seconds=LEASE, chunk=bytes(held), **self._progress()
                )

        return self._ended(file, bytes(held))

    def _progress(self) -> dict[str, Any]:
        taken = self._taken
        low, high = taken.positions or (None, None)
        changes: dict[str, Any] = {
            "records": taken.records,
            "bytes": taken.bytes,
            "newest_time": taken.newest_time,
            "first_position": low,
            "last_position": high,
            "failures": 0,
            "error": None,
        }
        if taken.last is not None:
            changes["cursor_time"] = taken.last.time
            changes["cursor_position"] = taken.last.position

        return changes

    def _ended(self, file: File, chunk: bytes) -> File | None:
        """The log says that it was made; then, with its last chunk, the file may be fetched.

        Who dies in between leaves it to the next, who writes that chunk once more.
        """
        progress = self._progress()
        facts = self._taken.facts(positions=file.scope.shows_position, oldest_time=file.cursor_time)
        note_end(msgspec.structs.replace(file, **progress), self._query, facts)

        return self._store.files.finish(
            file,
            chunk=chunk or None,
            state="done",
            sha256=self._taken.sha256,
            expires=self._hours * 3600,
            **progress,
        )


def _known(file: File) -> Taken:
    low, high = file.first_position, file.last_position

    return Taken(
        records=file.records,
        size=file.bytes,
        newest_time=file.newest_time,
        positions=None if low is None or high is None else (low, high),
    )


def query_of(file: File) -> Query:
    """Return what is searched for. :raises QueryError: when it cannot be read any more."""
    return query_from(msgspec.json.decode(file.query), also=())


def note_end(file: File, query: Query, facts: dict[str, Any]) -> None:
    """Record how an export ended. :raises StoreUnavailable: when it cannot be recorded."""
    told: dict[str, Any] = {"format": file.format, "export": file.id, "began": file.began}
    if file.columns:
        told["columns"] = file.columns.split(",")
    record_read(file.scope, "export", query, file.records, reader=context_of(file), **told, **facts)


def context_of(file: File) -> Context:
    """Return who asked for it, as the context of what is done for them."""
    return Context(
        realm=file.realm,
        source="system",
        actor=msgspec.json.decode(file.actor, type=Actor),
        organization_id=file.organization_id,
        request_id=file.request_id,
    )
