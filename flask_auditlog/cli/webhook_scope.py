"""Which webhooks a command is about: those of a realm, or the operator's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..delivery.catch_all import ID
from ..delivery.catch_all import SCOPE
from ..delivery.desk import Desk
from ..errors import NotFound
from ..state import current
from ..state import request_context
from ..store import Scope
from ..store.webhooks import Endpoint
from .terminal import an_id

# What the operator's own webhook is of.
EVERYTHING = SCOPE


def in_realm(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command of the group the option that says which realm it is about."""
    return click.option("--realm", default=None, help="The realm; the app's own if not given.")(
        function
    )


def scope_of(realm: str | None, webhook_id: str | None = None) -> Scope:
    """Return what an operator sees: all of a realm, or, of their own webhook, of every realm.

    :raises NotFound: when there is no such realm.
    """
    if webhook_id == ID:
        return EVERYTHING
    state = current()
    name = realm or state.settings.realms[0]
    state.store.realms.check(name)

    return Scope(realm=name, organization_id=None)


def desk_of(realm: str | None, webhook_id: str | None = None) -> Desk:
    """Return where the operator does something to the webhooks of a realm, or to their own."""
    return Desk(current(), scope_of(realm, webhook_id), request_context("system"))


def a_webhook(context: click.Context, param: click.Parameter, value: str) -> str:
    """Return the id of a webhook, or ``catch-all``: the callback of an argument."""
    return value if value == ID else an_id(context, param, value)


def find(webhook_id: str, realm: str | None) -> Endpoint:
    """Return a webhook. :raises NotFound: when there is none in that realm."""
    found = current().store.endpoints.get(webhook_id, scope_of(realm, webhook_id))
    if found is None:
        raise NotFound("There is no such webhook. `flask auditlog webhook list` shows all.")

    return found
