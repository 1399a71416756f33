"""Whose change it is: of the current app, or of the one app that tracks the model."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask import has_app_context

from ...logs import logger
from ...signals import event_failed
from ...state import EXTENSION
from ...state import send
from ...state import State
from ...state import states


def state_of(model: type[Any]) -> State | None:
    """Return the app to whose log a change of *model* belongs; ``None`` if it is not recorded.

    In an app with an audit log it is that one, if it tracks the model. Elsewhere, as in a script
    with a session of its own, it is the one app that does.
    """
    if has_app_context():
        state = current_app.extensions.get(EXTENSION)
        if isinstance(state, State):
            return state if _records(state, model) else None
    found = [state for state in states() if _records(state, model)]

    return found[0] if len(found) == 1 else None


def report_lost(model: type[Any]) -> None:
    """Say that a change of *model* was not recorded, if several apps track it."""
    if state_of(model) is not None or _is_left_out():
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


class contained:  # noqa: N801 (used as a statement)
    """Log and count what fails in capture; nothing of it reaches the host.

    :param model: whose change it is. :param number: how many events are lost.
    """

    __slots__ = ("_model", "_number")

    def __init__(self, model: type[Any], number: int = 1) -> None:
        self._model = model
        self._number = number

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if not isinstance(error, Exception):
            return False
        logger.error("a change of %s could not be recorded", self._model.__name__, exc_info=error)
        state = state_of(self._model)
        if state is not None:
            state.recorder.count("capture_failed", self._number)
            send(state, event_failed, event=None, error=error)
        return True


def _is_left_out() -> bool:
    """Whether the current app has an audit log of its own."""
    return has_app_context() and isinstance(current_app.extensions.get(EXTENSION), State)


def _records(state: State, model: type[Any]) -> bool:
    return state.settings.enabled and state.tracked.of_class(model) is not None
