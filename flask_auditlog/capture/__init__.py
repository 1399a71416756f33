"""What happens in the host app -> events."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from ..event import Draft
from ..signals import event_failed
from ..state import request_context
from ..state import State
from ..state import visit

logger = logging.getLogger("flask_auditlog")


@contextmanager
def harmless(state: State) -> Iterator[None]:
    """Log and count an error in capture; the host's response never changes for it."""
    try:
        yield
    except Exception as error:
        state.recorder.count("capture_failed")
        logger.exception("an event could not be captured")
        announce_failure(state.app, error)


def announce_failure(app: Flask, error: Exception) -> None:
    """Tell the host that an event was not recorded; contain what its receivers raise."""
    try:
        event_failed.send(app, event=None, error=error)
    except Exception:
        logger.exception("a receiver of event_failed failed")


def capture(state: State, draft: Draft) -> None:
    """Record what was captured in the current request."""
    state.recorder.record(draft, request_context("capture"))
    visit().recorded += 1
