"""What happens in the host app -> events."""

from __future__ import annotations

from contextlib import AbstractContextManager
from time import monotonic

import msgspec
from flask import has_request_context

from ..event import Draft
from ..logs import logger
from ..recorder import Context
from ..signals import event_failed
from ..state import request_context
from ..state import send
from ..state import session_as_it_was
from ..state import State
from ..state import visit

# Capture that takes longer, in seconds, is told: nobody can end a hook of the host that hangs.
SLOW = 1.0


class _Harmless:
    # Passed often: a generator would cost four times as much.
    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state = state

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        if not isinstance(error, Exception):
            return False
        failed(self._state, error)

        return True


def harmless(state: State) -> AbstractContextManager[None]:
    """Log and count an error in capture; the host's response never changes for it."""
    return _Harmless(state)


def failed(state: State, error: Exception) -> None:
    """Log and count an error in capture, as :func:`harmless` does, which costs more to pass."""
    state.recorder.count("capture_failed")
    logger.error("an event could not be captured", exc_info=error)
    send(state, event_failed, event=None, error=error)


def captured() -> Context:
    """Return who and where, for what was captured. A request's session stays as it is."""
    if not has_request_context():
        return request_context("capture")
    with session_as_it_was():
        return request_context("capture", load_user=False)


def capture(state: State, draft: Draft, context: Context | None = None) -> None:
    """Record what was captured.

    :param context: who and where; without it :func:`captured`.
    """
    inside, began = has_request_context(), monotonic()
    if inside:
        draft = _with_method(draft)
        visit().types.add(draft.type)
    receipt = state.recorder.record(draft, context or captured())
    if receipt.state == "committed" and inside:
        visit().recorded += 1
    tell_if_slow(state, began)


def tell_if_slow(state: State, began: float) -> None:
    """Log and count capture that has taken long since *began*, a time of ``monotonic``."""
    took = monotonic() - began
    if took > SLOW:
        state.recorder.count("capture_slow")
        logger.warning("capture took %.1f s: a hook of the app, or the log's database", took)


def _with_method(draft: Draft) -> Draft:
    """Add how the user was known, if it was not by a login of theirs."""
    method, details = visit().auth_method, draft.details or {}
    if method is None or "auth_method" in details or not draft.type.startswith("access."):
        return draft
    return msgspec.structs.replace(draft, details={**details, "auth_method": method})
