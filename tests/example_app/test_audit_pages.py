"""Who sees what of the log, and that no secret is in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from example_app.demo import Browser
from tests.example_app.stories import Events
from tests.example_app.stories import invite
from tests.example_app.stories import invoice
from tests.example_app.stories import joined
from tests.example_app.stories import PASSWORD


def test_a_stranger_is_led_to_the_login_and_from_there_to_the_log(
    ada: Browser, visitor: Browser
) -> None:
    answer = visitor.client.get("/audit/")
    assert answer.status_code == 302
    there = visitor.do(answer.location, email="ada@engines.example", password=PASSWORD)
    assert "access.LOGIN" in visitor.look(there)


def test_an_owner_sees_their_own_organization_only(ada: Browser, bob: Browser) -> None:
    assert "ada@engines.example" in ada.look("/audit/")
    assert "bob@builders.example" not in ada.look("/audit/")
    assert "bob@builders.example" in bob.look("/audit/")


def test_an_owner_sees_who_tried_their_account(ada: Browser, visitor: Browser) -> None:
    visitor.send("/login", email="ada@engines.example", password="guess")
    assert "access.LOGIN_ERROR" in ada.look("/audit/")


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("member", 403), ("viewer", 403)])
def test_the_role_decides_who_sees_the_log(
    ledgerly: Flask, ada: Browser, role: str, status: int
) -> None:
    grace = joined(ledgerly, ada, role)
    assert grace.client.get("/audit/").status_code == status
    assert ('href="/audit/"' in grace.look("/")) is (status == 200)


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("member", 403)])
def test_who_runs_an_organization_sees_its_activity_in_a_frame(
    ledgerly: Flask, ada: Browser, bob: Browser, visitor: Browser, role: str, status: int
) -> None:
    grace = joined(ledgerly, ada, role)
    answer = grace.client.get("/activity")
    assert answer.status_code == status
    assert ('href="/activity"' in grace.look("/")) is (status == 200)
    if status == 200:
        url = answer.text.partition('<iframe class="viewer" title="Activity" src="')[2]
        # The frame brings no cookie along.
        shown = visitor.client.get(url.partition('"')[0])
        assert "What happened in <bdi>Analytical Engines</bdi>" in shown.text
        assert "bob@builders.example" not in shown.text
        assert "/static/viewer.css" in shown.text
        assert shown.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")


def test_staff_sees_everybody(ledgerly: Flask, ada: Browser, bob: Browser, events: Events) -> None:
    done = ledgerly.test_cli_runner().invoke(args=["make-staff", "ada@engines.example"])
    assert done.output == "Ada is staff now.\n"
    made = events(type="admin.USER-UPDATE")[0]
    assert (made.details or {})["changes"] == {"is_staff": [False, True]}
    # Whoever typed the command.
    assert made.auth_details is not None
    assert made.auth_details.client_id == "cli"
    assert "bob@builders.example" in ada.look("/audit/")


def test_only_who_is_there_becomes_staff(ledgerly: Flask) -> None:
    done = ledgerly.test_cli_runner().invoke(args=["make-staff", "nobody@engines.example"])
    assert done.exit_code == 1
    assert "Nobody here has the address" in done.output


def test_no_secret_is_in_the_log(
    ledgerly: Flask, ada: Browser, visitor: Browser, tmp_path: Path
) -> None:
    token = invite(ada, "member").rpartition("/")[2]
    visitor.send(f"/join/{token}", name="", password="too short")
    visitor.send("/login", email="ada@engines.example", password="hunter2-guessed")
    new = {"password": "a better password", "again": "a better password"}
    ada.do("/profile", "/profile/password", current=PASSWORD, **new)
    place = invoice(ada)
    ada.do(place, f"{place}/send")
    ada.do(place, f"{place}/pay", method="card", reference="by phone, 4111 1111 1111 1111")

    stored = b"".join(path.read_bytes() for path in tmp_path.glob("auditlog.sqlite*"))
    cookie = ada.client.get_cookie("session")
    assert cookie is not None
    assert b"by phone, " in stored
    for secret in (
        PASSWORD,
        "hunter2-guessed",
        "a better password",
        "too short",
        "4111 1111 1111 1111",
        "scrypt:",
        token,
        cookie.value,
        str(ledgerly.secret_key),
    ):
        assert secret.encode() not in stored, secret
