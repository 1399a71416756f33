"""Members and their roles, as the log tells them."""

from __future__ import annotations

import pytest
from flask import Flask

from example_app.demo import Browser
from flask_auditlog.testing import Recorded
from tests.example_app.stories import Events
from tests.example_app.stories import invite
from tests.example_app.stories import joined

GRACE = "/members/2"
PATH = "memberships/2"


def test_an_invitation_makes_a_member(ada: Browser, audited: Recorded) -> None:
    invite(ada, "viewer")
    audited.assert_recorded(
        type="admin.ORGANIZATION_MEMBERSHIP-CREATE",
        actor="ada@engines.example",
        resource_path=PATH,
        changes={"role": [None, "viewer"]},
        details={"labels": {"user_id": [None, "grace@engines.example"]}},
    )


def test_another_role_is_recorded_with_both(ada: Browser, audited: Recorded) -> None:
    invite(ada, "viewer")
    ada.do("/members/", GRACE, role="admin")
    audited.assert_recorded(
        type="admin.ORGANIZATION_MEMBERSHIP-UPDATE",
        resource_path=PATH,
        details={"changes": {"role": ["viewer", "admin"]}},
    )


def test_a_removed_member_is_recorded_and_sees_nothing_more(
    ledgerly: Flask, ada: Browser, events: Events
) -> None:
    grace = joined(ledgerly, ada, "member")
    ada.do("/members/", f"{GRACE}/remove")
    event = events()[0]
    assert (event.type, event.resource_path) == ("admin.ORGANIZATION_MEMBERSHIP-DELETE", PATH)
    assert grace.client.get("/invoices").status_code == 403
    assert "You are not in an organization" in grace.look("/")


def test_a_removed_member_can_be_invited_again(ledgerly: Flask, ada: Browser) -> None:
    grace = joined(ledgerly, ada, "member")
    ada.do("/members/", f"{GRACE}/remove")
    ada.do("/members/", name="Grace", email="grace@engines.example", role="viewer")
    assert grace.client.get("/invoices").status_code == 200


def test_somebody_elses_member_cannot_be_invited(ada: Browser, bob: Browser) -> None:
    answer = bob.send("/members/", name="Ada", email="ada@engines.example", role="viewer")
    assert "already a member of an organization" in answer.text


def test_the_last_owner_stays(ada: Browser, events: Events) -> None:
    before = len(events(type="admin.*"))
    ada.do("/members/", "/members/1/remove")
    ada.do("/members/", "/members/1", role="viewer")
    assert "An organization needs an owner" in ada.look("/members/")
    assert len(events(type="admin.*")) == before


@pytest.mark.parametrize(
    ("role", "path", "form"),
    [
        ("admin", "/members/1", {"role": "viewer"}),
        ("admin", "/members/1/remove", {}),
        ("admin", "/members/2", {"role": "owner"}),
        ("member", "/members/2", {"role": "admin"}),
        ("viewer", "/members/1/remove", {}),
    ],
)
def test_nobody_rises_above_their_role(
    ledgerly: Flask, ada: Browser, events: Events, role: str, path: str, form: dict[str, str]
) -> None:
    grace = joined(ledgerly, ada, role)
    assert grace.send("/profile", path, **form).status_code == 403
    event = events()[0]
    assert (event.type, event.error) == ("access.PERMISSION_DENIED", "http_403")
    assert event.resource_path == path


def test_members_of_another_organization_are_not_there(ada: Browser, bob: Browser) -> None:
    assert bob.send("/profile", "/members/1/remove").status_code == 404
