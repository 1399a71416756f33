"""Tells of a ``track_all`` that tracks nothing, which nobody would notice otherwise."""

from __future__ import annotations

from ...logs import logger
from ...state import at_first_request
from ...state import State


def init(state: State) -> None:
    """Look at the first request: before it, models may still be imported."""

    def tell() -> None:
        for base in state.tracked.empty_bases:
            # Flask-SQLAlchemy makes a class of its own from its `model_class`, and no subclass.
            logger.warning(
                "audit.track_all(%s) found no model: none inherits from it. With Flask-SQLAlchemy, "
                "pass db.Model, and not the class that was given as model_class.",
                base.__name__,
            )

    at_first_request(state.app, tell)
