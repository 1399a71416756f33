"""Whose a statement is, and how what is told of it gets into its transaction."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from time import monotonic

import sqlalchemy as sa

from ...event import Draft
from ...event import Finished
from ...logs import logger
from ...state import State
from ...state import state_here
from ...state import states
from .. import harmless
from .. import tell_if_slow
from ..models.entries import context_of
from .origin import origin


def whose(tracks: Callable[[State], bool]) -> State | None:
    """Return the state of the current app; without an audit log there, of the only app that
    *tracks* what is written to.
    """
    here = state_here()
    if here is not None:
        return here if here.settings.enabled else None
    tracking = [state for state in states() if state.settings.enabled and tracks(state)]
    if len(tracking) > 1:
        # Of a flush the models have told, for each object.
        if origin() != "flush":
            _report_lost(tracking)
        return None

    return tracking[0] if tracking else None


def _report_lost(trackers: Iterable[State]) -> None:
    for state in trackers:
        state.recorder.count("capture_failed")
    logger.error(
        "a write to a tracked table was not recorded: several apps track it, and none of them "
        "is the current one. Push an app context: with app.app_context(): ..."
    )


def put(state: State, connection: sa.Connection, drafts: Iterable[Draft]) -> None:
    """Write the events of *drafts* in the transaction of *connection*."""
    told = list(drafts)
    if not told:
        return
    began, context = monotonic(), context_of(state)
    events: list[Finished] = []
    for draft in told:
        # One that cannot be told is no reason to lose the others.
        with harmless(state):
            done = state.recorder.finish(draft, context)
            if done is not None:
                events.append(done)
    if events:
        state.inbox.put(connection, events)
    tell_if_slow(state, began)
