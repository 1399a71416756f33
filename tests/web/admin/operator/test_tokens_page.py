"""Tokens on their page: made and shown once, ended, and never more than their maker may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.store import SqlStore
from flask_auditlog.store import Token
from tests.web.admin.screen import read
from tests.web.admin.webhooks.conftest import MAY
from tests.web.admin.webhooks.conftest import Person
from tests.web.admin.webhooks.conftest import recorded
from tests.web.admin.webhooks.conftest import values

PAGE = "/audit/tokens"
HOSTILE = '"><script>alert(1)</script>'


def made_by(one: Person, **typed: Any) -> str:
    """Make a token on the page; return its secret."""
    answer = one.send(PAGE, **({"name": "siem", "permission": "view-events"} | typed))
    assert answer.status_code == 200, answer.text
    return read(answer.text).one("input", readonly="").attrs["value"]


def only(store: SqlStore) -> Token:
    """The only token there is."""
    (found,) = store.tokens.all()
    return found


def test_a_token_is_made_shown_once_and_opens_the_api(
    hooking: Flask, admin: Person, store: SqlStore
) -> None:
    secret = made_by(admin)
    made = only(store)
    assert (made.name, list(made.permissions), made.created_by) == (
        "siem",
        ["view-events"],
        "admin",
    )
    assert made.expires_time is not None
    api = hooking.test_client()
    headers = {"Authorization": f"Bearer {secret}"}
    assert api.get("/audit/realms/default/events", headers=headers).status_code == 200
    text = admin.client.get(PAGE).text
    assert secret not in text
    assert "siem" in text
    (event,) = recorded(store, "admin.AUDIT_LOG-CREATE")
    assert (event.details or {})["permissions"] == ["view-events"]
    assert (event.auth_details and event.auth_details.user_id) == "admin"


def test_a_permission_is_called_the_same_in_the_form_and_in_the_list(admin: Person) -> None:
    made_by(admin, permission=["view-events", "manage-events"])
    page = read(admin.client.get(PAGE).text)
    offered = [label.text for label in page.all("label", "check")]
    assert offered[:2] == ["read events view-events", "change webhooks manage-events"]
    assert ", ".join(offered[:2]) in page.one("tbody").one("th").text


def test_a_token_is_ended_at_once(admin: Person, store: SqlStore) -> None:
    secret = made_by(admin, days="")
    assert only(store).expires_time is None
    assert admin.send(PAGE).location == PAGE
    assert store.tokens.find(secret) is None
    page = admin.look(PAGE)
    assert "Revoked" in page.one("tbody").text
    assert len(page.all("form", method="post")) == 1
    assert len(recorded(store, "admin.AUDIT_LOG-DELETE")) == 1


def test_who_may_not_change_anything_sees_no_tokens(
    person: Callable[[str], Person], store: SqlStore
) -> None:
    for name, may in MAY.items():
        one = person(name)
        status = 200 if may["manage-events"] else 403
        assert one.client.get(PAGE).status_code == status
        assert one.client.post(PAGE).status_code == (400 if status == 200 else 403)
        assert one.client.post(f"{PAGE}/x/revoke").status_code == (400 if status == 200 else 403)
    assert store.tokens.all() == []


def test_what_a_customer_makes_is_bound_to_them(
    person: Callable[[str], Person], store: SqlStore
) -> None:
    made_by(person("nora"), organization="contoso")
    assert only(store).organization_id == "northwind"
    assert "siem" in person("half").client.get(PAGE).text
    assert "siem" not in person("carl").client.get(PAGE).text


def test_the_token_of_another_customer_is_not_there_to_be_ended(
    person: Callable[[str], Person], store: SqlStore
) -> None:
    made_by(person("nora"))
    carl = person("carl")
    fields = values(carl.look(PAGE).one("form", method="post"))
    answer = carl.client.post(f"{PAGE}/{only(store).id}/revoke", data=fields)
    assert answer.status_code == 404
    assert only(store).revoked_time is None


@pytest.mark.parametrize(
    "typed",
    [
        {"permission": "publish-as"},
        {"permission": ["view-events", "publish-events"]},
        {"permission": []},
        {"permission": "everything"},
        {"name": " "},
        {"name": "a\x07"},
        {"name": "x" * 256},
        {"days": "99999"},
        {"organization": "x" * 1000},
    ],
)
def test_nobody_gives_what_they_do_not_have_and_nothing_that_cannot_be(
    admin: Person, store: SqlStore, typed: dict[str, Any]
) -> None:
    answer = admin.send(PAGE, **({"name": "siem", "permission": "view-events"} | typed))
    assert answer.status_code == 400
    assert read(answer.text).one("p", role="alert").text
    assert store.tokens.all() == []


def test_a_token_that_could_not_be_recorded_opens_nothing(
    admin: Person, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def append(*_: object, **__: object) -> None:
        raise StoreUnavailable

    admin.look(PAGE)
    monkeypatch.setattr(store, "append", append)
    assert admin.send(PAGE, name="siem", permission="view-events").status_code == 503
    assert only(store).revoked_time is not None


def test_a_name_is_inert(admin: Person) -> None:
    made_by(admin, name=HOSTILE)
    page = admin.look(PAGE)
    assert page.scripts == []
    assert "<script>" in page.text
