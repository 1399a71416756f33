"""Flask-Dance: who comes back from an OAuth provider. Only the host imports it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from flask import current_app
from flask import request

from ..state import EXTENSION
from ..state import of
from ..state import State
from . import deeds
from . import harmless
from .deeds import Deed
from .expected import code
from .expected import Expected

# What the host has imported.
_BASE = "flask_dance.consumer.base"

SIGNALS: Mapping[str, str] = {
    "oauth_authorized": "access.LOGIN",
    "oauth_error": "access.LOGIN_ERROR",
}
IGNORED: Mapping[str, str] = {"oauth_before_login": "Nobody has done anything yet."}

_RECEIVED = "flask_auditlog.dance"


def init() -> None:
    """Listen to Flask-Dance, if the host has it."""
    base: Any = sys.modules.get(_BASE)
    # Not by sender: that is a blueprint, which may be in several apps.
    for name, receiver in (("oauth_authorized", _authorized), ("oauth_error", _failed)):
        if (signal := getattr(base, name, None)) is not None:
            signal.connect(receiver)


def expected(state: State, endpoint: str) -> Expected | None:
    """What an endpoint of Flask-Dance is for."""
    name, _, view = endpoint.rpartition(".")
    if view != "authorized" or not _is_ours(state.app.blueprints.get(name)):
        return None
    return Expected(type="LOGIN", methods=frozenset({"GET"}), oauth=True)


def received() -> str | None:
    """Return the name of the provider whose token the request received."""
    name: str | None = request.environ.get(_RECEIVED)
    return name


def serving() -> str | None:
    """Return the name of the provider whose blueprint serves the request."""
    name = request.blueprint
    return name if name and _is_ours(current_app.blueprints.get(name)) else None


def _is_ours(blueprint: Any) -> bool:
    kind = getattr(sys.modules.get(_BASE), "BaseOAuthConsumerBlueprint", None)
    return kind is not None and isinstance(blueprint, kind)


def _authorized(blueprint: Any, **_: Any) -> None:
    # Whether somebody logs in, or links an account, is decided by the host's receivers.
    request.environ[_RECEIVED] = blueprint.name


def _failed(blueprint: Any, error: Any = None, **_: Any) -> None:
    if EXTENSION not in current_app.extensions:
        return
    state = of(current_app)
    with harmless(state):
        deeds.tell(
            state,
            Deed(
                type="LOGIN",
                error=_code(error),
                details={"auth_method": "oauth", "provider": blueprint.name},
            ),
        )


def _code(error: Any) -> str:
    """A code of the provider's; of an exception the class. What they say may hold anything."""
    if isinstance(error, Exception):
        return type(error).__name__
    return code(error) or "oauth_error"
