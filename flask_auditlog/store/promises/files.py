"""Exports that are too large to wait for: files that are made in the background. In words.

A file is a row, and its bytes are chunks beside it, in the log's database: so it is there for
every process of every machine, and goes with what it is a copy of. Each step adds a chunk and
moves the cursor in one transaction, so a process that dies in between loses nothing and doubles
nothing. Times are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from typing import Literal
from typing import Protocol

import msgspec

from ...event import Copy
from ..query import Query
from ..query import Scope

FileState = Literal["running", "done", "failed", "cancelled"]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """An export, and how far it has come.

    It shows the log as it was when it began: up to the position ``pin``, and ``now`` is what
    ``-7d`` is counted from. ``owner`` may have it, within its realm and organization. ``actor``
    is the JSON of who that was. ``query`` is what is searched for, as its maker wrote it down,
    and is forgotten at the end; ``asked`` is the same without secrets.

    ``planned`` is how many records there will be, if that is known. ``cursor_time`` and
    ``cursor_position`` are those of the last record. ``times`` and ``positions`` are the first
    and the last of the records. ``failures`` counts those in a row.

    ``began`` is the uid of the event that says so.
    """

    id: str
    realm: str
    organization_id: str | None = None
    owner: str
    actor: str
    request_id: str | None = None
    format: str
    columns: str | None = None
    query: str
    asked: str
    began: str | None = None
    state: FileState = "running"
    pin: int = 0
    now: int = 0
    planned: int | None = None
    records: int = 0
    bytes: int = 0
    chunks: int = 0
    cursor_time: int | None = None
    cursor_position: int | None = None
    newest_time: int | None = None
    first_position: int | None = None
    last_position: int | None = None
    sha256: str | None = None
    failures: int = 0
    error: str | None = None
    lease: str | None = None
    lease_time: int = 0
    created_time: int = 0
    finished_time: int | None = None
    expires_time: int | None = None

    @property
    def scope(self) -> Scope:
        """What its owner could see when it was asked for, and so what it holds."""
        return Scope(realm=self.realm, organization_id=self.organization_id)


class Files(Protocol):
    """Exports in the making, and made. What is not the owner's, and within scope, is not there."""

    def begin(self, file: File, *, most: int) -> File:
        """Begin a file; return it with the times and the pin of the database.

        :raises Conflict: when the owner has *most* already that are being made.
        """

    def mine(self, owner: str, scope: Scope, *, limit: int) -> list[File]:
        """The newest of an owner."""

    def get(self, file_id: str, owner: str, scope: Scope) -> File | None:
        """One of an owner."""

    def cancel(self, file_id: str, owner: str, scope: Scope) -> File:
        """End a file, or let go what is made. :raises NotFound: when there is none."""

    def due_in(self) -> float | None:
        """In how many seconds there is one to go on with, 0 for now; ``None`` when there is none."""

    def claim(self, lease: str, *, seconds: float) -> File | None:
        """The oldest that nobody is at, for so long; ``None`` when there is none."""

    def records(self, file: File, query: Query) -> Iterator[Copy]:
        """The records behind the file's cursor, in the order of pages."""

    def save(
        self, file: File, *, seconds: float, chunk: bytes | None = None, **changes: Any
    ) -> File | None:
        """Change a file, add a chunk, and hold it for so long; return it as it is then.

        ``None`` when it is another's by now, or cancelled: then nothing is changed.
        """

    def finish(
        self,
        file: File,
        *,
        expires: float | None = None,
        chunk: bytes | None = None,
        **changes: Any,
    ) -> File | None:
        """Say how a file ended, as :meth:`save` does. It expires after so many seconds."""

    def restart(self, file: File) -> File | None:
        """Forget all of its chunks; ``None`` as :meth:`save`."""

    def chunk(self, file: File, number: int) -> bytes | None:
        """A chunk, counted from 0."""

    def prune(self, *, days: int, limit: int) -> int:
        """Remove chunks that nobody may have any more, and what ended long ago; say how many."""
