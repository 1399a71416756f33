"""Requests that change something, were refused, or shall be known, unless they recorded something
better.
"""

from __future__ import annotations

import time
from typing import Any

from flask import Flask
from flask import got_request_exception
from flask import Request
from flask import request
from flask import Response

from ..event import Draft
from ..recorder.given import draft_of
from ..state import EXTENSION
from ..state import here
from ..state import of
from ..state import State
from ..state import visit
from . import capture
from . import failed
from . import harmless
from .actions import Act
from .actions import act_draft
from .actions import error_of
from .actions import note_arguments
from .noise import DENIED
from .noise import flush
from .noise import refused
from .paths import path_of
from .paths import shown
from .rules import CHANGING
from .rules import decide
from .rules import REFUSED
from .rules import Rule
from .rules import rule_of

# Our own pages and API record what they do by themselves.
OURS = frozenset({"auditlog", "auditlog_api", "auditlog_viewer"})

_BEGAN = "flask_auditlog.began"


def init(state: State) -> None:
    """Look at each request of the host, and at its answer."""
    app = state.app

    def begin() -> None:
        this = here()
        this.environ[_BEGAN] = time.perf_counter()
        view = app.view_functions.get(this.endpoint or "")
        acting = getattr(view, "__auditlog_acting__", None)
        # Decorated when it was registered already, and not what another decorator made of it,
        # which has the same attributes.
        if acting is not None and acting.__wrapped__ is view:
            app.view_functions[this.endpoint or ""] = acting

    # One function for all of it: Flask looks at each, in every request, whether it is a coroutine.
    def look(response: Response) -> Response:
        this = here()
        if state.conclude is not None:
            state.conclude(this, response)
        try:
            flush(state)
            _look(state, this, response.status_code, None)
        except Exception as error:  # noqa: BLE001 (an error of ours never changes the response)
            failed(state, error)
        return response

    # Before the host's own, which may answer by themselves; and after them, since they may
    # still change the response or record something.
    app.before_request_funcs.setdefault(None, []).insert(0, begin)
    app.after_request_funcs.setdefault(None, []).insert(0, look)
    # Sent by another app, it is not ours.
    got_request_exception.connect(_failed, app)


def asked(state: State, status: int | None = None) -> dict[str, Any]:
    """Return what the current request is about, for an event's details.

    The path, its arguments and the endpoint say what was asked; query and body may hold
    anything.
    """
    began = request.environ.get(_BEGAN)
    arguments = request.view_args
    details: dict[str, Any] = {
        "method": request.method,
        "path": path_of(state),
        "endpoint": request.endpoint,
    }
    if status is not None:
        details["status"] = status
    if began is not None:
        details["durationMs"] = round((time.perf_counter() - began) * 1000, 1)
    if arguments:
        details["arguments"] = shown(state, arguments)

    return details


def is_left_out(state: State, status: int) -> bool:
    """Whether somebody said, or we do, that the current request is not to be recorded."""
    rule = rule_of(state.app.view_functions.get(request.endpoint or ""), request.method)
    if rule is not None:
        return rule.kind == "exempt"
    decided = decide(state.settings.capture.rules, request, status)

    return _is_own_or_static() or (decided is not None and not decided.record)


def _failed(app: Flask, exception: Exception, **_: Any) -> None:
    """An error that nobody handled: the answer is 500, or under debug and testing none."""
    if EXTENSION not in app.extensions:
        return
    state = of(app)
    with harmless(state):
        # What is more specific is recorded at its end.
        this = here()
        if state.expects is None or not state.expects(this):
            _look(state, this, 500, error_of(exception))


def _look(state: State, this: Request, status: int, error: str | None) -> None:
    rule = rule_of(state.app.view_functions.get(this.endpoint or ""), this.method)
    act = visit().act if rule is not None and rule.kind == "action" else None
    if act is not None and _is_act():
        _record_act(state, act, status, error)
    elif _is_wanted(state, this, rule, status) and not visit().recorded:
        _record(state, rule, status, error)


def _is_act() -> bool:
    """Whether the request may be the act of its view, and not the form for it."""
    methods = (request.url_rule and request.url_rule.methods) or set()

    return request.method in CHANGING or methods.isdisjoint(CHANGING)


def _is_wanted(state: State, this: Request, rule: Rule | None, status: int) -> bool:
    if rule is not None and rule.kind != "action":
        return rule.kind == "sensitive"
    if not state.settings.capture.requests:
        return False
    decided = decide(state.settings.capture.rules, this, status)

    return decided is not None and decided.record and not _is_own_or_static()


def _is_own_or_static() -> bool:
    endpoint = request.endpoint
    if endpoint is None:
        return False
    return endpoint.rpartition(".")[2] == "static" or not OURS.isdisjoint(request.blueprints)


def _record_act(state: State, act: Act, status: int, error: str | None) -> None:
    # Who asked it to be recorded asked for this event, whatever else was recorded.
    if visit().refused:
        return
    error = error or act.error or _error(status)
    draft = act_draft(act, error, asked(state, status))
    visit().act = None
    if draft.type == DENIED:
        refused(state, draft)
    else:
        capture(state, draft)


def _record(state: State, rule: Rule | None, status: int, error: str | None) -> None:
    details = asked(state, status)
    error = error or _error(status)
    if status not in REFUSED:
        capture(state, _draft("access.REQUEST", rule, error, details))
    elif rule is not None and rule.kind == "action":
        # It says what would have been done.
        act = Act(rule=rule)
        note_arguments(state, act, request.view_args or {})
        refused(state, act_draft(act, error, details))
    else:
        refused(state, _draft(DENIED, rule, error, details))


def _draft(type_: str, rule: Rule | None, error: str | None, details: dict[str, Any]) -> Draft:
    if rule is not None and rule.kind == "sensitive":
        details["sensitive"] = True

    return draft_of(
        {
            "type": type_,
            "operation_type": "ACTION",
            "resource_type": "ENDPOINT",
            "resource_path": details["path"],
            "error": error,
            "details": details,
        }
    )


def _error(status: int) -> str | None:
    return f"http_{status}" if status >= 400 else None
