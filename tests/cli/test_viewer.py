"""``flask auditlog viewer``: links made, listed and ended."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from flask import Flask

from flask_auditlog.state import of
from flask_auditlog.store import Scope
from tests.apps import MakeApp
from tests.cli.shell import ok
from tests.cli.shell import refused
from tests.cli.shell import run


@pytest.fixture
def host(make_app: MakeApp) -> Flask:
    return make_app()


LINK = ("--organization", "northwind")


def opens(host: Flask, printed: str) -> int:
    """The status of the page that a link leads to."""
    return host.test_client().get(urlsplit(printed.strip()).path).status_code


def test_a_link_is_made_listed_and_ended(host: Flask) -> None:
    printed = ok(
        host, "viewer", "create", *LINK, "--actor", "7", "--organization-name", "Northwind"
    )
    assert printed.startswith("/audit/viewer/al_view_")
    assert opens(host, printed) == 200
    (line,) = ok(host, "viewer", "list").splitlines()
    assert "org northwind  for 7  ends " in line
    assert printed.split("/")[-2] not in line
    assert "is revoked" in ok(host, "viewer", "revoke", line.split()[0])
    assert opens(host, printed) == 404
    assert ok(host, "viewer", "list") == ""
    found = ok(host, "search", "--org", "northwind", "--reads", "true")
    assert "viewer-links/" in found
    assert printed.split("/")[-2] not in found


def test_a_whole_address_is_printed_where_it_is_known(host: Flask) -> None:
    host.config.update(SERVER_NAME="app.example.com", PREFERRED_URL_SCHEME="https")
    printed = ok(host, "viewer", "create", *LINK)
    assert printed.startswith("https://app.example.com/audit/viewer/al_view_")


def test_who_makes_a_link_for_nobody_looks_for_themselves(host: Flask) -> None:
    ok(host, "viewer", "create", *LINK, "--embed", "self", "--minutes", "5")
    with host.app_context():
        scope = Scope(realm="default", organization_id=None)
        (link,) = of(host).store.viewer_links.living(scope, at_most=2)
    assert link.username == link.created_by
    assert link.username
    assert link.embed == ("self",)
    assert link.expires_time - link.created_time == 300_000


def test_what_may_be_changed_with_a_link_is_said_and_listed(host: Flask) -> None:
    assert opens(host, ok(host, "viewer", "create", *LINK).strip() + "webhooks") == 404
    printed = ok(host, "viewer", "create", *LINK, "--allow", "webhooks")
    assert opens(host, printed.strip() + "webhooks") == 200
    lines = ok(host, "viewer", "list").splitlines()
    assert sum("may change webhooks" in line for line in lines) == 1


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--organization", "a", "--minutes", "0"],
        [*LINK, "--minutes", "1441"],
        [*LINK, "--allow", "all"],
    ],
)
def test_a_link_needs_an_organization_and_a_right_life(host: Flask, words: list[str]) -> None:
    assert run(host, "viewer", "create", *words).exit_code == 2


def test_what_cannot_be_is_said(host: Flask) -> None:
    assert "no realm nowhere" in refused(host, "viewer", "create", *LINK, "--realm", "nowhere")
    assert "https://app.example.com" in refused(host, "viewer", "create", *LINK, "--embed", "*")
    assert "no such viewer link" in refused(host, "viewer", "revoke", "nothing")


def test_a_link_is_ended_in_its_own_realm(host: Flask) -> None:
    ok(host, "realm", "add", "beta")
    printed = ok(host, "viewer", "create", *LINK, "--realm", "beta")
    assert ok(host, "viewer", "list") == ""
    identity = ok(host, "viewer", "list", "--realm", "beta").split()[0]
    assert "no such viewer link" in refused(host, "viewer", "revoke", identity)
    assert opens(host, printed) == 200


def test_what_an_attacker_wrote_reaches_no_terminal(host: Flask) -> None:
    ok(host, "viewer", "create", "--organization", "a\x1b[2J\u202e", "--actor", "b\x1b[2J\nfake")
    (line,) = ok(host, "viewer", "list").splitlines()
    assert line.isprintable()
