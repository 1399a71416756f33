"""Who asks for webhooks, and which ones they may see or change."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from typing import ClassVar

from flask import request

from ....delivery.desk import Desk
from ....errors import NotFound
from ....recorder import Context
from ....state import current
from ....state import request_context
from ....store import MANAGE_EVENTS
from ....store import Scope
from ....store.webhooks import Endpoint
from ....store.webhooks import SentDelivery
from ...auth import page_scope
from ...denied import record_denied
from ...ids import is_id
from .. import forms
from ..asked import Asked
from ..asked import asked_of
from ..moments import now
from ..notices import notices_for
from ..visitors import managed_by_visitor
from ..visitors import realms_for
from ..visitors import scope_of


@dataclass(frozen=True, slots=True)
class Visitor:
    """What the address asks, what the visitor may see, and where they may act: maybe nowhere."""

    # One with a viewer link has less on the same pages, and is asked for no login.
    is_guest: ClassVar[bool] = False

    asked: Asked
    scope: Scope
    acting: Scope | None

    @property
    def context(self) -> Context:
        """Who they are, for the log."""
        return request_context("system")

    def sent(self) -> Mapping[str, str]:
        """The form that they sent. :raises FormRefused: when it is none of ours."""
        return forms.check(self.scope.realm)

    def may_change(self, endpoint: Endpoint) -> bool:
        """Whether the visitor may do something to *endpoint*."""
        return self.acting is not None and self.acting.organization_id in (
            None,
            endpoint.organization_id,
        )

    def frame(self) -> dict[str, Any]:
        """What the templates of all pages of webhooks need."""
        return {
            "current_page": "webhooks",
            "asked": self.asked,
            "now": now(),
            "hidden": forms.hidden() if self.acting is not None else {},
            "notices": notices_for(self.scope),
            "is_guest": False,
            **realms_for(self.scope),
        }


_guest: ContextVar[Visitor | None] = ContextVar("auditlog_guest", default=None)


@contextmanager
def visited_by(guest: Visitor) -> Iterator[None]:
    """Let *guest* be the visitor, and not who is logged in."""
    before = _guest.set(guest)
    try:
        yield
    finally:
        _guest.reset(before)


def looking() -> Visitor:
    """Return who looks at webhooks. :raises ScopeError: when they may not."""
    if (guest := _guest.get()) is not None:
        return guest
    asked = asked_of(request.args.items(multi=True))
    scope = scope_of(asked)

    return Visitor(asked, scope, managed_by_visitor(scope.realm))


def acting() -> tuple[Visitor, Desk]:
    """Return who wants to change webhooks, and where they do it.

    :raises ScopeError: when they may not. That may be less than they see.
    """
    visitor = _guest.get() or _manager()

    return visitor, Desk(current(), visitor.scope, visitor.context)


def _manager() -> Visitor:
    asked = asked_of(request.args.items(multi=True))
    scope = page_scope(MANAGE_EVENTS, asked.realm or request_context().realm)

    return Visitor(asked, scope, scope)


def find(endpoint_id: str, visitor: Visitor) -> Endpoint:
    """Return the endpoint of this id. :raises NotFound: when it is none they may see."""
    found = None
    if is_id(endpoint_id):
        found = current().store.endpoints.get(endpoint_id, visitor.scope)
    if found is None:
        raise _not_found("There is no such webhook.", visitor)

    return found


def find_sent(endpoint_id: str, delivery_id: str, visitor: Visitor) -> SentDelivery:
    """Return a delivery to this endpoint. :raises NotFound: when it is none they may see."""
    found = current().store.sent.get(delivery_id, visitor.scope) if is_id(delivery_id) else None
    if found is None or found.delivery.endpoint_id != endpoint_id:
        raise _not_found("There is no such delivery.", visitor)

    return found


def _not_found(message: str, visitor: Visitor) -> NotFound:
    """Return an error that is on record now."""
    error = NotFound(message)
    record_denied(error, "not_found", visitor.scope.realm, context=visitor.context)

    return error
