"""Hearing of events that stand in a transaction of the host, which is not committed yet."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from weakref import ref

import msgspec
import sqlalchemy as sa

from ..event import Event
from ..event import Finished
from ..store.inbox.aftercommit import after_commit
from ..store.inbox.box import hearing

# Told of an event, and how to ask whether it is still there.
Told = Callable[[Event, Callable[[], bool]], None]


class _Mark:
    """Waits in a transaction for its commit. It is gone when the event is: by a rollback, or
    that of a savepoint.
    """

    def __init__(self, event: Event, told: Told) -> None:
        self._event = event
        self._told = told

    def __call__(self) -> None:
        """Say that the event is there for good."""
        self._told(self._event, lambda: True)


@contextmanager
def put_in_inboxes(told: Told) -> Iterator[None]:
    """Call *told* with each event that is written to an inbox in the block, and once more
    when that is committed.
    """

    def look(connection: sa.Connection, events: Sequence[Finished]) -> None:
        for each in events:
            tell(connection, msgspec.json.decode(each.body, type=Event))

    def tell(connection: sa.Connection, event: Event) -> None:
        mark = _Mark(event, told)
        is_there = ref(mark)
        after_commit(connection, mark)
        told(event, lambda: is_there() is not None)

    hearing.append(look)
    try:
        yield
    finally:
        hearing.remove(look)
