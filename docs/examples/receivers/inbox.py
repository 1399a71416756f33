"""What has come and is to be worked on: one table, which belongs beside your own data."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

logger = logging.getLogger(__name__)

# Does what an event is worth to you; what it writes over the connection is committed with it.
Handle = Callable[[sqlite3.Connection, dict[str, Any]], None]

# `due` is when it is worked on, `done` when that was; in seconds.
_TABLE = """
CREATE TABLE IF NOT EXISTS webhook_inbox (
    id TEXT PRIMARY KEY, body BLOB NOT NULL, due REAL NOT NULL, done REAL
);
CREATE INDEX IF NOT EXISTS ix_webhook_inbox ON webhook_inbox (done, due);
"""
# Seconds until what failed is tried again.
PAUSE = 60.0
DAY = 24 * 3600.0


class Inbox:
    """An inbox in a file of SQLite. Any number of processes may put in and work."""

    def __init__(self, path: str) -> None:
        self._path = path
        with closing(self._connect()) as connection:
            connection.executescript(_TABLE)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=5.0)

    def keep(self, id_: str, body: bytes) -> bool:
        """Keep what came; return whether it is new. It is on disk when this returns."""
        with closing(self._connect()) as connection, connection:
            added = connection.execute(
                "INSERT INTO webhook_inbox VALUES (?, ?, ?, NULL) ON CONFLICT DO NOTHING",
                (id_, body, time.time()),
            )
            return added.rowcount == 1

    def work(self, handle: Handle) -> int:
        """Handle what waits; return how much that was. What fails is tried again later."""
        count = 0
        with closing(self._connect()) as connection:
            waiting = connection.execute(
                "SELECT id, body FROM webhook_inbox WHERE done IS NULL AND due <= ? "
                "ORDER BY due LIMIT 100",
                (time.time(),),
            ).fetchall()
            for id_, body in waiting:
                try:
                    count += _handle(connection, id_, body, handle)
                except Exception:
                    logger.exception("the event of %s could not be handled", id_)
                    with connection:
                        connection.execute(
                            "UPDATE webhook_inbox SET due = ? WHERE id = ?",
                            (time.time() + PAUSE, id_),
                        )
        return count

    def forget(self, *, days: float = 30) -> None:
        """Remove what was done long ago. After that a repetition of it is new again."""
        with closing(self._connect()) as connection, connection:
            connection.execute(
                "DELETE FROM webhook_inbox WHERE done < ?", (time.time() - days * DAY,)
            )


def _handle(connection: sqlite3.Connection, id_: str, body: bytes, handle: Handle) -> int:
    # One transaction: what was done and that it was done, or neither. The mark comes first, so
    # that another worker waits for us and then finds it.
    with connection:
        marked = connection.execute(
            "UPDATE webhook_inbox SET done = ? WHERE id = ? AND done IS NULL", (time.time(), id_)
        )
        if marked.rowcount:
            handle(connection, json.loads(body))
    return marked.rowcount
