"""The types of events, on a page."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flask_auditlog.event import READ_TYPE
from flask_auditlog.state import of
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.web.admin import types_page
from tests.web.admin.conftest import Add
from tests.web.admin.conftest import entered
from tests.web.admin.conftest import Look
from tests.web.admin.conftest import make_host
from tests.web.admin.samples import event
from tests.web.admin.screen import Element
from tests.web.admin.screen import read

TYPES = "/audit/types"
HOSTILE = '"><script>alert(1)</script>\u202eevil'


def rows(page: Element) -> dict[str, list[str]]:
    """What stands in the row of each type."""
    found = page.one("tbody").all("tr") if page.all("tbody") else []
    return {row.one("th").text: [cell.text for cell in row.all("td")] for row in found}


def test_each_type_has_its_meaning_and_its_number(add: Add, look: Look) -> None:
    add(event("access.LOGIN"), event("access.LOGIN"), event("a.b"))
    page = look(TYPES)
    assert rows(page)["access.LOGIN"][:2] == ["Somebody logged in.", "2"]
    assert rows(page)["a.b"][:2] == ["not defined", "1"]
    assert page.link("a.b") == "/audit/?q=type:a.b"


def test_an_empty_log_says_so(look: Look) -> None:
    assert "No event has been recorded yet" in look(TYPES).text


def test_a_definition_is_shown_with_its_schema(host: Flask) -> None:
    host, audit = make_host()
    audit.authorizer(lambda permission, realm, organization_id: True)
    audit.define("invoice.paid", description="It was paid.", example={"amount": 12})
    page = read(entered(host, "admin").get(TYPES).text)
    says, number, *_ = rows(page)["invoice.paid"]
    assert says.startswith("It was paid. version 1")
    assert number == "none yet"


def test_a_customer_sees_the_types_of_their_own_events(
    add: Add, look: Look, nora: FlaskClient
) -> None:
    add(event("a.ours"), event("a.theirs", organization_id="northwind"))
    assert "a.theirs" in rows(look(TYPES, client=nora))
    assert "a.ours" not in look(TYPES, client=nora).text
    look(f"{TYPES}?realm=staging", status=403, client=nora)


def test_a_customer_does_not_see_what_the_app_could_record() -> None:
    host, audit = make_host()
    audit.authorizer(lambda permission, realm, organization_id: organization_id == "acme")
    audit.organization_loader(lambda: "acme")
    audit.define("secret.plan")
    assert "secret.plan" not in entered(host, "nora").get(TYPES).text


def test_too_many_types_are_told(add: Add, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(types_page, "MOST", 2)
    add(*[event(f"a.{name}") for name in "bcd"])
    page = look(TYPES)
    assert "more than 2 types" in page.text
    assert list(rows(page)) == ["a.b", "a.c"]


def test_that_it_was_read_is_recorded(host: Flask, add: Add, look: Look) -> None:
    add(event("a.b"), event("a.c"))
    look(TYPES)
    everything = Scope(realm="default", organization_id=None)
    found = of(host).store.find(Query(type=READ_TYPE, reads=True), everything, limit=10)
    assert [each.event.details for each in found.records] == [{"action": "types", "records": 2}]


def test_what_others_wrote_is_inert(add: Add, look: Look) -> None:
    add(event(HOSTILE))
    page = look(TYPES)
    assert page.scripts == []
    assert "\u202e" not in page.text
