"""Hearing of each event as it is recorded, in whichever app of this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from typing import TYPE_CHECKING

from .recorded import Recorded

if TYPE_CHECKING:
    from ..event import Event


@contextmanager
def recorded() -> Iterator[Recorded]:
    """Give the events that are recorded in the block, in order, by all apps of this process.

    What stands in a transaction that is still open is among them, until it is rolled back.
    """
    # Not before somebody listens: see the package's docstring.
    signals = import_module("flask_auditlog.signals")
    heard: list[Event] = []
    failures: list[Exception] = []

    def hear(_app: Any, record: Any) -> None:
        heard.append(record.event)

    def hear_failure(_app: Any, error: Exception, **_: Any) -> None:
        failures.append(error)

    with signals.event_recorded.connected_to(hear), signals.event_failed.connected_to(hear_failure):
        yield Recorded(lambda: list(heard), failures)
