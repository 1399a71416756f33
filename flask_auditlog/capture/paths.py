"""What of a request's address may be kept: not the secrets in it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from flask import request
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import Rule

from ..recorder.plain import clean
from ..redact import MASK
from ..redact.vocabulary import QUERY_SECRETS
from ..state import State

# In characters: a path may be as long as the server allows, and its event must fit.
LONGEST = 500

# What opens something when it is the whole name of a part of a path, beside what is secret
# in any name. A ticket in a path is a helpdesk's.
SECRETS = (QUERY_SECRETS - {"ticket"}) | {"challenge", "digest", "hash", "invite", "nonce"}


def path_of(state: State) -> str:
    """The path, but the rule where what stands in its place is a secret: `/reset/<token>`.

    Of a path without a rule nothing says what is in it: only its beginning is kept.
    """
    known = False
    for rule, values in _matches(state):
        if _is_secret(state, rule, values):
            return rule.rule
        known = True
    if known:
        return request.path[:LONGEST]
    _, first, *rest = request.path.split("/", 2)

    return f"/{first[:LONGEST]}{'/...' if rest else ''}"


def shown(state: State, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return named values without their secrets, and no longer than they need to be."""
    given = clean({name: MASK if name in SECRETS else value for name, value in values.items()})
    masked: dict[str, Any] = state.recorder.masked(given)

    return {name: _cut(value) for name, value in masked.items()}


def _cut(value: Any) -> Any:
    return value[:LONGEST] if isinstance(value, str) else value


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

    return not SECRETS.isdisjoint(given) or state.recorder.masked(given) != given
