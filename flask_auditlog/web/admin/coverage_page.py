"""What of the app is recorded, and what was forgotten: for the operator."""

from __future__ import annotations

from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue

from ...capture.coverage import gather
from ...capture.coverage import report
from ...capture.coverage.report import STATES
from ...state import current
from .asked import Asked
from .asked import asked_of
from .notices import notices_for
from .visitors import operator_scope
from .visitors import realms_for

TONES = {"uncovered": "bad", "ignored": "warn", "audited": "good"}


def coverage() -> ResponseReturnValue:
    """Show every model, route, login signal and type as audited, ignored, or uncovered."""
    asked = asked_of(request.args.items(multi=True))
    scope = operator_scope(asked)
    found = report(gather(current()))

    return render_template(
        "auditlog/coverage.html",
        current_page="coverage",
        percent=found.percent,
        groups=[(state, TONES[state], found.of(state)) for state in STATES],
        asked=Asked((), realm=asked.realm),
        notices=notices_for(scope),
        **realms_for(scope),
    )
