"""Exports in the making, and made: see :mod:`.files`."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from ...errors import Conflict
from ...errors import NotFound
from ...event import Copy
from ..promises.files import File
from ..query import Query
from ..query import Scope
from ..search.cursor import Cursor
from ..search.reader import head
from ..search.reader import Reader
from ..tables import metadata
from ..tables import Text
from ..writing import read_now
from ..writing import writing

export = sa.Table(
    "audit_export",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("realm", Text, nullable=False),
    sa.Column("organization_id", Text),
    sa.Column("owner", Text, nullable=False, index=True),
    sa.Column("actor", Text, nullable=False),
    sa.Column("request_id", Text),
    sa.Column("format", Text, nullable=False),
    sa.Column("columns", Text),
    sa.Column("query", Text, nullable=False),
    sa.Column("asked", Text, nullable=False),
    sa.Column("began", Text),
    sa.Column("state", Text, nullable=False),
    sa.Column("pin", sa.BigInteger, nullable=False),
    sa.Column("now", sa.BigInteger, nullable=False),
    sa.Column("planned", sa.BigInteger),
    sa.Column("records", sa.BigInteger, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("chunks", sa.Integer, nullable=False),
    sa.Column("cursor_time", sa.BigInteger),
    sa.Column("cursor_position", sa.BigInteger),
    sa.Column("newest_time", sa.BigInteger),
    sa.Column("first_position", sa.BigInteger),
    sa.Column("last_position", sa.BigInteger),
    sa.Column("sha256", Text),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("error", Text),
    # Whose it is, and until when; without one, when it may be claimed.
    sa.Column("lease", Text),
    sa.Column("lease_time", sa.BigInteger, nullable=False),
    sa.Column("created_time", sa.BigInteger, nullable=False),
    sa.Column("finished_time", sa.BigInteger),
    sa.Column("expires_time", sa.BigInteger),
)

chunk = sa.Table(
    "audit_export_chunk",
    metadata,
    sa.Column("export_id", Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    # Compressed, by zlib.
    sa.Column("data", sa.LargeBinary, nullable=False),
)

_DAY = 24 * 3600 * 1000
# The quickest: JSON becomes a seventh.
_LEVEL = 1


class SqlFiles:
    """See :class:`.files.Files`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def begin(self, file: File, *, most: int) -> File:
        """See :meth:`.files.Files.begin`."""
        with writing(self._reader) as connection:
            mine = sa.select(sa.func.count()).where(
                export.c.owner == file.owner, export.c.state == "running"
            )
            if (connection.scalar(mine) or 0) >= most:
                raise Conflict("So many exports of yours are being made already. Wait for one.")
            now = read_now(connection)
            made = msgspec.structs.replace(
                file, pin=head(connection), now=now, created_time=now, lease_time=now
            )
            connection.execute(sa.insert(export), msgspec.structs.asdict(made))

        return made

    def mine(self, owner: str, scope: Scope, *, limit: int) -> list[File]:
        """See :meth:`.files.Files.mine`."""
        statement = (
            sa.select(*export.c)
            .where(*_of(owner, scope))
            .order_by(export.c.created_time.desc(), export.c.id.desc())
            .limit(limit)
        )
        with self._reader.connect() as connection:
            return [File(**row) for row in connection.execute(statement).mappings()]

    def get(self, file_id: str, owner: str, scope: Scope) -> File | None:
        """See :meth:`.files.Files.get`."""
        with self._reader.connect() as connection:
            return _one(connection, export.c.id == file_id, *_of(owner, scope))

    def cancel(self, file_id: str, owner: str, scope: Scope) -> File:
        """See :meth:`.files.Files.cancel`."""
        with writing(self._reader) as connection:
            mine = (export.c.id == file_id, *_of(owner, scope))
            if _one(connection, *mine) is None:
                raise NotFound("There is no such export.")
            ended = {"state": "cancelled", "query": "{}", "lease": None}
            connection.execute(
                sa.update(export)
                .where(*mine, export.c.state.in_(("running", "done")))
                .values(finished_time=read_now(connection), **ended)
            )
            (row,) = connection.execute(sa.select(*export.c).where(*mine)).mappings()

        return File(**row)

    def due_in(self) -> float | None:
        """See :meth:`.files.Files.due_in`."""
        soonest = sa.select(sa.func.min(export.c.lease_time)).where(export.c.state == "running")
        with self._reader.connect() as connection:
            due = connection.scalar(soonest)
            return None if due is None else max(0.0, (due - read_now(connection)) / 1000)

    def claim(self, lease: str, *, seconds: float) -> File | None:
        """See :meth:`.files.Files.claim`."""
        # Read first: nobody waits for a lock to learn that there is nothing to do.
        if self.due_in() != 0:
            return None
        with writing(self._reader) as connection:
            now = read_now(connection)
            oldest = sa.select(export.c.id).where(*_due(now)).order_by(export.c.created_time)
            found = connection.scalar(oldest.limit(1).with_for_update(skip_locked=True))
            if found is None:
                return None
            until = now + int(seconds * 1000)
            held = sa.update(export).where(export.c.id == found)
            connection.execute(held.values(lease=lease, lease_time=until))

            return _one(connection, export.c.id == found)

    def records(self, file: File, query: Query) -> Iterator[Copy]:
        """See :meth:`.files.Files.records`."""
        after = None
        if file.cursor_time is not None and file.cursor_position is not None:
            after = Cursor(
                time=file.cursor_time, position=file.cursor_position, pin=file.pin, now=file.now
            )

        return self._reader.stream_behind(query, file.scope, after, pin=file.pin, now=file.now)

    def save(
        self, file: File, *, seconds: float, chunk: bytes | None = None, **changes: Any
    ) -> File | None:
        """See :meth:`.files.Files.save`."""
        with writing(self._reader) as connection:
            changes["lease_time"] = read_now(connection) + int(seconds * 1000)

            return _changed(connection, file, changes, chunk)

    def finish(
        self,
        file: File,
        *,
        expires: float | None = None,
        chunk: bytes | None = None,
        **changes: Any,
    ) -> File | None:
        """See :meth:`.files.Files.finish`."""
        with writing(self._reader) as connection:
            now = read_now(connection)
            if expires is not None:
                changes["expires_time"] = now + int(expires * 1000)
            ended = {"finished_time": now, "query": "{}", "lease": None, **changes}

            return _changed(connection, file, ended, chunk)

    def restart(self, file: File) -> File | None:
        """See :meth:`.files.Files.restart`."""
        nothing = dict.fromkeys(
            ("cursor_time", "cursor_position", "newest_time", "first_position", "last_position")
        )
        with writing(self._reader) as connection:
            begun = _changed(connection, file, {"records": 0, "bytes": 0, "chunks": 0, **nothing})
            if begun is not None:
                connection.execute(sa.delete(chunk).where(chunk.c.export_id == file.id))

        return begun

    def chunk(self, file: File, number: int) -> bytes | None:
        """See :meth:`.files.Files.chunk`."""
        mine = sa.select(chunk.c.data).where(chunk.c.export_id == file.id, chunk.c.number == number)
        with self._reader.connect() as connection:
            found = connection.scalar(mine)

        return zlib.decompress(found) if found is not None else None

    def prune(self, *, days: int, limit: int) -> int:
        """See :meth:`.files.Files.prune`."""
        with writing(self._reader) as connection:
            now = read_now(connection)
            over = sa.select(export.c.id).where(
                sa.or_(export.c.state.in_(("cancelled", "failed")), export.c.expires_time <= now)
            )
            gone = connection.execute(_some_chunks(chunk.c.export_id.in_(over), limit)).rowcount
            old = export.c.finished_time < now - days * _DAY
            left = sa.exists().where(chunk.c.export_id == export.c.id)
            gone += connection.execute(sa.delete(export).where(old, ~left)).rowcount

        return gone


