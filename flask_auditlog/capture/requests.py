"""Requests that change something, or were refused, unless they recorded something better."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from flask import request
from flask import Response
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import Rule

from ..event import Draft
from ..recorder.given import draft_of
from ..recorder.plain import clean
from ..redact.vocabulary import QUERY_SECRETS
from ..state import State
from ..state import visit
from . import capture
from . import harmless

# Our own pages and API record what they do by themselves.
OURS = frozenset({"auditlog", "auditlog_api"})

# In characters: a path may be as long as the server allows, and its event must fit.
LONGEST_PATH = 500

# What opens something when it is the whole name of a part of a path, beside what is secret
# in any name. A ticket in a path is a helpdesk's.
PATH_SECRETS = (QUERY_SECRETS - {"ticket"}) | {"challenge", "digest", "hash", "invite", "nonce"}


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
    """The path, but the rule where what stands in its place is a secret: `/reset/<token>`.

    Of a path without a rule nothing says what is in it: only its beginning is kept.
    """
    known = False
    for rule, values in _matches(state):
        if _is_secret(state, rule, values):
            return rule.rule
        known = True
    if known:
        return request.path[:LONGEST_PATH]
    _, first, *rest = request.path.split("/", 2)

    return f"/{first[:LONGEST_PATH]}{'/...' if rest else ''}"


def _matches(state: State) -> Iterator[tuple[Rule, Mapping[str, Any]]]:
    """Yield the rule of the request and its values, or each one of its path's other methods."""
    if request.url_rule is not None:
        yield request.url_rule, request.view_args or {}
    refusal = request.routing_exception
    if not isinstance(refusal, MethodNotAllowed):
        return
    adapter = state.app.create_url_adapter(request)
    if adapter is None:
        return
    for method in refusal.valid_methods or ():
        try:
            yield adapter.match(method=method, return_rule=True)
        except HTTPException:  # that method is sent elsewhere
            continue


def _is_secret(state: State, rule: Rule, values: Mapping[str, Any]) -> bool:
    # The names are the rule's: the host may have taken its values away to keep them itself.
    given = clean({name: values.get(name, "?") for name in rule.arguments})

    return not PATH_SECRETS.isdisjoint(given) or state.recorder.masked(given) != given
