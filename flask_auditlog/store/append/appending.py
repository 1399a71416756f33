"""How one batch gets into the log, on each database: one transaction, positions under a lock."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from collections.abc import Sequence
from hashlib import sha256
from itertools import chain
from typing import Any
from typing import Protocol

import sqlalchemy as sa

from ...errors import AuditLogError
from ...errors import Conflict
from ...errors import KeyReused
from ...errors import SchemaMissing
from ...errors import StoreError
from ...errors import StoreUnavailable
from ...event import Entry
from ...event import Record
from ..promises import Appended
from ..promises import Key
from ..tables import APPENDED
from ..tables import KEEP_ANSWERS
from ..tables import SCHEMA
from .rows import pieces_of
from .rows import row_of

# libpq's PQTRANS_INTRANS and PQTRANS_INERROR; a connection that is gone has no transaction.
_BEGUN = {2, 3}

# Not the module's functions: their seed is the host's, who may count on what comes next.
_random = random.SystemRandom()


class Appender(Protocol):
    """Writes a batch through a DBAPI connection in autocommit mode."""

    def prepare(self, connection: Any) -> None:
        """Set the timeouts of a fresh connection."""

    def append(self, connection: Any, entries: Sequence[Entry], key: Key | None) -> Appended:
        """Add all or none of *entries*, in one transaction."""

    def explain(self, error: Exception) -> AuditLogError:
        """Return what an error of the driver means."""


def appender_for(engine: sa.Engine, *, write_seconds: float) -> Appender:
    """Return the way batches are written on the engine's database."""
    if engine.dialect.name == "postgresql":
        # Others, as psycopg2, do not tell what the first of two statements in a message gave.
        return PostgresAppender(write_seconds, in_pieces=engine.driver == "psycopg")
    return SqliteAppender(write_seconds)


def _record(entry: Entry, position: int, received: int, salt: bytes, digest: bytes) -> Record:
    return Record(
        position=position,
        received_time=received,
        time=entry.event.time,
        body=entry.body,
        salt=salt,
        digest=digest,
    )


class PostgresAppender:
    """One call of a function in the database; no lock is held while we think."""

    _SQL = f"SELECT * FROM {SCHEMA}.audit_append(%s::json, %s, %s, %s, %s, %s, %s)"  # noqa: S608 (a name of ours)
    # A piece waits in a setting of the transaction: that needs no table, and no right to make one.
    # It is not sent back.
    _WAIT = "SELECT set_config(%s, %s, true) IS NULL"
    # Both in one message: the lock is not held while we are told of the first.
    _APPEND_WAITING = f"""
        SELECT appended.* FROM
          (SELECT current_setting('auditlog.key')::json AS key) AS given,
          {SCHEMA}.audit_append(
            (SELECT '[' || string_agg(current_setting('auditlog.piece_' || n), ',' ORDER BY n) || ']'
             FROM generate_series(1, {{pieces}}) AS n)::json,
            {{expected}}, key->>0, key->>1, key->>2, key->>3, key->>4) AS appended;
        COMMIT"""  # noqa: S608
    _THERE = f"SELECT uid, position, received_time, salt, digest FROM {SCHEMA}.audit_record WHERE uid = ANY (%s::uuid[])"  # noqa: S608
    _MEANING: Mapping[str, tuple[type[AuditLogError], str | None]] = {
        "AL409": (Conflict, None),
        "AL422": (KeyReused, None),
        "42P01": (SchemaMissing, None),
        "3F000": (SchemaMissing, None),
        "42883": (SchemaMissing, None),
        "55P03": (StoreUnavailable, "The log was busy for too long. Try again."),
        "57014": (StoreUnavailable, "The log took too long to write. Try again."),
        "25P03": (StoreUnavailable, None),
        "53300": (StoreUnavailable, "The log's database has no connection left. Try again."),
    }

    def __init__(self, write_seconds: float, *, in_pieces: bool = True) -> None:
        self.in_pieces = in_pieces
        # PostgreSQL takes 0 for no limit at all.
        self.milliseconds = max(2, int(write_seconds * 1000))

    def prepare(self, connection: Any) -> None:
        """Bound every wait, and undo what a role or a database may be set to."""
        cursor = connection.cursor()
        for setting, value in (
            ("lock_timeout", self.milliseconds),
            ("statement_timeout", self.milliseconds * 2),
            # Of a holder of the lock that has stopped.
            ("idle_in_transaction_session_timeout", self.milliseconds // 2),
            # The plan made while the log was small is kept when it is large: then whoever
            # looks for a uid without the index reads all of it.
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
            # Under a stricter one the snapshot would be older than the lock.
            ("default_transaction_isolation", "'read committed'"),
        ):
            cursor.execute(f"SET {setting} = {value}")
        # What is told to be committed is on disk, at least of this machine.
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) "
            "WHERE current_setting('synchronous_commit') = 'off'"
        )
        cursor.close()

    def append(self, connection: Any, entries: Sequence[Entry], key: Key | None) -> Appended:
        """See :class:`Appender`."""
        cursor = connection.cursor()
        self._call(cursor, entries, _key_values(key))
        head, received, added, answer = cursor.fetchone()
        if answer is not None:
            records: list[Record] = []
        elif added == len(entries):
            places = enumerate(entries, start=head + 1)
            records = [_record(e, n, received, e.salt, e.digest) for n, e in places]
        else:
            # After the commit, without the lock: what is there will not change.
            cursor.execute(self._THERE, ([e.event.uid for e in entries],))
            there = {str(row[0]): row[1:] for row in cursor.fetchall()}
            records = [_record(e, *there[e.event.uid]) for e in entries]
        cursor.close()

        return Appended(records=tuple(records), answer=answer)

    def _call(self, cursor: Any, entries: Sequence[Entry], key: tuple[str | None, ...]) -> None:
        """Call the function. A batch of several pieces is never here as a whole: it would be
        there three times, as one text, as the driver's bytes and in what libpq sends.
        """
        pieces = pieces_of(entries)
        if not self.in_pieces:
            pieces = iter([",".join(pieces)])
        first, second = next(pieces), next(pieces, None)
        if second is None:
            cursor.execute(self._SQL, (f"[{first}]", len(entries), *key))
            return
        cursor.execute("BEGIN")
        try:
            sent = 0
            for piece in chain((first, second), pieces):
                sent += 1
                cursor.execute(self._WAIT, (f"auditlog.piece_{sent}", piece))
            cursor.execute(self._WAIT, ("auditlog.key", json.dumps(key)))
            cursor.execute(self._APPEND_WAITING.format(pieces=sent, expected=len(entries)))
        except Exception:
            if cursor.connection.info.transaction_status in _BEGUN:
                cursor.execute("ROLLBACK")
            raise

    def explain(self, error: Exception) -> AuditLogError:
        """See :class:`Appender`."""
        state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        kind, message = self._MEANING.get(state or "", (None, None))
        if kind is not None:
            return kind(message)
        if state is None or state[:2] in {"08", "57", "58", "53", "40"}:
            return StoreUnavailable()
        return StoreError(f"The log's database refused the events (SQLSTATE {state}).")


