"""Registering, signing in and out, profile and password, as the log tells them."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from example_app.auth import local_path
from example_app.demo import Browser
from flask_auditlog.testing import Recorded
from tests.example_app.stories import Events
from tests.example_app.stories import invite
from tests.example_app.stories import PASSWORD


def test_registering_is_all_that_it_does(audited: Recorded, ada: Browser) -> None:
    assert audited.types == [
        "admin.ORGANIZATION-CREATE",
        "admin.USER-CREATE",
        "admin.ORGANIZATION_MEMBERSHIP-CREATE",
        "access.LOGIN",
        "access.REGISTER",
        "access.SEND_VERIFY_EMAIL",
    ]
    assert {event.organization_id for event in audited} == {"analytical-engines"}


def test_the_log_knows_who_and_from_where(ada: Browser, events: Events) -> None:
    event = events(type="access.REGISTER")[0]
    assert event.auth_details is not None
    assert event.auth_details.username == "ada@engines.example"
    assert event.auth_details.ip_address == "203.0.113.7"
    assert event.user_agent == "Safari/605.1.15"


def test_a_second_account_with_the_same_address_is_a_failed_registration(
    ada: Browser, visitor: Browser, events: Events
) -> None:
    answer = visitor.send(
        "/register",
        name="Eve",
        email="ADA@engines.example",
        organization="Engines",
        currency="EUR",
        password=PASSWORD,
    )
    assert "There is an account with this address" in answer.text
    assert events()[0].type == "access.REGISTER_ERROR"
    assert events()[0].error == "email_in_use"


def test_two_organizations_of_one_name_are_told_apart(
    ledgerly: Flask, ada: Browser, visitor: Browser, events: Events
) -> None:
    visitor.do(
        "/register",
        name="Eve",
        email="eve@engines.example",
        organization="Analytical Engines!",
        currency="USD",
        password=PASSWORD,
    )
    assert events()[0].organization_id == "analytical-engines-2"


def test_a_wrong_password_belongs_to_the_organization_of_the_account(
    ada: Browser, visitor: Browser, events: Events
) -> None:
    visitor.send("/login", email="ada@engines.example", password="guess")
    event = events()[0]
    assert (event.type, event.error) == ("access.LOGIN_ERROR", "invalid_password")
    assert event.details == {"username": "ada@engines.example"}
    assert event.organization_id == "analytical-engines"


def test_an_unknown_name_belongs_to_nobody(visitor: Browser, events: Events) -> None:
    visitor.send("/login", email="nobody@engines.example", password="guess")
    event = events()[0]
    assert (event.type, event.error) == ("access.LOGIN_ERROR", "user_not_found")
    assert event.organization_id is None


def test_signing_out_is_recorded_with_who_it_was(ada: Browser, events: Events) -> None:
    ada.do("/profile", "/logout")
    event = events()[0]
    assert event.type == "access.LOGOUT"
    assert event.auth_details is not None
    assert event.auth_details.username == "ada@engines.example"
    assert event.organization_id == "analytical-engines"


def test_a_password_is_changed_only_by_who_knows_it(ada: Browser, events: Events) -> None:
    new = {"password": "a better password", "again": "a better password"}
    ada.send("/profile", "/profile/password", current="guess", **new)
    ada.do("/profile", "/profile/password", current=PASSWORD, **new)
    assert [(event.type, event.error) for event in events()[:2]] == [
        ("access.UPDATE_PASSWORD", None),
        ("access.UPDATE_PASSWORD_ERROR", "invalid_password"),
    ]


def test_a_profile_is_recorded_with_what_changed(ada: Browser, audited: Recorded) -> None:
    ada.do("/profile", name="Ada Lovelace", email="ada@engines.example")
    audited.assert_recorded(
        type="admin.USER-UPDATE",
        actor="ada@engines.example",
        details={"changes": {"name": ["Ada", "Ada Lovelace"]}, "label": "ada@engines.example"},
        count=1,
    )
    assert audited.types == ["admin.USER-UPDATE"]


def test_a_form_that_is_not_accepted_is_a_request(ada: Browser, events: Events) -> None:
    ada.send("/profile", name="", email="ada@engines.example")
    assert events()[0].type == "access.REQUEST"
    assert events()[0].resource_path == "/profile"


def test_a_form_without_its_token_is_refused(ada: Browser, events: Events) -> None:
    answer = ada.client.post("/profile", data={"name": "Eve", "email": "eve@engines.example"})
    assert answer.status_code == 400
    assert events()[0].error == "http_400"


def test_an_invitation_is_good_for_one_account(
    ada: Browser, visitor: Browser, events: Events
) -> None:
    path = invite(ada, "member")
    visitor.do(path, name="Grace Hopper", password=PASSWORD)
    assert events(type="access.REGISTER")[0].details == {
        "username": "grace@engines.example",
        "method": "invitation",
    }
    assert visitor.client.get(path).status_code == 410


def test_an_invitation_cannot_be_made_up(visitor: Browser) -> None:
    assert visitor.client.get("/join/MQ.made.up").status_code == 410


@pytest.mark.parametrize(
    ("target", "stays"),
    [
        ("/audit/", True),
        ("/invoices?status=sent", True),
        (None, False),
        ("", False),
        ("https://evil.example/", False),
        ("//evil.example/", False),
        ("/\\evil.example/", False),
        ("/\t/evil.example/", False),
        ("javascript:alert(1)", False),
    ],
)
def test_a_login_leads_to_places_on_this_site_only(target: str | None, stays: bool) -> None:
    assert (local_path(target) is not None) is stays


def link(browser: Browser) -> str:
    """The newest link that was sent."""
    found = re.search(r"http://localhost(/verify/[^\"<\s]+)", browser.look("/outbox"))
    assert found is not None
    return found[1]


def test_an_address_is_verified_by_the_link_that_was_sent(
    ada: Browser, visitor: Browser, audited: Recorded
) -> None:
    assert "is not verified" in ada.look("/profile")
    # In another browser, where nobody is signed in.
    visitor.client.get(link(ada))
    audited.assert_recorded(
        type="access.VERIFY_EMAIL", actor=None, details={"username": "ada@engines.example"}
    )
    assert "is not verified" not in ada.look("/profile")


def test_another_address_is_to_be_verified_again(ada: Browser, audited: Recorded) -> None:
    old = link(ada)
    ada.look(old)
    ada.do("/profile", name="Ada", email="countess@engines.example")
    audited.assert_recorded(
        type="admin.USER-UPDATE",
        changes={"email": ["ada@engines.example", "countess@engines.example"]},
    )
    audited.assert_recorded(
        type="access.SEND_VERIFY_EMAIL", details={"username": "countess@engines.example"}
    )
    assert ada.client.get(old).status_code == 410
    audited.assert_recorded(type="access.VERIFY_EMAIL_ERROR", error="invalid_link")
    ada.do("/profile", "/verify")
    assert link(ada) != old


def test_an_outbox_shows_nobody_elses_letters(ada: Browser, bob: Browser) -> None:
    assert "ada@engines.example" in ada.look("/outbox")
    assert "ada@engines.example" not in bob.look("/outbox")
