"""Connections of our own to a database of the host: its pool is the host's."""

from __future__ import annotations

import importlib
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from typing import TypeVar

import sqlalchemy as sa

from ..engine import is_in_memory
from ..engine import sibling

Result = TypeVar("Result")

# How long to wait for a file that others write to, in seconds.
PATIENCE = 2.0

# Not the module's functions: their seed is the host's, who may count on what comes next.
_random = random.SystemRandom()


class Beside:
    """Opens connections beside those of *engine*: same driver, arguments and hooks.

    A database in memory has no other connection than the host's: then it is that one, and
    whoever calls is the host's thread, between two transactions.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.in_memory = is_in_memory(engine)
        if not self.in_memory:
            engine = sibling(engine)
        self.engine = engine

    @property
    def is_there(self) -> bool:
        """Whether there is something to connect to: SQLite would make a file of nothing."""
        file = self.engine.url.database
        is_file = self.engine.dialect.name == "sqlite" and not self.in_memory
        return not is_file or not file or file.startswith("file:") or Path(file).exists()

    def run(self, work: Callable[[sa.Connection], Result]) -> Result:
        """Do *work* with a connection, in a transaction that is committed after it."""
        if self.engine.dialect.is_async and not self.in_memory:
            # Late, as for its sibling: see there.
            result: Result = importlib.import_module("..loop", __package__).run(self.engine, work)
            return result
        with self.engine.begin() as connection:
            return work(connection)

    def close(self) -> None:
        """Close what is open. It may be used again."""
        if not self.in_memory and not self.engine.dialect.is_async:
            self.engine.dispose()

    def begin_anew(self) -> None:
        """Leave the parent's connections to the parent, after a fork."""
        if not self.in_memory:
            self.engine.dispose(close=False)


def begin_patiently(connection: sa.Connection) -> None:
    """Take SQLite's file for writing, as soon as the host leaves it.

    SQLite's own waiting is without fairness: it may never find a busy file free. And under
    gevent it would stop every greenlet, which ``time.sleep`` does not.
    """
    raw: Any = connection.connection.driver_connection
    deadline = time.monotonic() + PATIENCE
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    while not raw.in_transaction:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except sa.exc.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_random.uniform(0.0002, 0.002))
    connection.exec_driver_sql("PRAGMA busy_timeout = 250")