def _of(owner: str, scope: Scope) -> tuple[sa.ColumnElement[bool], ...]:
    """Whose, and seen by whom: who sees the whole realm now may have seen less then."""
    seen = (export.c.owner == owner, export.c.realm == scope.realm)
    if scope.organization_id is None:
        return seen

    return (*seen, export.c.organization_id == scope.organization_id)


def _due(now: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (export.c.state == "running", export.c.lease_time <= now)


def _one(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> File | None:
    row = connection.execute(sa.select(*export.c).where(*conditions)).mappings().one_or_none()

    return File(**row) if row is not None else None


def _changed(
    connection: sa.Connection, file: File, changes: dict[str, Any], data: bytes | None = None
) -> File | None:
    """Change a file, and add a chunk, if it is still whose it was and not cancelled."""
    if data is not None:
        changes["chunks"] = file.chunks + 1
    mine = sa.update(export).where(
        export.c.id == file.id, export.c.lease == file.lease, export.c.state == "running"
    )
    if connection.execute(mine.values(**changes)).rowcount != 1:
        return None
    if data is not None:
        _add(connection, file, data)

    return msgspec.structs.replace(file, **changes)


def _add(connection: sa.Connection, file: File, data: bytes) -> None:
    values = {
        "export_id": file.id,
        "number": file.chunks,
        "data": zlib.compress(data, _LEVEL),
    }
    connection.execute(sa.insert(chunk), values)


def _some_chunks(condition: sa.ColumnElement[bool], limit: int) -> sa.Delete:
    """Remove at most so many: a statement has its time."""
    key = sa.tuple_(chunk.c.export_id, chunk.c.number)
    some = sa.select(chunk.c.export_id, chunk.c.number).where(condition).limit(limit)

    return sa.delete(chunk).where(key.in_(some))