def _key_values(key: Key | None) -> tuple[str | None, ...]:
    if key is None:
        return (None,) * 5
    return (key.token_id, key.realm, key.value, key.request_digest.hex(), key.answer)


class SqliteAppender:
    """``BEGIN IMMEDIATE``, and a wait of our own where the file is busy.

    SQLite's own busy handler sleeps without fairness (some wait 100 times as long as
    others), and under gevent it stops every greenlet. ``time.sleep`` does not.
    """

    _NAMES = ", ".join(("position", "received_time", *APPENDED))
    _INSERT = f"INSERT INTO audit_record ({_NAMES}) VALUES (?, ?{', ?' * len(APPENDED)})"  # noqa: S608
    _KNOWN = "SELECT position, received_time, salt, digest FROM audit_record WHERE uid = ?"
    _HEAD = "SELECT position, received_time FROM audit_record ORDER BY position DESC LIMIT 1"

    def __init__(self, write_seconds: float) -> None:
        self.seconds = write_seconds

    def prepare(self, connection: Any) -> None:
        """Turn SQLite's own waiting off."""
        connection.execute("PRAGMA busy_timeout=0")

    def append(self, connection: Any, entries: Sequence[Entry], key: Key | None) -> Appended:
        """See :class:`Appender`."""
        self._patiently(connection, "BEGIN IMMEDIATE")
        try:
            done = self._append(connection, entries, key)
            self._patiently(connection, "COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

        return done

    def _append(self, connection: Any, entries: Sequence[Entry], key: Key | None) -> Appended:
        now = time.time_ns() // 1_000_000
        if key is not None and (answer := _answer(connection, key, now)) is not None:
            return Appended(records=(), answer=answer)
        head, head_time = connection.execute(self._HEAD).fetchone() or (0, 0)
        received = max(now, head_time)
        records: list[Record] = []
        rows: list[tuple[Any, ...]] = []
        for entry in entries:
            known = connection.execute(self._KNOWN, (entry.event.uid,)).fetchone()
            if known is None:
                position = head + len(rows) + 1
                rows.append((position, received, *row_of(entry)))
                known = (position, received, entry.salt, entry.digest)
            elif sha256(known[2] + entry.body.encode()).digest() != known[3]:
                raise Conflict
            records.append(_record(entry, *known))
        connection.executemany(self._INSERT, rows)

        return Appended(records=tuple(records))

    def _patiently(self, connection: Any, statement: str) -> None:
        """Run *statement*; while another writes, wait a little and try again."""
        deadline = time.monotonic() + self.seconds
        pause = 0.0002
        while True:
            try:
                connection.execute(statement)
            except Exception as error:
                if not _is_busy(error) or time.monotonic() > deadline:
                    raise
            else:
                return
            # Random, so that those who wait do not wake together; short, so that whoever
            # came last is not always the one who finds the file free.
            time.sleep(pause * _random.uniform(0.5, 1.5))
            pause = min(pause * 1.5, 0.005)

    def explain(self, error: Exception) -> AuditLogError:
        """See :class:`Appender`."""
        if _is_busy(error):
            return StoreUnavailable("The log was busy for too long. Try again.")
        text = str(error)
        if "no such table" in text:
            return SchemaMissing()
        if type(error).__name__ == "OperationalError":
            return StoreUnavailable(f"The log's file cannot be written: {text}.")
        return StoreError(f"The log's database refused the events: {text}.")


def _is_busy(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {5, 6}  # SQLITE_BUSY, SQLITE_LOCKED


def _answer(connection: Any, key: Key, now: int) -> str | None:
    """Return the first answer to this key, or note that this is the first."""
    connection.execute("DELETE FROM audit_answer WHERE created_time < ?", (now - KEEP_ANSWERS,))
    name = (key.token_id, key.realm, key.value)
    known = connection.execute(
        "SELECT request_digest, answer FROM audit_answer "
        "WHERE token_id = ? AND realm = ? AND key = ?",
        name,
    ).fetchone()
    if known is None:
        connection.execute(
            "INSERT INTO audit_answer VALUES (?, ?, ?, ?, ?, ?)",
            (*name, key.request_digest, key.answer, now),
        )
        return None
    if known[0] != key.request_digest:
        raise KeyReused

    return str(known[1])
