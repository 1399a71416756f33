"""Calls that wait until a transaction of the host is committed.

SQLAlchemy's own events come too early (``commit``), or know sessions only. So the dialect,
which each engine has one of, is asked to tell us what it did.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from ...logs import logger

Call = Callable[[], None]

_KEY = "flask_auditlog.aftercommit"


class _Waiting:
    """The calls of one transaction, and how many there were at each of its savepoints."""

    __slots__ = ("broken", "calls", "marks", "transaction")

    def __init__(self, transaction: sa.RootTransaction) -> None:
        # Weakly: a connection that the host forgets to close shall be collected.
        self.transaction = weakref.ref(transaction)
        self.calls: list[Call] = []
        self.marks: dict[str, int] = {}
        self.broken: Exception | None = None

    @property
    def is_over(self) -> bool:
        """Whether its transaction ended without our being told."""
        transaction = self.transaction()
        return transaction is None or not transaction.is_active


def after_commit(connection: sa.Connection, *calls: Call) -> None:
    """Run *calls* once the connection's transaction is committed.

    Never, when that is rolled back, or a savepoint the connection is in now. What is the same
    call is run once.
    """
    _watch(connection.dialect)
    transaction = connection.get_transaction()
    if transaction is None:
        _run(calls)
    else:
        _waiting(connection, transaction).calls += calls


def forbid_commit(connection: sa.Connection, error: Exception) -> None:
    """Let the connection's transaction be rolled back only; who commits it is told *error*."""
    _watch(connection.dialect)
    transaction = connection.get_transaction()
    if transaction is not None:
        _waiting(connection, transaction).broken = error


def _waiting(connection: sa.Connection, transaction: sa.RootTransaction) -> _Waiting:
    found: _Waiting | None = connection.info.get(_KEY)
    if found is None or found.transaction() is not transaction:
        found = connection.info[_KEY] = _Waiting(transaction)

    return found


# Each dialect is watched once, whichever of its engines came first. It says so itself: asking
# a set of weak references would cost every transaction more than the call it is for.
_WATCHED = "_flask_auditlog_watched"
_mutex = threading.Lock()


def _watch(dialect: Any) -> None:
    if _WATCHED in dialect.__dict__:
        return
    with _mutex:
        if _WATCHED not in dialect.__dict__:
            _watch_ends(dialect)
            _watch_two_phases(dialect)
            _watch_savepoints(dialect)
            setattr(dialect, _WATCHED, True)


def _watch_ends(dialect: Any) -> None:
    commit, rollback = dialect.do_commit, dialect.do_rollback

    def do_commit(connection: Any) -> None:
        calls = _calls(connection)
        commit(connection)
        _run(calls)

    def do_rollback(connection: Any) -> None:
        _taken(connection)
        rollback(connection)

    dialect.do_commit, dialect.do_rollback = do_commit, do_rollback


def _watch_two_phases(dialect: Any) -> None:
    commit = dialect.do_commit_twophase

    def do_commit_twophase(connection: sa.Connection, *args: Any, **kwargs: Any) -> None:
        # Taken first: psycopg's ends with a rollback of what is then no transaction.
        calls = _calls(connection)
        commit(connection, *args, **kwargs)
        _run(calls)

    dialect.do_commit_twophase = do_commit_twophase


def _watch_savepoints(dialect: Any) -> None:
    begin, rollback = dialect.do_savepoint, dialect.do_rollback_to_savepoint

    def do_savepoint(connection: sa.Connection, name: str) -> None:
        begin(connection, name)
        if waiting := connection.info.get(_KEY):
            waiting.marks[name] = len(waiting.calls)

    def do_rollback_to_savepoint(connection: sa.Connection, name: str) -> None:
        rollback(connection, name)
        if waiting := connection.info.get(_KEY):
            # A savepoint that is not known is older than the first call.
            del waiting.calls[waiting.marks.get(name, 0) :]

    dialect.do_savepoint = do_savepoint
    dialect.do_rollback_to_savepoint = do_rollback_to_savepoint


def _taken(connection: Any) -> _Waiting | None:
    # A driver's own connection may have an `info` too, which is something else.
    info = getattr(connection, "info", None)
    waiting = info.pop(_KEY, None) if isinstance(info, dict) else None

    return None if waiting is None or waiting.is_over else waiting


def _calls(connection: Any) -> Sequence[Call]:
    """Return what to call after the commit that is about to be. :raises Exception: see above."""
    waiting = _taken(connection)
    if waiting is None:
        return ()
    if waiting.broken is not None:
        raise waiting.broken
    return waiting.calls


def _run(calls: Sequence[Call]) -> None:
    """What is committed stays so, whatever a call does."""
    for call in dict.fromkeys(calls):
        try:
            call()
        except Exception:
            logger.exception("what was to follow a commit failed")
