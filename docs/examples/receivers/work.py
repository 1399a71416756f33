"""The work, in a process of its own: `python -m receivers.work`."""

from __future__ import annotations

import os
import sqlite3
import time
from typing import Any

from .inbox import Inbox

_TABLE = "CREATE TABLE IF NOT EXISTS seen (type TEXT PRIMARY KEY, count INTEGER NOT NULL)"


def handle(connection: sqlite3.Connection, event: dict[str, Any]) -> None:
    """Do what an event is worth to you: here it is counted."""
    connection.execute(_TABLE)
    connection.execute(
        "INSERT INTO seen VALUES (?, 1) ON CONFLICT (type) DO UPDATE SET count = count + 1",
        (event["type"],),
    )


def main() -> None:
    """Work for ever."""
    inbox = Inbox(os.environ["WEBHOOK_INBOX"])
    while True:
        if not inbox.work(handle):
            inbox.forget()
            time.sleep(1)


if __name__ == "__main__":
    main()
