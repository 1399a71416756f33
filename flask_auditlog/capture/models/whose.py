"""Whose change it is: of the current app, or of the one app that tracks the model."""

from __future__ import annotations

from typing import Any

from ...logs import logger
from ...signals import event_failed
from ...state import send
from ...state import State
from ...state import state_here
from ...state import states


def state_of(model: type[Any]) -> State | None:
    """Return the app to whose log a change of *model* belongs; ``None`` if it is not recorded.

    In an app with an audit log it is that one, if it tracks the model. Elsewhere, as in a script
    with a session of its own, it is the one app that does.
    """
    here = state_here()
    if here is not None:
        return here if _records(here, model) else None
    found = [state for state in states() if _records(state, model)]

    return found[0] if len(found) == 1 else None


def report_lost(model: type[Any]) -> None:
    """Say that a change of *model* was not recorded, if several apps track it."""
    # An app with an audit log of its own leaves out what it does not track.
    if state_here() is not None:
        return
    trackers = [state for state in states() if _records(state, model)]
    for state in trackers:
        state.recorder.count("capture_failed")
    if trackers:
        logger.error(
            "a change of %s was not recorded: several apps track it, and none of them is the "
            "current one. Push an app context: with app.app_context(): ...",
            model.__name__,
        )


def failed(model: type[Any], error: Exception, number: int = 1) -> None:
    """Log and count what failed in capture; nothing of it reaches the host.

    :param model: whose change it is. :param number: how many events are lost.
    """
    logger.error("a change of %s could not be recorded", model.__name__, exc_info=error)
    state = state_of(model)
    if state is not None:
        state.recorder.count("capture_failed", number)
        send(state, event_failed, event=None, error=error)


def _records(state: State, model: type[Any]) -> bool:
    return state.settings.enabled and state.tracked.of_class(model) is not None
