"""Hearing of each event as it is recorded, in whichever app of this process."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from typing import TYPE_CHECKING

from .recorded import Recorded

if TYPE_CHECKING:
    from ..event import Event
    from ..event import Record


@contextmanager
def recorded() -> Iterator[Recorded]:
    """Give the events that are recorded in the block, in order, by all apps of this process.

    What stands in a transaction that is still open is among them, unless it is rolled back.
    """
    # Not before somebody listens: see the package's docstring.
    signals = import_module("flask_auditlog.signals")
    pending = import_module("flask_auditlog.testing.pending")
    heard = _Heard()
    with (
        signals.event_recorded.connected_to(heard.record),
        signals.event_failed.connected_to(heard.failure),
        pending.put_in_inboxes(heard.put),
    ):
        yield Recorded(heard.events, heard.failures)


class _Heard:
    """Events by their uids: one that was pending and is committed is still the same."""

    def __init__(self) -> None:
        self._events: dict[str, tuple[Event, Callable[[], bool]]] = {}
        self.failures: list[Exception] = []

    def events(self) -> list[Event]:
        return [event for event, is_there in list(self._events.values()) if is_there()]

    def put(self, event: Event, is_there: Callable[[], bool]) -> None:
        self._events[event.uid] = event, is_there

    def record(self, _app: Any, record: Record) -> None:
        self.put(record.event, lambda: True)

    def failure(self, _app: Any, error: Exception, **_: Any) -> None:
        self.failures.append(error)
