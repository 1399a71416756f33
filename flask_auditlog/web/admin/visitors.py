"""Who may see which realm, and what every page says about it."""

from __future__ import annotations

from typing import Any

from ...errors import NotFound
from ...errors import ScopeError
from ...state import current
from ...state import request_context
from ...store.promises import VIEW_EVENTS
from ...store.query import Scope
from ..auth import page_scope
from .asked import Asked


def scope_of(asked: Asked) -> Scope:
    """What the visitor may see of the realm they ask for, by default the app's own.

    :raises ScopeError: when that is nothing.
    """
    return page_scope(VIEW_EVENTS, asked.realm or request_context().realm)


def shell() -> dict[str, Any]:
    """What the frame of every page needs. Never asks the store, which may be away."""
    actor = request_context().actor
    visitor = (actor.username or actor.user_id) if actor else None

    return {"auditlog_shell": {"app_name": current().app.name, "visitor": visitor}}


def realms_for(scope: Scope) -> dict[str, Any]:
    """The menu of realms: this one, and the others that the visitor may see."""
    names = current().store.realms.all()

    return {
        "realm": scope.realm,
        "realms": [name for name in names if name == scope.realm or _may_see(name)],
    }


def _may_see(realm: str) -> bool:
    try:
        page_scope(VIEW_EVENTS, realm)
    except (ScopeError, NotFound):
        return False
    return True
