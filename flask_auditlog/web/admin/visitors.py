"""Who may see which realm, and what every page says about it."""

from __future__ import annotations

from typing import Any

from ...errors import NotFound
from ...errors import ScopeError
from ...state import current
from ...state import request_context
from ...store.promises import MANAGE_EVENTS
from ...store.promises import VIEW_EVENTS
from ...store.query import Scope
from ..auth import page_scope
from . import zones
from .asked import Asked

# So many the authorizer is asked about for one page: each may cost the host a query.
MOST_REALMS = 20


def scope_of(asked: Asked) -> Scope:
    """What the visitor may see of the realm they ask for, by default the app's own.

    :raises ScopeError: when that is nothing.
    """
    return page_scope(VIEW_EVENTS, asked.realm or request_context().realm)


def managed_by_visitor(realm: str) -> Scope | None:
    """What of *realm* the visitor may change; ``None`` for nothing."""
    try:
        return page_scope(MANAGE_EVENTS, realm)
    except (ScopeError, NotFound):
        return None


def operator_scope(asked: Asked) -> Scope:
    """The whole realm, for who may change all of it: what is there is of the app, not of a customer.

    :raises ScopeError: for everybody else.
    """
    scope = page_scope(MANAGE_EVENTS, asked.realm or request_context().realm)
    if scope.organization_id is not None:
        raise ScopeError("This is for those who see the whole realm.")

    return scope


def shell() -> dict[str, Any]:
    """What the frame of every page needs. Never asks the store, which may be away."""
    actor = request_context().actor
    visitor = (actor.username or actor.user_id) if actor else None

    return {
        "auditlog_shell": {
            "app_name": current().app.name,
            "visitor": visitor,
            "zone": zones.name(),
        }
    }


def realms_for(scope: Scope) -> dict[str, Any]:
    """The menu of realms: this one, and of the first others those that the visitor may see.

    Those of the settings are asked for first.
    """
    state = current()
    others = [name for name in state.settings.realms if name != scope.realm]
    others += [name for name in state.store.realms.all() if name not in {scope.realm, *others}]
    seen = [name for name in others[:MOST_REALMS] if _may_see(name)]

    managed = managed_by_visitor(scope.realm)

    return {
        "realm": scope.realm,
        "realms": sorted([scope.realm, *seen]),
        # Whether there are more pages for them, in the menu.
        "may_manage": managed is not None,
        "may_operate": managed is not None and managed.organization_id is None,
    }


def _may_see(realm: str) -> bool:
    try:
        page_scope(VIEW_EVENTS, realm)
    except (ScopeError, NotFound):
        return False
    return True
