"""What happens in the host app -> events."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from ..event import Draft
from ..signals import event_failed
from ..state import request_context
from ..state import send
from ..state import session_as_it_was
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
        send(state, event_failed, event=None, error=error)


def capture(state: State, draft: Draft) -> None:
    """Record what was captured in the current request, whose session stays as it is."""
    with session_as_it_was():
        context = request_context("capture", load_user=False)
    if state.recorder.record(draft, context).state == "committed":
        visit().recorded += 1
