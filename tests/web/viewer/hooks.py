"""What the tests of a guest's webhooks ask: forms as a browser sends them, and webhooks of others."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from flask_auditlog.delivery.desk import Desk
from flask_auditlog.delivery.given import Given
from flask_auditlog.recorder import Context
from flask_auditlog.state import of
from flask_auditlog.store import Scope
from flask_auditlog.store.webhooks import Endpoint
from tests.web.admin.screen import Element
from tests.web.admin.webhooks.conftest import values
from tests.web.viewer.conftest import Guest

URL = "https://93.184.216.34/audit"
NORTHWIND = Scope(realm="default", organization_id="northwind")


def send(guest: Guest, page: str, form: int = 0, to: str = "", **typed: str) -> TestResponse:
    """Send a form of a page, with what was *typed* into it.

    :param to: where its button leads below the link, if not where the form does.
    """
    sent = guest.look(page).all("form", method="post")[form]
    action = guest.path + to if to else sent.attrs["action"]
    return guest.client.post(action, data=values(sent) | typed)


def make(guest: Guest, **typed: str) -> Endpoint:
    """Make a webhook by the form; the newest of northwind is it."""
    answer = send(guest, "webhooks/new", 0, "", **({"url": URL} | typed))
    assert answer.status_code in (200, 303), answer.text
    return mine(guest)[0]


def mine(guest: Guest, scope: Scope = NORTHWIND) -> list[Endpoint]:
    """The webhooks of a scope, newest first."""
    with guest.client.application.app_context():
        return of(guest.client.application).store.endpoints.all(scope, first=0, limit=100)


def operators(host: Flask, scope: Scope, **given: Any) -> Endpoint:
    """A webhook that an operator made in *scope*."""
    wanted: dict[str, Any] = {
        "url": URL,
        "enabled": True,
        "event_types": ["*"],
        "auth_type": "hmac",
    } | given
    context = Context(realm=scope.realm, source="system", trusted=True)
    with host.app_context():
        return Desk(of(host), scope, context).create(Given(**wanted))[0]


def forms(page: Element) -> list[str]:
    """Where the forms and buttons of a page lead."""
    sent = [each.attrs["action"] for each in page.all("form", method="post")]
    return sent + [
        each.attrs["formaction"] for each in page.all("button") if "formaction" in each.attrs
    ]
