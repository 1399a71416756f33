from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from flask_auditlog import Actor
from tests.apps import last
from tests.apps import MakeApp
from tests.cli.shell import ok
from tests.cli.shell import refused
from tests.cli.shell import run

PUBLISH = ["--permission", "publish-events"]


@pytest.fixture
def host(make_app: MakeApp) -> Flask:
    return make_app()


def test_a_realm_is_added_once(host: Flask) -> None:
    assert ok(host, "realm", "add", "acme") == "Realm acme added.\n"
    assert ok(host, "realm", "add", "acme") == "Realm acme was there already.\n"
    assert ok(host, "realm", "list").split() == ["acme", "default"]


@pytest.mark.parametrize("name", ["a/b", "", " ", "ü", "x" * 64, "-a", "a\x1b[1m"])
def test_a_realm_has_a_plain_name(host: Flask, name: str) -> None:
    assert "realm's name is" in refused(host, "realm", "add", "--", name)


def test_a_secret_is_all_that_is_on_standard_output(host: Flask) -> None:
    result = run(host, "token", "create", *PUBLISH)
    assert re.fullmatch(r"al_[\w-]{43}\n", result.stdout)
    assert result.stdout.strip() not in result.stderr
    assert "not shown again" in result.stderr


def post(app: Flask, secret: str, body: dict[str, Any], realm: str = "default") -> int:
    return (
        app.test_client()
        .post(
            f"/audit/realms/{realm}/events",
            json=body,
            headers={"Authorization": f"Bearer {secret}"},
        )
        .status_code
    )


def test_a_token_may_do_what_it_was_made_for(host: Flask) -> None:
    secret = ok(host, "token", "create", *PUBLISH, "--name", "billing").strip()
    assert post(host, secret, {"type": "a"}) == 202
    event = last(host)
    assert event.auth_details is not None
    assert event.auth_details.client_id == "billing"
    read = {"Authorization": f"Bearer {secret}"}
    answer = host.test_client().get("/audit/realms/default/events", headers=read)
    assert answer.status_code == 403


def test_a_token_is_of_one_realm_and_may_be_bound_to_an_organization(host: Flask) -> None:
    ok(host, "realm", "add", "acme")
    words = ["token", "create", *PUBLISH, "--realm", "acme", "--organization", "o1"]
    secret = ok(host, *words).strip()
    assert post(host, secret, {"type": "a"}) == 401
    assert post(host, secret, {"type": "a", "organizationId": "o2"}, "acme") == 403
    assert post(host, secret, {"type": "a"}, "acme") == 202


@pytest.mark.parametrize(
    "words",
    [[], ["--permission", "all"], [*PUBLISH, "--days", "0"], [*PUBLISH, "--days", "x"]],
    ids=" ".join,
)
def test_a_token_needs_a_permission_and_a_right_life(host: Flask, words: list[str]) -> None:
    assert run(host, "token", "create", *words).exit_code == 2
    assert ok(host, "token", "list") == ""


def test_a_token_of_a_realm_that_is_not_there_is_not_made(host: Flask) -> None:
    assert "no realm nowhere" in refused(host, "token", "create", *PUBLISH, "--realm", "nowhere")


def test_the_list_shows_everything_but_the_secret(host: Flask) -> None:
    words = ["--name", "billing", "--organization", "o1", "--days", "30"]
    secret = ok(host, "token", "create", *PUBLISH, *words).strip()
    post(host, secret, {"type": "a"})
    (line,) = ok(host, "token", "list").splitlines()
    assert re.search(r"\w{16}  billing  default  org o1  publish-events  expires 20\d\d-", line)
    assert re.search(r"used 20\d\d-", line)
    assert secret not in line


def test_a_revoked_token_ends_at_once(host: Flask) -> None:
    secret = ok(host, "token", "create", *PUBLISH).strip()
    assert post(host, secret, {"type": "a"}) == 202
    identity = ok(host, "token", "list").split()[0]
    assert "is revoked" in ok(host, "token", "revoke", identity)
    assert post(host, secret, {"type": "a"}) == 401
    assert "revoked" in ok(host, "token", "list")


def test_what_is_done_to_realms_and_tokens_is_recorded_and_hidden_by_default(host: Flask) -> None:
    ok(host, "realm", "add", "acme")
    ok(host, "token", "create", *PUBLISH, "--name", "billing")
    ok(host, "token", "revoke", ok(host, "token", "list").split()[0])
    assert ok(host, "search") == ""
    shown = ok(host, "search", "--type", "admin.AUDIT_LOG-*", "--operation", "CREATE")
    assert "realms/acme" in shown
    assert "tokens/" in shown
    ended = ok(host, "search", "--reads", "true", "--operation", "DELETE", "--json")
    assert '"name":"billing"' in ended
    assert '"source":"system"' in ended


def test_a_token_that_is_not_there_cannot_be_revoked(host: Flask) -> None:
    assert "There is no token" in refused(host, "token", "revoke", "nothing")


def test_a_name_cannot_forge_a_line(host: Flask) -> None:
    ok(host, "token", "create", *PUBLISH, "--name", "a\x1b[2J\nfake  line\u202e")
    (line,) = ok(host, "token", "list").splitlines()
    assert r"a\u001b[2J\u000afake  line\u202e" in line


def test_an_operator_without_a_name_is_unknown(
    host: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    ok(host, "search")
    assert last(host).auth_details == Actor(realm_id="default", username="unknown", client_id="cli")
