"""The inboxes of one app: what is recorded in the host's own transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from flask import has_request_context

from ..event import Finished
from ..store.inbox.aftercommit import after_commit
from ..store.inbox.box import HostInbox
from .visit import Visit
from .visit import visit

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy import Dialect
    from sqlalchemy import Engine


class Inboxes:
    """One inbox for each database of the host that is known.

    ``wake`` is called with an inbox once there is something in it to be moved, in the thread
    that committed it.
    """

    def __init__(self) -> None:
        self.wake: Callable[[HostInbox], None] = lambda _: None
        self._known: list[HostInbox] = []
        # One for each, so that a transaction wakes once.
        self._wakes: dict[HostInbox, Callable[[], None]] = {}
        # An engine with other options is another object; the dialect is the same.
        self._of: WeakKeyDictionary[Dialect, HostInbox] = WeakKeyDictionary()
        self._mutex = threading.Lock()

    @property
    def all(self) -> Sequence[HostInbox]:
        """Every inbox that is known."""
        return tuple(self._known)

    def of(self, engine: Engine) -> HostInbox:
        """Return the inbox in the database of *engine*, which is known from now on."""
        found = self._of.get(engine.dialect)
        if found is None:
            with self._mutex:
                found = self._of.get(engine.dialect) or self._add(engine)
        return found

    def _add(self, engine: Engine) -> HostInbox:
        inbox = next((each for each in self._known if each.is_of(engine)), None)
        if inbox is None:
            inbox = HostInbox(engine)
            self._wakes[inbox] = partial(self._wake, inbox)
            self._known.append(inbox)
        self._of[engine.dialect] = inbox

        return inbox

    def put(self, connection: Connection, events: Sequence[Finished]) -> None:
        """Write *events* in the transaction of the host's *connection*.

        They commit and roll back with it, and with the savepoint it is in. Only then do they
        count as recorded in this request, and are they moved to the log.

        :raises SchemaMissing: when there is no inbox, and none can be made. The transaction
            is as it was.
        """
        inbox = self.of(connection.engine)
        inbox.put(connection, events)
        wake = self._wakes[inbox]
        if has_request_context():
            after_commit(connection, partial(_count, visit(), len(events)), wake)
        else:
            after_commit(connection, wake)

    def _wake(self, inbox: HostInbox) -> None:
        self.wake(inbox)

    def after_fork(self) -> None:
        """Begin anew in a child process: with locks and connections of its own."""
        self._mutex = threading.Lock()
        for inbox in self._known:
            inbox.begin_anew()


def _count(seen: Visit, number: int) -> None:
    seen.recorded += number
