"""A host app with webhooks, and people who may do more or less with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_login import current_user
from werkzeug.test import TestResponse

from flask_auditlog.delivery.desk import Desk
from flask_auditlog.delivery.given import Given
from flask_auditlog.event import Event
from flask_auditlog.recorder import Context
from flask_auditlog.state import of
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.webhooks import Endpoint
from tests.web.admin.conftest import entered
from tests.web.admin.conftest import make_host
from tests.web.admin.screen import Element
from tests.web.admin.screen import read

URL = "https://93.184.216.34/audit"
EVERYTHING = Scope(realm="default", organization_id=None)
# Who may view, and who may manage: the whole realm (None), or one organization.
MAY: dict[str, dict[str, set[str | None]]] = {
    "admin": {"view-events": {None}, "manage-events": {None}},
    "viewer": {"view-events": {None}, "manage-events": set()},
    "half": {"view-events": {None, "northwind"}, "manage-events": {"northwind"}},
    "nora": {"view-events": {"northwind"}, "manage-events": {"northwind"}},
    "vera": {"view-events": {"northwind"}, "manage-events": set()},
    "carl": {"view-events": {"contoso"}, "manage-events": {"contoso"}},
    "nobody": {"view-events": set(), "manage-events": set()},
}
MEMBERS = {"half": "northwind", "nora": "northwind", "vera": "northwind", "carl": "contoso"}

Fields = dict[str, str]


def make_hooking(**config: Any) -> Flask:
    """A host app where :data:`MAY` says who may do what in the realm default."""
    host, audit = make_host(AUDITLOG_CAPTURE={"logins": False}, **config)

    @audit.authorizer
    def allow(permission: str, realm: str, organization_id: str | None) -> bool:
        if not current_user.is_authenticated or realm != "default":
            return False
        return organization_id in MAY[current_user.id].get(permission, set())

    @audit.organization_loader
    def organization() -> str | None:
        return MEMBERS.get(current_user.id) if current_user.is_authenticated else None

    return host


class Person(NamedTuple):
    """Somebody with a browser."""

    client: FlaskClient

    def look(self, path: str, status: int = 200) -> Element:
        """Open a page."""
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return read(answer.text)

    def send(self, page: str, form: int = 0, to: str = "", **typed: Any) -> TestResponse:
        """Send a form of a page as a browser does, with what was *typed* into it.

        :param to: where its button leads, if not where the form does.
        """
        sent = self.look(page).all("form", method="post")[form]
        return self.client.post(to or sent.attrs["action"], data=values(sent) | typed)


def values(form: Element) -> Fields:
    """What a browser sends of a form as it is."""
    found = {
        each.attrs["name"]: each.attrs.get("value", "on")
        for each in form.all("input")
        if each.attrs.get("type") not in {"checkbox", "radio"} or "checked" in each.attrs
    }
    found |= {each.attrs["name"]: each.verbatim.lstrip("\n") for each in form.all("textarea")}
    for select in form.all("select"):
        options = select.all("option")
        chosen = next((each for each in options if "selected" in each.attrs), options[0])
        found[select.attrs["name"]] = chosen.attrs["value"]
    return found


@pytest.fixture
def hooking() -> Flask:
    """The app."""
    return make_hooking()


@pytest.fixture
def store(hooking: Flask) -> SqlStore:
    """Its log."""
    return of(hooking).store


@pytest.fixture
def person(hooking: Flask) -> Callable[[str], Person]:
    """Log in somebody of :data:`MAY`."""
    return lambda name: Person(entered(hooking, name))


@pytest.fixture
def admin(person: Callable[[str], Person]) -> Person:
    """Somebody who may do everything."""
    return person("admin")


Hook = Callable[..., Endpoint]


@pytest.fixture
def hook(hooking: Flask) -> Hook:
    """Make a webhook."""

    def hook(**more: Any) -> Endpoint:
        given: dict[str, Any] = {
            "url": URL,
            "enabled": True,
            "event_types": ["*"],
            "auth_type": "hmac",
        } | more
        context = Context(realm="default", source="system", trusted=True)
        with hooking.app_context():
            desk = Desk(of(hooking), EVERYTHING, context)
            return desk.create(Given(**given))[0]

    return hook


def recorded(store: SqlStore, type_: str) -> list[Event]:
    """The events of a type, newest first."""
    found = store.find(Query(type=type_, reads=True), EVERYTHING, limit=100)
    return [each.event for each in found.records]
