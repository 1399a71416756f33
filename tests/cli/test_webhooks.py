"""The commands of webhooks: what they do is on record, and no secret is shown but once."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog import state
from flask_auditlog.delivery import catch_all
from flask_auditlog.delivery.fanout import expand
from flask_auditlog.store.webhooks import Attempt
from flask_auditlog.store.webhooks import Ending
from tests.apps import events
from tests.apps import MakeApp
from tests.cli.shell import ok
from tests.cli.shell import OPERATOR
from tests.cli.shell import refused
from tests.cli.shell import run
from tests.delivery.sinks import certificate

URL = "https://hooks.example.com/audit"
NONE = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def host(make_app: MakeApp) -> Flask:
    return make_app()


def make(host: Flask, *words: str) -> list[str]:
    """Make a webhook; return what is on standard output: its id, and its secret."""
    return ok(host, "webhook", "create", "--url", URL, "--type", "invoice.*", *words).split()


def shown(host: Flask, webhook_id: str, *words: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(ok(host, "webhook", "show", webhook_id, *words))
    return told


def sent(host: Flask, webhook_id: str) -> list[dict[str, Any]]:
    """Record an event, send nothing, and return what waits, newest first."""
    with host.app_context():
        AuditLog().record("invoice.paid")
        AuditLog().events.deliveries.fan_out(expand, limit=100)
    lines = ok(host, "webhook", "sends", webhook_id, "--json").splitlines()
    return [json.loads(line) for line in lines]


def test_one_is_made_and_shown_with_its_secret_once(host: Flask) -> None:
    made, secret = make(host, "--description", "ours", "--timeout", "3")
    assert secret.startswith("whsec_")
    told = shown(host, made)
    assert (told["url"], told["enabled"], told["authType"]) == (URL, True, "hmac")
    assert (told["description"], told["timeout"]) == ("ours", 3.0)
    assert told["health"]["breaker"] == "closed"
    for words in (["list"], ["show", made]):
        assert secret not in run(host, "webhook", *words).output
    assert ok(host, "webhook", "secret", made).strip() == secret


def test_a_filter_stands_for_all_types_unless_some_are_named(host: Flask) -> None:
    made = ok(host, "webhook", "create", "--url", URL, "--filter", "org:acme").split()[0]
    assert (shown(host, made)["eventTypes"], shown(host, made)["filter"]) == (["*"], "org:acme")
    assert "did you mean `actor`?" in refused(
        host, "webhook", "update", made, "--filter", "acter:a"
    )
    ok(host, "webhook", "update", made, "--filter", "")
    assert "filter" not in shown(host, made)


def test_the_list_is_of_a_realm_and_newest_first(host: Flask) -> None:
    ok(host, "realm", "add", "acme")
    first, second = make(host)[0], make(host, "--disabled", "--organization", "o1")[0]
    make(host, "--realm", "acme")
    lines = ok(host, "webhook", "list").splitlines()
    assert [line.split()[0] for line in lines] == [second, first]
    assert "disabled (manual)  org o1" in lines[0]
    assert f"enabled  whole realm  hmac  {URL}  invoice.*" in lines[1]


def test_a_list_of_any_length_is_whole(host: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flask_auditlog.cli.webhooks._AT_ONCE", 2)
    for count in range(4):
        assert len(ok(host, "webhook", "list").splitlines()) == count
        make(host)


def test_secrets_and_headers_come_from_files(host: Flask, tmp_path: Path) -> None:
    secret, headers = tmp_path / "secret", tmp_path / "headers"
    secret.write_text("opaque\n")
    headers.write_text("X-Key: a: b\n\nX-Other:c\n")
    made, *more = make(host, "--secret-file", str(secret), "--headers-file", str(headers))
    assert more == []
    assert shown(host, made)["headerNames"] == ["X-Key", "X-Other"]
    assert ok(host, "webhook", "secret", made) == "opaque\n"


def test_one_is_changed_in_what_is_given(host: Flask) -> None:
    made, secret = make(host, "--attributes", '{"team": "a"}')
    assert ok(host, "webhook", "update", made, "--type", "access.*", "--rate-limit", "5") == ""
    told = shown(host, made)
    assert (told["eventTypes"], told["rateLimit"], told["url"]) == (["access.*"], 5.0, URL)
    assert told["attributes"] == {"team": "a"}
    assert ok(host, "webhook", "secret", made).strip() == secret


def test_a_certificate_and_its_key_come_from_one_file(host: Flask, tmp_path: Path) -> None:
    both = certificate(tmp_path / "acme")
    made, *_ = make(host, "--certificate-file", str(both), "--ca-file", str(both))
    assert shown(host, made)["hasTls"] is True
    assert "BEGIN" not in str(shown(host, made))


def test_an_order_is_seen_in_the_list(host: Flask) -> None:
    made, _ = make(host, "--ordering", "fifo")
    assert shown(host, made)["ordering"] == "fifo"
    assert f"  fifo  {URL}  " in ok(host, "webhook", "list")
    ok(host, "webhook", "update", made, "--ordering", "none")
    assert "fifo" not in ok(host, "webhook", "list")


def test_one_that_is_only_polled_has_no_url_and_no_secret(host: Flask) -> None:
    made, *more = ok(host, "webhook", "create", "--polling-only", "--type", "*").split()
    assert more == []
    assert (shown(host, made)["pollingOnly"], shown(host, made)["authType"]) == (True, "none")
    assert "  polled  *" in ok(host, "webhook", "list")
    assert sent(host, made) == []
    assert "only polled" in refused(host, "webhook", "test", made)
    ok(host, "webhook", "update", made, "--type", "invoice.*")
    assert "never changes" in refused(host, "webhook", "update", make(host)[0], "--polling-only")


def test_a_secret_is_rotated(host: Flask) -> None:
    made, secret = make(host)
    new = ok(host, "webhook", "rotate", made, "--grace", "1").strip()
    assert new != secret
    assert ok(host, "webhook", "secret", made).strip() == new
    chosen = run(host, "webhook", "rotate", made, "--secret-file", "-", input="mine\n")
    assert chosen.stdout == "mine\n"


def test_one_is_disabled_enabled_and_deleted(host: Flask) -> None:
    made, _ = make(host)
    ok(host, "webhook", "disable", made)
    assert shown(host, made)["disabledReason"] == "manual"
    assert [each["state"] for each in sent(host, made)] == ["held"]
    ok(host, "webhook", "enable", made)
    assert shown(host, made)["enabled"]
    assert [each["state"] for each in sent(host, made)] == ["pending", "held"]
    ok(host, "webhook", "enable", made, "--since", "2099-01-01")
    assert [each["state"] for each in sent(host, made)][2] == "held"
    ok(host, "webhook", "enable", made, "--resume")
    assert {each["state"] for each in sent(host, made)} == {"pending"}
    ok(host, "webhook", "delete", made)
    assert ok(host, "webhook", "list") == ""


def test_a_test_is_sent_and_what_was_sent_is_listed_and_sent_again(host: Flask) -> None:
    made, _ = make(host)
    line = ok(host, "webhook", "test", made)
    (found,) = ok(host, "webhook", "sends", made).splitlines()
    send_id = found.split()[0]
    assert send_id in line
    assert "pending  0 tries  -  system.WEBHOOK_TEST" in found
    again = ok(host, "webhook", "resend", send_id)
    assert len(ok(host, "webhook", "sends", made, "--limit", "2").splitlines()) == 2
    assert re.search(r"sent again: [0-9a-f-]{36}", again)
    assert ok(host, "webhook", "sends", made, "--state", "exhausted") == ""


def test_each_request_of_a_send_is_listed(host: Flask) -> None:
    made, _ = make(host)
    (waiting,) = sent(host, made)
    assert ok(host, "webhook", "attempts", waiting["id"]) == ""
    with host.app_context():
        queue = AuditLog().events.deliveries
        (claimed,) = queue.claim(limit=1, lease_seconds=60)
        tried = Attempt(
            delivery_id=claimed.id,
            number=1,
            started_time=1_700_000_000_000,
            milliseconds=12.4,
            address="93.184.215.14",
            error="tls",
            message="a\x1b[2Jb",
        )
        queue.finish([Ending(delivery=claimed, attempt=tried, state="exhausted")])
    line = ok(host, "webhook", "attempts", waiting["id"])
    assert line == ("1  2023-11-14T22:13:20.000Z  -  12 ms  93.184.215.14  tls  a\\u001b[2Jb\n")


@pytest.mark.parametrize("word", ["x", "a\udcffb", ""])
def test_what_is_no_id_is_not_asked_for(host: Flask, word: str) -> None:
    for name in ("show", "sends", "attempts", "test"):
        assert run(host, "webhook", name, word).exit_code == 2


def test_to_a_disabled_one_it_is_sent_again_if_that_is_meant(host: Flask) -> None:
    made, _ = make(host, "--disabled")
    (held,) = sent(host, made)
    assert "disabled" in refused(host, "webhook", "resend", held["id"])
    ok(host, "webhook", "resend", held["id"], "--force")
    assert "disabled" in refused(host, "webhook", "test", made)


def test_each_act_is_on_record_with_who_typed_it(host: Flask) -> None:
    made, secret = make(host)
    for name in ("disable", "enable", "rotate", "secret", "test", "delete"):
        ok(host, "webhook", name, made)
    told = [e for e in events(host) if e.type.startswith("admin.WEBHOOK")]
    assert {e.resource_path for e in told} == {f"webhooks/{made}"}
    assert {e.auth_details and e.auth_details.username for e in told} == {OPERATOR}
    kinds = [e.type.removeprefix("admin.WEBHOOK-") for e in told]
    assert kinds == ["CREATE", *["ACTION"] * 5, "DELETE"]
    assert not any(secret in str(e) for e in told)


@pytest.mark.parametrize(
    "words",
    [
        ["show", NONE],
        ["update", NONE, "--url", URL],
        ["delete", NONE],
        ["enable", NONE],
        ["disable", NONE],
        ["rotate", NONE],
        ["secret", NONE],
        ["test", NONE],
        ["sends", NONE],
        ["attempts", NONE],
    ],
    ids=lambda words: words[0],
)
@pytest.mark.parametrize("realm", ["default", "acme"])
def test_one_that_is_not_there_is_said_so(host: Flask, words: list[str], realm: str) -> None:
    ok(host, "realm", "add", "acme")
    made, _ = make(host)
    # Of another realm it is not there either.
    asked = [made if word == NONE and realm == "acme" else word for word in words]
    assert "There is no such" in refused(host, "webhook", *asked, "--realm", realm)


def test_a_send_and_a_realm_that_are_not_there_are_said_so(host: Flask) -> None:
    assert "no such delivery" in refused(host, "webhook", "resend", NONE)
    assert "no realm nowhere" in refused(host, "webhook", "list", "--realm", "nowhere")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--url", "http://x.test"], "Plain HTTP"),
        (["--url", "https://127.0.0.1"], "not open to webhooks"),
        (["--timeout", "99"], "at most 30"),
        (["--attributes", "[]"], "an object of JSON"),
        (["--attributes", "{"], "an object of JSON"),
        (["--type", "a\x1b[1mb"], "no line breaks"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(host: Flask, words: list[str], said: str) -> None:
    given = ["--url", URL, "--type", "x", *words]
    assert said in refused(host, "webhook", "create", *given)
    assert ok(host, "webhook", "list") == ""


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--headers-file", b"hunter2"),
        ("--headers-file", b"X-Key: hunter2\nX-Key: b"),
        ("--headers-file", b"Host: hunter2"),
        ("--headers-file", b"hunter2 \xff"),
        ("--secret-file", b"hunter2 \xff"),
        ("--certificate-file", b"hunter2"),
        ("--ca-file", b"hunter2"),
        ("--secret-file", b"hunter2\nb"),
        ("--secret-file", b"hunter2" * 10_000),
    ],
    ids=lambda each: str(each)[:30],
)
def test_a_file_that_is_none_is_refused(
    host: Flask, tmp_path: Path, option: str, text: bytes
) -> None:
    file = tmp_path / "file"
    file.write_bytes(text)
    words = ["--url", URL, "--type", "x", option, str(file)]
    assert "hunter2" not in refused(host, "webhook", "create", *words)


@pytest.mark.parametrize(
    "words", [["--url", URL], ["--url", URL, "--type", "x", "--auth", "basic"]], ids=str
)
def test_a_new_one_says_which_types_it_wants(host: Flask, words: list[str]) -> None:
    assert run(host, "webhook", "create", *words).exit_code == 2


def test_what_others_wrote_does_not_move_the_terminal(host: Flask) -> None:
    made, _ = make(host, "--description", "a\x1b[2Jb", "--attributes", '{"a": "\\u001b[2J"}')
    for words in (["list"], ["show", made]):
        assert "\x1b" not in ok(host, "webhook", *words)
    assert shown(host, made)["description"] == "a\x1b[2Jb"


def test_the_operators_own_is_seen_and_enabled_again(make_app: MakeApp) -> None:
    webhooks = {"catch_all_url": "https://93.184.216.34/all", "catch_all_secret": "hush"}
    host = make_app(AUDITLOG_WEBHOOKS=webhooks)
    with host.app_context():
        catch_all.keep(state.current())
        state.current().store.endpoints.disable("catch-all", "gone")
    (line,) = ok(host, "webhook", "list").splitlines()
    assert line.startswith("catch-all  disabled (gone)  every realm  hmac  https://93.184")
    assert shown(host, "catch-all")["disabledReason"] == "gone"
    assert sent(host, "catch-all")[0]["state"] == "held"
    ok(host, "webhook", "enable", "catch-all", "--resume")
    assert shown(host, "catch-all")["enabled"] is True
    assert json.loads(ok(host, "webhook", "stats", "catch-all"))["states"]["pending"] >= 1
    (told,) = [e for e in events(host) if e.type == "admin.WEBHOOK-ACTION"]
    assert (told.realm_id, told.resource_path) == ("default", "webhooks/catch-all")
    ok(host, "webhook", "disable", "catch-all")
    assert shown(host, "catch-all")["disabledReason"] == "manual"
    # What it is, the configuration says.
    assert run(host, "webhook", "update", "catch-all", "--url", URL).exit_code == 2
    assert run(host, "webhook", "delete", "catch-all").exit_code == 2


def test_old_secrets_and_the_signing_key_are_ended(host: Flask) -> None:
    made = make(host)[0]
    ok(host, "webhook", "rotate", made)
    assert ok(host, "webhook", "retire", made) == "Old secrets ended: 1\n"
    assert ok(host, "webhook", "signing-keys") == ""
    first = ok(host, "webhook", "rotate-signing-key").strip()
    second = ok(host, "webhook", "rotate-signing-key", "--grace", "1").strip()
    lines = ok(host, "webhook", "signing-keys").splitlines()
    assert [line.split()[0] for line in lines] == [second, first]
    assert (lines[0].endswith("signs"), "until" in lines[1]) == (True, True)
    ok(host, "webhook", "rotate-signing-key", "--grace", "0")
    assert second not in ok(host, "webhook", "signing-keys")
