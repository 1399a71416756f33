"""Requests that change something, or were refused, unless they recorded something better."""

from __future__ import annotations

from flask import request
from flask import Response

from ..event import Draft
from ..recorder.given import draft_of
from ..state import State
from ..state import visit
from . import capture
from . import harmless

# Our own pages and API record what they do by themselves.
OURS = frozenset({"auditlog", "auditlog_api"})

# In characters: a path may be as long as the server allows, and its event must fit.
LONGEST_PATH = 500


def init(state: State) -> None:
    """Look at each response of the host."""
    settings = state.settings.capture
    if not settings.requests:
        return
    methods = frozenset(method.upper() for method in settings.methods)
    statuses = frozenset(settings.statuses)
    exempt = OURS | frozenset(settings.exempt)

    def look(response: Response) -> Response:
        if request.method in methods or response.status_code in statuses:
            with harmless(state):
                if not _is_exempt(exempt) and not visit().recorded:
                    capture(state, _draft(state, response))
        return response

    # After the host's own, which may still change the response or record something.
    state.app.after_request_funcs.setdefault(None, []).insert(0, look)


def _is_exempt(exempt: frozenset[str]) -> bool:
    return request.endpoint in exempt or not exempt.isdisjoint(request.blueprints)


def _draft(state: State, response: Response) -> Draft:
    """The path and endpoint say what was asked; query and body may hold anything."""
    status, path = response.status_code, _path(state)

    return draft_of(
        {
            "type": "access.REQUEST",
            "operation_type": "ACTION",
            "resource_type": "ENDPOINT",
            "resource_path": path,
            "error": f"http_{status}" if status >= 400 else None,
            "details": {
                "method": request.method,
                "path": path,
                "endpoint": request.endpoint,
                "status": status,
            },
        }
    )


def _path(state: State) -> str:
    """The path, but the rule where what stands in its place is a secret: `/reset/<token>`."""
    given = request.view_args or {}
    if request.url_rule is not None and state.recorder.masked(given) != given:
        return request.url_rule.rule

    return request.path[:LONGEST_PATH]
