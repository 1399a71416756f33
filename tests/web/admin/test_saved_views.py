"""Searches that are kept under a name."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.state import of
from flask_auditlog.store import Scope
from tests.web.admin.conftest import Add
from tests.web.admin.conftest import entered
from tests.web.admin.conftest import Look
from tests.web.admin.samples import event
from tests.web.admin.screen import Element
from tests.web.admin.screen import read

SCOPE = Scope(realm="default", organization_id=None)
HOSTILE = '"><script>alert(1)</script>'


def tabs(page: Element) -> list[str]:
    """The tabs, beside what every log has."""
    return [a.text for a in page.one("nav", "views").all("a")[3:]]


def save(client: FlaskClient, path: str, name: str = "Mine", **fields: str) -> TestResponse:
    """Open *path*, and send the form that keeps it."""
    page = read(client.get(path).text)
    (form,) = [each for each in page.all("form") if each.attrs["action"].startswith("/audit/views")]
    sent = {i.attrs["name"]: i.attrs.get("value", "") for i in form.all("input", type="hidden")}
    return client.post(form.attrs["action"], data=sent | {"name": name} | fields)


def test_a_search_is_kept_found_again_and_deleted(add: Add, admin: FlaskClient, look: Look) -> None:
    add(event("a.b"))
    address = "/audit/?q=type:a.*&zone=Asia/Tokyo&columns=type,ip"
    answer = save(admin, address + "&limit=5", "  My  view ")
    assert (answer.status_code, answer.location) == (303, address)
    page = look("/audit/")
    assert tabs(page) == ["My view"]
    assert page.link("My view") == address
    page = look(address)
    assert page.one("nav", "views").one("a", **{"aria-current": "true"}).text == "My view"
    (form,) = [each for each in page.all("form") if "/delete" in each.attrs["action"]]
    sent = {i.attrs["name"]: i.attrs["value"] for i in form.all("input")}
    assert admin.post(form.attrs["action"], data=sent).location == address
    assert tabs(look(address)) == []


def test_what_was_done_is_on_record(add: Add, admin: FlaskClient, look: Look) -> None:
    add(event())
    save(admin, "/audit/?q=type:a", "Mine", shared="true")
    opened = look("/audit/?q=type:a")
    (form,) = [each for each in opened.all("form") if "/delete" in each.attrs["action"]]
    path = form.attrs["action"].removeprefix("/audit/").removesuffix("/delete")
    page = look("/audit/?type=admin.AUDIT_LOG-CREATE")
    (row,) = page.all("td", "c-what")
    assert row.text.split()[0] == path
    it = look(page.all("td", "c-time")[0].one("a").attrs["href"])
    assert '"name": "Mine"' in it.text


def test_a_view_is_ones_own_unless_it_is_shared_with_who_sees_the_same(
    host: Flask, add: Add, admin: FlaskClient, look: Look, nora: FlaskClient
) -> None:
    add(event(organization_id="northwind"))
    save(admin, "/audit/?q=org:globex", "Globex", shared="true")
    save(admin, "/audit/?q=type:a", "Hidden")
    save(nora, "/audit/?q=type:b", "Ours", shared="true")
    assert tabs(look("/audit/")) == ["Globex shared", "Hidden"]
    # Whose name and search tell of other organizations.
    page = look("/audit/", client=nora)
    assert tabs(page) == ["Ours shared"]
    assert "globex" not in page.text.lower()


def test_a_view_shows_nobody_more_than_they_may_see(
    add: Add, look: Look, nora: FlaskClient
) -> None:
    add(event("theirs", organization_id="globex"), event("ours", organization_id="northwind"))
    location = save(nora, "/audit/?q=org:globex+OR+org:northwind").location
    assert [cell.text for cell in look(location, client=nora).all("td", "c-type")] == ["ours"]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "x" * 61},
        {"name": "\u202e"},
        {"search": "q=acter:x"},
        {"search": "typ=x"},
        {"search": "zone=Mars"},
        {"search": "columns=nothing"},
        {"search": "q=%00"},
        {"search": "a&" * 200},
        {"search": "q=" + "x" * 9000},
    ],
)
def test_what_is_no_view_is_refused(
    add: Add, admin: FlaskClient, look: Look, fields: dict[str, str]
) -> None:
    add(event())
    answer = save(admin, "/audit/?q=type:a", **({"name": "a"} | fields))
    assert answer.status_code == 400
    assert tabs(look("/audit/")) == []


def test_what_is_written_in_a_view_is_inert(add: Add, admin: FlaskClient, look: Look) -> None:
    add(event())
    assert save(admin, "/audit/?q=" + HOSTILE.replace('"', ""), HOSTILE).status_code == 303
    page = look("/audit/")
    assert tabs(page) == [HOSTILE]
    assert page.scripts == []


def test_a_form_of_somebody_else_keeps_and_deletes_nothing(
    host: Flask, add: Add, admin: FlaskClient, look: Look, nora: FlaskClient
) -> None:
    add(event(organization_id="northwind"))
    save(admin, "/audit/?q=type:a")
    (view,) = views(host)
    assert admin.post("/audit/views", data={"name": "x", "search": ""}).status_code == 400
    assert admin.post(f"/audit/views/{view.id}/delete").status_code == 400
    page = read(nora.get("/audit/?q=type:b").text)
    form = next(f for f in page.all("form") if f.attrs["action"].startswith("/audit/views"))
    sent = {i.attrs["name"]: i.attrs.get("value", "") for i in form.all("input", type="hidden")}
    assert nora.post(f"/audit/views/{view.id}/delete", data=sent).status_code == 404
    assert entered(host, "eve").post("/audit/views", data=sent).status_code == 403
    assert views(host) == [view]


def test_a_view_that_cannot_be_put_on_record_is_not_kept(
    host: Flask, add: Add, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def append(*_: Any, **__: Any) -> None:
        raise StoreUnavailable

    add(event())
    page = read(admin.get("/audit/?q=type:a").text)
    form = next(f for f in page.all("form") if f.attrs["action"].startswith("/audit/views"))
    sent = {i.attrs["name"]: i.attrs.get("value", "") for i in form.all("input", type="hidden")}
    monkeypatch.setattr(of(host).store, "append", append)
    assert admin.post("/audit/views", data=sent | {"name": "a"}).status_code == 503
    assert views(host) == []


def views(host: Flask) -> list[Any]:
    """What admin sees of the whole realm."""
    from_ = of(host).store.saved_views
    with host.app_context():
        return from_.seen(SCOPE, "admin", at_most=10)
