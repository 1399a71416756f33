"""Only a form of ours, sent by whom it was shown to, does anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_wtf import CSRFProtect

from flask_auditlog.state import of
from flask_auditlog.store import SqlStore
from flask_auditlog.web.admin import forms
from tests.web.admin.conftest import entered
from tests.web.admin.webhooks.conftest import EVERYTHING
from tests.web.admin.webhooks.conftest import Hook
from tests.web.admin.webhooks.conftest import make_hooking
from tests.web.admin.webhooks.conftest import Person
from tests.web.admin.webhooks.conftest import recorded
from tests.web.admin.webhooks.conftest import values


@pytest.fixture
def address(hook: Hook) -> str:
    """A webhook's page."""
    return f"/audit/webhooks/{hook().id}"


def is_enabled(store: SqlStore, address: str) -> bool:
    """Whether it still is."""
    found = store.endpoints.get(address.rpartition("/")[2], EVERYTHING)
    assert found is not None
    return found.enabled


def token(person: Person, address: str) -> str:
    """The token of the forms of a page."""
    return values(person.look(address).all("form")[0])[forms.NAME]


def test_a_form_of_ours_is_heard(admin: Person, address: str, store: SqlStore) -> None:
    answer = admin.send(address, to=f"{address}/disable")
    assert answer.status_code == 303
    assert not is_enabled(store, address)


@pytest.mark.parametrize("wrong", ["", "x", "W10.AAAA.x"])
def test_without_its_token_nothing_is_done(
    admin: Person, address: str, store: SqlStore, wrong: str
) -> None:
    admin.look(address)
    answer = admin.client.post(f"{address}/disable", data={forms.NAME: wrong})
    assert answer.status_code == 400
    assert "Nothing was done" in answer.text
    assert is_enabled(store, address)
    (denied,) = recorded(store, "access.PERMISSION_DENIED")
    assert (denied.details or {})["reason"] == "form_refused"


def test_the_token_of_somebody_else_is_none(
    admin: Person, person: Callable[[str], Person], address: str, store: SqlStore
) -> None:
    other = person("half")
    stolen = token(other, "/audit/webhooks/new")
    cookie = other.client.get_cookie(forms.NAME, path="/audit/")
    assert cookie is not None
    admin.client.set_cookie(forms.NAME, cookie.value, path="/audit/")
    answer = admin.client.post(f"{address}/disable", data={forms.NAME: stolen})
    assert answer.status_code == 400
    assert is_enabled(store, address)


def test_a_token_without_the_cookie_it_was_given_with_is_none(
    admin: Person, address: str, store: SqlStore
) -> None:
    known = token(admin, address)
    admin.client.delete_cookie(forms.NAME, path="/audit/")
    assert admin.client.post(f"{address}/disable", data={forms.NAME: known}).status_code == 400
    assert is_enabled(store, address)


def test_a_form_ends(
    admin: Person, address: str, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = token(admin, address)
    monkeypatch.setattr(forms, "LASTS", -1)
    assert admin.client.post(f"{address}/disable", data={forms.NAME: known}).status_code == 400
    assert is_enabled(store, address)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://seen.from.outside"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "same-site"}, 400),
        ({"Sec-Fetch-Site": "cross-site"}, 400),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "https://evil.example"}, 400),
        ({"Origin": "http://localhost.evil.example"}, 400),
        ({"Origin": "null"}, 400),
    ],
)
def test_a_form_that_comes_from_elsewhere_is_refused(
    admin: Person, address: str, headers: dict[str, str], status: int
) -> None:
    data = {forms.NAME: token(admin, address)}
    answer = admin.client.post(f"{address}/disable", data=data, headers=headers)
    assert answer.status_code == status


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(admin: Person, address: str) -> None:
    cookie = admin.client.get(address).headers["Set-Cookie"]
    assert {"HttpOnly", "Path=/audit/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    admin.client.delete_cookie(forms.NAME, path="/audit/")
    secure = admin.client.get(address, base_url="https://localhost").headers.getlist("Set-Cookie")
    assert any("Secure" in each for each in secure)


def test_who_may_only_look_gets_no_token(person: Callable[[str], Person], address: str) -> None:
    answer = person("viewer").client.get(address)
    assert forms.NAME not in answer.text
    assert "Set-Cookie" not in answer.headers


def test_a_form_that_is_too_large_is_not_read(admin: Person, address: str) -> None:
    data = {forms.NAME: "x" * (forms.MOST_BYTES + 1)}
    answer = admin.client.post(f"{address}/disable", data=data)
    assert answer.status_code == 413
    assert "too large" in answer.text


def test_the_protection_of_the_hosts_flask_wtf_lets_our_forms_pass() -> None:
    host: Flask = make_hooking()
    CSRFProtect(host)
    admin = Person(entered(host, "admin"))
    page = admin.client.get("/audit/webhooks/new")
    assert re.search('name="csrf_token" value="[^"]+"', page.text)
    typed: dict[str, Any] = {"url": "https://93.184.216.34/"}
    assert admin.send("/audit/webhooks/new", **typed).status_code == 200
    with host.app_context():
        assert of(host).store.endpoints.count(EVERYTHING) == 1
    # And without the host's token it is the host that refuses.
    assert admin.send("/audit/webhooks/new", csrf_token="", **typed).status_code == 400
