"""Viewer links on the page of tokens: who sees which, and who ends them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask import Flask

from flask_auditlog import Actor
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.web.viewer import making
from tests.web.admin.screen import Element
from tests.web.admin.webhooks.conftest import MAY
from tests.web.admin.webhooks.conftest import Person
from tests.web.admin.webhooks.conftest import recorded

PAGE = "/audit/tokens"
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def path(hooking: Flask) -> str:
    """A link to northwind's events, for somebody with a bad name."""
    with hooking.test_request_context():
        new = making.wanted("northwind", actor=Actor(username=HOSTILE))
        return urlsplit(making.address_of(making.keep(new))).path


def section(page: Element) -> list[Element]:
    """The rows of the section of links."""
    found = page.all("section", **{"aria-labelledby": "links"})
    return found[0].all("tr")[1:] if found else []


@pytest.mark.parametrize("name", MAY)
def test_a_link_is_seen_and_ended_by_who_manages_its_organization(
    hooking: Flask, path: str, name: str, person: Callable[[str], Person]
) -> None:
    one, theirs = person(name), bool(MAY[name]["manage-events"] & {None, "northwind"})
    seen = section(one.look(PAGE)) if MAY[name]["manage-events"] else []
    assert len(seen) == theirs
    guest = hooking.test_client()
    assert guest.get(path).status_code == 200
    # The form of the one who sees it, sent by this one.
    form = section(person("admin").look(PAGE))[0].one("form").attrs["action"]
    if seen:
        assert one.send(PAGE).location == PAGE
    else:
        assert one.client.post(form).status_code in (400, 403, 404)
    assert guest.get(path).status_code == (404 if theirs else 200)


def test_nobody_ends_a_link_of_others_with_a_form_of_their_own(
    hooking: Flask, path: str, store: SqlStore, person: Callable[[str], Person]
) -> None:
    carl = person("carl")
    (link,) = store.viewer_links.living(Scope(realm="default", organization_id=None), at_most=2)
    answer = carl.send(PAGE, to=f"/audit/viewer-links/{link.id}/revoke")
    unknown = carl.send(PAGE, to="/audit/viewer-links/nothing/revoke")
    assert answer.status_code == unknown.status_code == 404
    assert answer.text == unknown.text
    assert hooking.test_client().get(path).status_code == 200


def test_a_link_is_shown_without_its_secret_and_ended_on_record(
    path: str, admin: Person, store: SqlStore
) -> None:
    text = admin.client.get(PAGE).text
    assert path.split("/")[-2] not in text
    assert "<script>" not in text
    assert "of northwind" in section(admin.look(PAGE))[0].text
    admin.send(PAGE)
    assert section(admin.look(PAGE)) == []
    (ended,) = recorded(store, "admin.AUDIT_LOG-DELETE")
    assert str(ended.resource_path).startswith("viewer-links/")
    assert ended.organization_id == "northwind"
    assert ended.auth_details is not None
    assert ended.auth_details.user_id == "admin"


def test_what_may_be_changed_with_a_link_is_said(hooking: Flask, admin: Person) -> None:
    with hooking.test_request_context():
        making.keep(making.wanted("northwind", actor="7"))
        making.keep(making.wanted("northwind", actor="8", allow={"webhooks"}))
    rows = [each.text for each in section(admin.look(PAGE))]
    assert ["may change webhooks" in each for each in rows] == [
        each.startswith("8") for each in rows
    ]
    assert len(rows) == 2
    with hooking.test_request_context():
        making.keep(making.wanted("northwind", actor="9", allow={"tokens"}))
    assert any("may make tokens" in each.text for each in section(admin.look(PAGE)))
