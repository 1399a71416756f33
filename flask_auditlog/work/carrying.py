"""What a job takes along, whichever queue it goes through."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask import has_app_context

from ..logs import logger
from ..state import carried
from ..state import EXTENSION
from ..state import of
from ..state import request_context


def here() -> dict[str, Any] | None:
    """Return who and where we are, for a job that is being sent; ``None`` where no app is.

    It never raises: the job is sent all the same, and then nobody asked for it.
    """
    if not has_app_context() or EXTENSION not in current_app.extensions:
        return None
    state = of(current_app)
    try:
        return carried(state, request_context())
    except Exception:
        state.recorder.count("carry_failed")
        logger.exception("a job does not carry who asked for it")
        return None
