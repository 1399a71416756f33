"""Phase Two's API of webhooks, byte for byte where its clients look, and what we do better."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog.delivery.addresses import Networks
from flask_auditlog.delivery.fanout import expand
from flask_auditlog.store import MANAGE_EVENTS
from flask_auditlog.store import PERMISSIONS
from flask_auditlog.store import VIEW_EVENTS
from flask_auditlog.store.webhooks import Secret
from tests.delivery.sinks import certificate
from tests.web.api.conftest import Log
from tests.web.api.hooks import BASE
from tests.web.api.hooks import HOOK
from tests.web.api.hooks import Hooks
from tests.web.api.hooks import send
from tests.web.api.hooks import URL

NONE = "00000000-0000-7000-8000-000000000000"
SECRET = "hunter2-is-the-secret"


@pytest.fixture
def hooks(log: Log) -> Hooks:
    """A caller who may view and manage."""
    return Hooks(log)


def acts(log: Log, kind: str = "admin.WEBHOOK-") -> list[dict[str, Any]]:
    """What is on record of webhooks, oldest first."""
    return [each for each in log.bodies() if each["type"].startswith(kind)]


def secrets(log: Log, webhook_id: str) -> list[Secret]:
    with log.app.app_context():
        return log.audit.events.endpoints.secrets(webhook_id)


# As Phase Two's clients see it


def test_a_new_webhook_is_answered_by_its_address_alone(hooks: Hooks) -> None:
    answer = hooks("POST", body=HOOK)
    assert (answer.status_code, answer.data) == (201, b"")
    made = answer.headers["Location"].rsplit("/", 1)[1]
    assert answer.headers["Location"] == f"http://localhost{BASE}/{made}"
    assert hooks.get(f"/{made}")["id"] == made


def test_a_webhook_is_told_in_phase_twos_words(hooks: Hooks) -> None:
    made = hooks.make(
        secret="short", algorithm="HmacSHA1", audience="them", attributes={"a": [1, {"b": None}]}
    )
    told = hooks.get(f"/{made}")
    assert told.pop("createdAt") > 1_700_000_000_000
    expected = {
        "id": made,
        "enabled": True,
        "url": URL,
        "algorithm": "HmacSHA1",
        "authType": "hmac",
        "audience": "them",
        "createdBy": "robot",
        "realm": "default",
        "eventTypes": ["*"],
        "attributes": {"a": [1, {"b": None}]},
    }
    assert told | expected == told
    assert "secret" not in told


def test_one_that_is_made_without_saying_so_is_not_enabled(hooks: Hooks) -> None:
    made = hooks("POST", body={"url": URL}).headers["Location"].rsplit("/", 1)[1]
    told = hooks.get(f"/{made}")
    assert (told["enabled"], told["authType"], told["eventTypes"]) == (False, "none", [])


@pytest.mark.parametrize(
    ("sent", "enabled"), [(True, True), ("true", True), (False, False), ("false", False)]
)
def test_enabled_may_be_text(hooks: Hooks, sent: object, enabled: bool) -> None:
    assert hooks.get(f"/{hooks.make(enabled=sent)}")["enabled"] is enabled


def test_what_was_read_can_be_sent_back(hooks: Hooks) -> None:
    made = hooks.make(secret=SECRET, headers={"X-Key": "k"}, timeout=2.5, description="ours")
    told = hooks.get(f"/{made}")
    assert hooks("PUT", f"/{made}", told).status_code == 204
    again = hooks.get(f"/{made}")
    for changing in ("updatedAt", "version"):
        del told[changing], again[changing]
    assert again == told
    assert hooks.get(f"/{made}/secret")["value"] == SECRET


def test_an_update_keeps_what_it_leaves_out(hooks: Hooks) -> None:
    made = hooks.make(secret=SECRET, audience="them", headers={"X-Key": "k"})
    for body in ({}, {"secret": "", "audience": ""}, {"secret": None, "eventTypes": None}):
        assert hooks("PUT", f"/{made}", body).status_code == 204
    told = hooks.get(f"/{made}")
    assert (told["authType"], told["audience"], told["headerNames"]) == ("hmac", "them", ["X-Key"])
    assert told["eventTypes"] == ["*"]
    assert hooks.get(f"/{made}/secret") == {"type": "secret", "value": SECRET}


def test_an_update_changes_what_it_names(hooks: Hooks) -> None:
    made = hooks.make(description="ours", timeout=3, rateLimit=5)
    body = {"eventTypes": ["access.*"], "url": f"{URL}/2", "description": None, "timeout": None}
    answer = hooks("PUT", f"/{made}", body)
    assert (answer.status_code, answer.data) == (204, b"")
    told = hooks.get(f"/{made}")
    assert (told["eventTypes"], told["url"], told["rateLimit"]) == (["access.*"], f"{URL}/2", 5.0)
    assert {"description", "timeout"} & told.keys() == set()


def test_what_it_wants_of_tls_is_set_and_taken_back_and_never_told(
    hooks: Hooks, log: Log, tmp_path: Path
) -> None:
    key, end, made = (
        certificate(tmp_path / "acme").read_text().partition("KEY-----\n-----BEGIN CERT")
    )
    pem = {"key": f"{key}KEY-----\n", "certificate": end.removeprefix("KEY-----\n") + made}
    webhook = hooks.make(tls=pem)
    told = hooks.get(f"/{webhook}")
    assert told["hasTls"] is True
    assert "BEGIN" not in str(told)
    # What was read can be sent back, and changes nothing.
    assert hooks("PUT", f"/{webhook}", told).status_code == 204
    assert hooks.get(f"/{webhook}")["hasTls"] is True
    assert hooks("PUT", f"/{webhook}", {"tls": None}).status_code == 204
    assert hooks.get(f"/{webhook}")["hasTls"] is False
    assert [each["details"].get("replaced") for each in acts(log)] == [["tls"], None, ["tls"]]


def test_an_order_is_given_and_taken_back(log: Log, hooks: Hooks) -> None:
    made = hooks.make(ordering="fifo")
    assert hooks.get(f"/{made}")["ordering"] == "fifo"
    # A client that knows no order leaves it as it is.
    assert hooks("PUT", f"/{made}", {"description": "ours"}).status_code == 204
    assert hooks.get(f"/{made}")["ordering"] == "fifo"
    assert hooks("PUT", f"/{made}", {"ordering": "none"}).status_code == 204
    assert hooks.get(f"/{made}")["ordering"] == "none"
    assert acts(log)[-1]["details"]["changes"] == {"ordering": ["fifo", "none"]}


def test_one_is_deleted_and_gone(hooks: Hooks) -> None:
    made = hooks.make()
    answer = hooks("DELETE", f"/{made}")
    assert (answer.status_code, answer.data) == (204, b"")
    assert hooks("GET", f"/{made}").status_code == 404
    assert hooks("GET", "/count").data == b"0"


def test_the_list_is_in_pages_newest_first_and_the_count_a_bare_number(hooks: Hooks) -> None:
    assert (hooks.get(""), hooks("GET", "/count").data) == ([], b"0")
    made = [hooks.make() for _ in range(3)][::-1]
    assert hooks("GET", "/count").data == b"3"
    for asked, expected in [
        ({}, made),
        ({"first": 1}, made[1:]),
        ({"max": 2}, made[:2]),
        ({"first": 2, "max": 1}, made[2:]),
        ({"first": 3}, []),
        ({"max": 0}, []),
        ({"max": 101}, made),
        ({"first": 99999999999999999999999999}, 400),
    ]:
        answer = hooks("GET", query_string=asked)
        if isinstance(expected, int):
            assert answer.status_code == expected
        else:
            assert [each["id"] for each in answer.get_json()] == expected


@pytest.mark.parametrize("asked", ["first=-1", "max=x", "max=1&max=2", "maximum=1", "first=1.5"])
def test_a_page_that_is_none_is_refused(hooks: Hooks, asked: str) -> None:
    assert hooks("GET", query_string=asked).status_code == 400


ONE = [
    ("GET", ""),
    ("PUT", ""),
    ("DELETE", ""),
    ("GET", "/secret"),
    ("GET", "/poll"),
    ("GET", "/sends"),
    ("GET", f"/sends/{NONE}"),
    ("GET", f"/sends/{NONE}/attempts"),
    ("POST", f"/sends/{NONE}/resend"),
    ("POST", "/rotate"),
    ("POST", "/retire"),
    ("POST", "/enable"),
    ("POST", "/disable"),
    ("POST", "/test"),
]


@pytest.mark.parametrize(("method", "path"), ONE)
@pytest.mark.parametrize("webhook_id", [NONE, "x", "counts", "%00", "a'b"])
def test_one_that_is_not_there_is_said_in_phase_twos_words(
    hooks: Hooks, method: str, path: str, webhook_id: str
) -> None:
    answer = hooks(method, f"/{webhook_id}{path}", HOOK if method == "PUT" else None)
    assert answer.status_code == 404
    shown = "?" if webhook_id == "%00" else webhook_id
    assert answer.get_json()["error_description"] == f"no webhook with id {shown}"


def test_an_id_that_no_database_takes_is_none_there_either(app: Flask, postgres_url: str) -> None:
    """PostgreSQL cannot even be asked for a text with NUL in it."""
    app.config["AUDITLOG_DATABASE_URL"] = postgres_url
    log = Log(app, AuditLog(app))
    hooks = Hooks(log)
    made = hooks.make(secret=SECRET, headers={"X-Key": "k"})
    for odd in ("%00", "%ff", "a%00b", f"{made}%00"):
        for method, path in ONE:
            assert hooks(method, f"/{odd}{path}", HOOK).status_code == 404
        for method, path in (("GET", ""), ("GET", "/attempts"), ("POST", "/resend")):
            assert hooks(method, f"/{made}/sends/{odd}{path}").status_code == 404
        for path in ("payload", "sends"):
            assert hooks("GET", f"/{path}/user/{odd}").status_code == 404
    assert hooks.get(f"/{made}") == hooks.get("")[0]
    with app.app_context():
        log.audit.events.close()


# Who may do what

ALL_ROUTES = [("GET", "", VIEW_EVENTS), ("POST", "", MANAGE_EVENTS), ("GET", "/count", VIEW_EVENTS)]
NEEDS = {"GET": VIEW_EVENTS, "PUT": MANAGE_EVENTS, "DELETE": MANAGE_EVENTS, "POST": MANAGE_EVENTS}
ALL_ROUTES += [
    (method, f"/<id>{path}", MANAGE_EVENTS if path == "/secret" else NEEDS[method])
    for method, path in ONE
]
ALL_ROUTES += [
    ("GET", f"/payload/user/{NONE}", VIEW_EVENTS),
    ("GET", f"/sends/admin/{NONE}", VIEW_EVENTS),
]


@pytest.mark.parametrize(("method", "path", "needed"), ALL_ROUTES)
def test_each_act_needs_its_permission_and_no_other_will_do(
    log: Log, hooks: Hooks, method: str, path: str, needed: str
) -> None:
    made = hooks.make()
    others = Hooks(log, *(set(PERMISSIONS) - {needed}))
    asked = path.replace("<id>", made)
    answer = others(method, asked, HOOK)
    assert (answer.status_code, answer.get_json()["error"]) == (403, "forbidden")
    assert len(hooks.get("")) == 1
    assert Hooks(log, needed)(method, asked, HOOK).status_code != 403


@pytest.mark.parametrize(("method", "path", "needed"), ALL_ROUTES)
def test_a_token_of_another_realm_is_none_here(
    log: Log, hooks: Hooks, method: str, path: str, needed: str
) -> None:
    made = hooks.make()
    other = log.token(*PERMISSIONS, realm="other")
    for secret in (None, "al_" + "x" * 43, other):
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        answer = hooks(method, path.replace("<id>", made), HOOK, headers=headers)
        assert answer.status_code == 401


@pytest.mark.parametrize(("method", "path"), ONE)
@pytest.mark.parametrize("who", ["another organization", "another realm"])
def test_nobody_sees_or_changes_anothers_webhook(
    log: Log, method: str, path: str, who: str
) -> None:
    acme = Hooks(log, organization_id="acme")
    made = acme.make(secret=SECRET)
    before = acme.get(f"/{made}")
    if who == "another organization":
        other = Hooks(log, *PERMISSIONS, organization_id="globex")
    else:
        other = Hooks(log, *PERMISSIONS, realm="other")
    body = HOOK if method == "PUT" else None
    assert other(method, f"/{made}{path}", body).status_code == 404
    assert (other.get(""), other("GET", "/count").data) == ([], b"0")
    assert acme.get(f"/{made}") == before


def test_what_a_bound_token_makes_is_its_organizations(log: Log, hooks: Hooks) -> None:
    acme = Hooks(log, organization_id="acme")
    made = acme.make()
    assert acme.get(f"/{made}")["organizationId"] == "acme"
    answer = acme("POST", body=HOOK | {"organizationId": "globex"})
    assert (answer.status_code, answer.get_json()["error"]) == (403, "forbidden")
    assert hooks.get("/count") == 1


def test_who_may_see_the_realm_makes_one_for_an_organization(log: Log, hooks: Hooks) -> None:
    made = hooks.make(organizationId="acme")
    assert Hooks(log, organization_id="acme").get(f"/{made}")["organizationId"] == "acme"
    answer = hooks("PUT", f"/{made}", {"organizationId": "globex"})
    assert answer.get_json()["errors"][0]["field"] == "organizationId"
    assert hooks("PUT", f"/{made}", {"organizationId": "acme"}).status_code == 204


# What is refused

WRONG: list[tuple[dict[str, Any], str | None]] = [
    ({"url": None}, "url"),
    ({"url": ""}, "url"),
    ({"url": 7}, "url"),
    ({"url": "ftp://x.test"}, "url"),
    ({"url": "https://user:pw@x.test"}, "url"),
    ({"url": "http://x.test"}, "url"),
    ({"url": "https://x.test:22"}, "url"),
    ({"url": "https://127.0.0.1"}, "url"),
    ({"url": "https://[::1]"}, "url"),
    ({"url": "https://0177.0.0.1"}, "url"),
    ({"url": "https://2130706433"}, "url"),
    ({"url": "https://169.254.169.254/latest"}, "url"),
    ({"url": "https://[64:ff9b::7f00:1]"}, "url"),
    ({"enabled": "yes"}, "enabled"),
    ({"enabled": 1}, "enabled"),
    ({"eventTypes": "access.*"}, "eventTypes"),
    ({"eventTypes": ["a", 7]}, "eventTypes"),
    ({"eventTypes": ["a\nb"]}, "eventTypes"),
    ({"eventTypes": ["a"] * 201}, "eventTypes"),
    ({"excludeClients": [""]}, "excludeClients"),
    ({"attributes": []}, "attributes"),
    ({"attributes": {"a": "x" * 16_384}}, "attributes"),
    ({"attributes": {"a": "\0"}}, None),
    ({"authType": "basic"}, "authType"),
    ({"authType": 1}, "authType"),
    ({"algorithm": "MD5"}, "algorithm"),
    ({"authType": "hmac", "algorithm": "RS256"}, "algorithm"),
    ({"authType": "bearer", "algorithm": "HmacSHA256"}, "algorithm"),
    ({"secret": 7}, "secret"),
    ({"secret": "a\r\nb"}, "secret"),
    ({"secret": "whsec_§"}, "secret"),
    ({"secret": "x" * 513}, "secret"),
    ({"audience": "a\nb"}, "audience"),
    ({"description": 7}, "description"),
    ({"description": "x" * 1001}, "description"),
    ({"description": "\0"}, None),
    ({"description": "\ud800"}, None),
    ({"signatures": "none"}, "signatures"),
    ({"ordering": "lifo"}, "ordering"),
    ({"tls": "hunter2"}, "tls"),
    ({"tls": {"ca": "hunter2"}}, "tls"),
    ({"headers": ["X-Key"]}, "headers"),
    ({"headers": {"X-Key": 7}}, "headers"),
    ({"headers": {"X-Key": "a\r\nHost: b"}}, "headers"),
    ({"headers": {"Host": "b"}}, "headers"),
    ({"headers": {"Authorization": "b"}, "authType": "bearer"}, "headers"),
    ({"timeout": "3"}, "timeout"),
    ({"timeout": True}, "timeout"),
    ({"timeout": 0}, "timeout"),
    ({"timeout": 31}, "timeout"),
    ({"rateLimit": -1}, "rateLimit"),
    ({"organizationId": 7}, "organizationId"),
    ({"organizationId": "x" * 300}, "organizationId"),
    ({"evenTypes": []}, "evenTypes"),
]


@pytest.mark.parametrize(("wrong", "field"), WRONG, ids=str)
def test_what_is_wrong_is_refused_by_its_name_and_not_repeated(
    hooks: Hooks, wrong: dict[str, Any], field: str | None
) -> None:
    answer = hooks("POST", body=HOOK | wrong)
    told = answer.get_json()
    assert answer.status_code == 400, answer.text
    assert [each.get("field") for each in told["errors"]] == [field]
    assert hooks.get("/count") == 0
    for value in wrong.values():
        if isinstance(value, str) and len(value) > 8:
            assert value not in answer.text
    made = hooks.make()
    before = hooks.get(f"/{made}")
    if wrong.get("url", 0) is not None and "organizationId" not in wrong:
        assert hooks("PUT", f"/{made}", wrong).status_code == 400
    assert hooks.get(f"/{made}") == before


def test_everything_that_is_wrong_is_told_at_once(hooks: Hooks) -> None:
    body = {"url": "x", "eventTypes": [""], "timeout": 99, "headers": {"host": "x"}}
    told = hooks("POST", body=body).get_json()
    assert told["error"] == "invalid_webhook"
    fields = {each["field"] for each in told["errors"]}
    assert fields == {"url", "eventTypes", "timeout", "headers"}


def test_a_field_that_is_misspelt_is_told_the_right_one(hooks: Hooks) -> None:
    told = hooks("POST", body=HOOK | {"eventType": []}).get_json()
    assert "Did you mean `eventTypes`?" in told["error_description"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"   ", 400),
        (b"null", 400),
        (b"[]", 400),
        (b"{", 400),
        (b'{"url": 1, "url": 2}', 400),
        (b'{"attributes": NaN}', 400),
        (b'{"url": "\xff"}', 400),
        (b'{"attributes": ' + b'{"a":' * 99 + b"1" + b"}" * 100, 400),
        (b" " * 140_000, 413),
    ],
    ids=lambda each: str(each)[:20],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_that_is_no_webhook_is_refused(
    hooks: Hooks, body: bytes, status: int, method: str
) -> None:
    path = f"/{hooks.make()}" if method == "PUT" else ""
    assert hooks(method, path, body).status_code == status


@pytest.mark.parametrize("kind", ["text/xml", "application/x-ndjson", "multipart/form-data"])
def test_a_body_of_another_type_is_refused(hooks: Hooks, kind: str) -> None:
    assert hooks("POST", body="{}", content_type=kind).status_code == 415


def test_a_realm_has_only_so_many(app: Flask) -> None:
    app.config["AUDITLOG_WEBHOOKS"] = {"per_realm": 2}
    hooks = Hooks(Log(app, AuditLog(app)))
    hooks.make(), hooks.make()
    answer = hooks("POST", body=HOOK)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_webhook")


def test_the_operators_networks_are_open_to_plain_http(app: Flask) -> None:
    app.config["AUDITLOG_WEBHOOK_ALLOW"] = ["127.0.0.0/8"]
    hooks = Hooks(Log(app, AuditLog(app)))
    hooks.make(url="http://127.0.0.1:9999/hook")
    assert hooks("POST", body=HOOK | {"url": "http://10.0.0.1"}).status_code == 400


# Secrets


def test_signing_is_never_lost_by_leaving_it_out(hooks: Hooks) -> None:
    made = hooks.make(authType="hmac")
    secret = hooks.get(f"/{made}/secret")["value"]
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    other = hooks.make(authType="none")
    assert hooks("GET", f"/{other}/secret").status_code == 404
    assert hooks("PUT", f"/{other}", {"authType": "hmac"}).status_code == 204
    assert hooks.get(f"/{other}/secret")["value"].startswith("whsec_")


def test_a_secret_of_an_update_replaces_the_one_before_at_once(log: Log, hooks: Hooks) -> None:
    made = hooks.make(secret="first")
    hooks("PUT", f"/{made}", {"secret": "second"})
    assert hooks.get(f"/{made}/secret")["value"] == "second"
    assert len(secrets(log, made)) == 1
    version = hooks.get(f"/{made}")["version"]
    hooks("PUT", f"/{made}", {"secret": "second"})
    assert hooks.get(f"/{made}")["version"] == version + 1, "the same secret is no other"


def test_a_rotation_lets_both_sign_for_a_time(log: Log, hooks: Hooks) -> None:
    made = hooks.make(secret="first")
    answer = hooks("POST", f"/{made}/rotate")
    assert answer.get_json()["value"].startswith("whsec_")
    assert len(secrets(log, made)) == 2
    answer = hooks("POST", f"/{made}/rotate", {"secret": "third", "grace": 0})
    assert answer.get_json() == {"type": "secret", "value": "third"}
    assert hooks.get(f"/{made}/secret")["value"] == "third"
    assert len(secrets(log, made)) == 2, "the first one's time is not over"


@pytest.mark.parametrize("body", [{"secret": ""}, {"secret": "a\nb"}, {"grace": "1"}, {"x": 1}])
def test_a_rotation_that_is_none_is_refused(hooks: Hooks, body: dict[str, Any]) -> None:
    made = hooks.make(secret="first")
    assert hooks("POST", f"/{made}/rotate", body).status_code == 400
    assert hooks.get(f"/{made}/secret")["value"] == "first"


def test_a_key_of_two_halves_cannot_sign_as_phase_two(hooks: Hooks) -> None:
    key = "whsk_" + "A" * 43 + "="
    answer = hooks("POST", body=HOOK | {"secret": key, "signatures": "phasetwo"})
    assert answer.get_json()["errors"][0]["field"] == "signatures"
    made = hooks.make(secret=key)
    assert hooks("PUT", f"/{made}", {"signatures": "phasetwo"}).status_code == 400


def test_with_a_token_of_ours_the_authorization_is_not_theirs_any_more(hooks: Hooks) -> None:
    made = hooks.make(headers={"Authorization": "Basic x"})
    answer = hooks("PUT", f"/{made}", {"authType": "bearer"})
    assert answer.get_json()["errors"][0]["field"] == "headers"
    assert hooks("PUT", f"/{made}", {"authType": "bearer", "headers": {}}).status_code == 204
    told = hooks.get(f"/{made}")
    assert (told["authType"], told["algorithm"], told["headerNames"]) == ("bearer", "RS256", [])
    assert hooks("PUT", f"/{made}", {"authType": "hmac"}).status_code == 204
    assert hooks.get(f"/{made}")["algorithm"] == "HmacSHA256"


def test_no_secret_is_in_an_answer_the_log_or_the_database(log: Log, hooks: Hooks) -> None:
    password = "Basic c2VjcmV0LXBhc3N3b3Jk"
    made = hooks.make(secret=SECRET, headers={"Authorization": password})
    hooks("PUT", f"/{made}", {"secret": f"{SECRET}-2", "headers": {"X-Key": password}})
    hooks("POST", f"/{made}/rotate", {"secret": f"{SECRET}-3"})
    hooks("POST", f"/{made}/test")
    shown = [hooks("GET", path).text for path in ("", f"/{made}", f"/{made}/sends")]
    with log.app.app_context():
        engine = log.audit.events.engine
        with engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            stored = "\n".join(raw.iterdump())
    for text in (*shown, stored, repr(log.bodies(reads=True))):
        assert SECRET not in text
        assert password not in text
    assert made in stored


def lasting(tmp_path: Path) -> dict[str, str]:
    """The configuration of an app with a log that outlives it, and that sends nothing."""
    url = f"sqlite:///{tmp_path / 'audit.db'}"
    return {"AUDITLOG_DATABASE_URL": url, "AUDITLOG_WORKER": "external"}


def test_a_key_that_is_gone_lets_secrets_be_given_anew(tmp_path: Path) -> None:
    """And it stops nobody from looking at webhooks, or from disabling them."""

    def opened(key: str) -> Log:
        app = Flask(__name__)
        app.config.update(lasting(tmp_path), SECRET_KEY=key)
        return Log(app, AuditLog(app))

    url = "https://93.184.215.14/hook"
    made = Hooks(opened("one")).make(url=url, secret=SECRET, headers={"X-Key": "k"})
    hooks = Hooks(opened("two"))
    assert hooks.get(f"/{made}")["headerNames"] == []
    assert hooks("GET", f"/{made}/secret").status_code == 500
    assert hooks("PUT", f"/{made}", {"enabled": False}).status_code == 204
    body = {"secret": "another", "headers": {"X-New": "k"}}
    assert hooks("PUT", f"/{made}", body).status_code == 204
    assert hooks.get(f"/{made}/secret")["value"] == "another"
    assert hooks.get(f"/{made}")["headerNames"] == ["X-New"]


def test_without_a_key_that_lasts_no_secret_is_kept(tmp_path: Path) -> None:
    app = Flask(__name__)
    app.config.update(lasting(tmp_path))
    hooks = Hooks(Log(app, AuditLog(app)))
    url = {"url": "https://93.184.215.14/hook"}
    for secret in ({"secret": "x"}, {"headers": {"X-Key": "k"}}):
        assert hooks("POST", body=url | secret).status_code == 500
    hooks.make(**url)
    assert hooks.get("/count") == 1


# What is on record


def test_each_act_is_on_record_with_who_did_it(log: Log, hooks: Hooks) -> None:
    made = hooks.make(secret=SECRET, headers={"X-Key": "k"})
    hooks("PUT", f"/{made}", {"url": f"{URL}/2", "secret": "other", "headers": {"X-New": "k"}})
    hooks("POST", f"/{made}/rotate")
    assert hooks("POST", f"/{made}/retire").status_code == 204
    hooks("GET", f"/{made}/secret")
    hooks("POST", f"/{made}/disable")
    hooks("POST", f"/{made}/enable")
    hooks("POST", f"/{made}/test")
    hooks("DELETE", f"/{made}")
    told = acts(log)
    assert {each["resourcePath"] for each in told} == {f"webhooks/{made}"}
    assert {each["authDetails"]["clientId"] for each in told} == {"robot"}
    assert {each["source"] for each in told} == {"system"}
    create, update, *actions, delete = told
    assert [each["type"] for each in (create, update, delete)] == [
        f"admin.WEBHOOK-{name}" for name in ("CREATE", "UPDATE", "DELETE")
    ]
    changes = create["details"]["changes"]
    assert changes["url"] == [None, URL]
    assert changes["authType"] == [None, "hmac"]
    assert changes["headers"] == [None, ["X-Key"]]
    assert update["details"] == {
        "changes": {"url": [URL, f"{URL}/2"], "headers": [["X-Key"], ["X-New"]]},
        "replaced": ["secret"],
    }
    assert delete["details"]["changes"]["url"] == [f"{URL}/2", None]
    assert [each["type"] for each in actions] == ["admin.WEBHOOK-ACTION"] * 6
    done = [each["details"]["action"] for each in actions]
    assert done == ["rotate", "retire", "reveal", "disable", "enable", "test"]


def test_an_act_is_of_the_callers_organization(log: Log) -> None:
    Hooks(log, organization_id="acme").make()
    (told,) = acts(log)
    assert told["organizationId"] == "acme"


def test_who_asks_for_anothers_webhook_is_on_record(log: Log) -> None:
    made = Hooks(log, organization_id="acme").make()
    Hooks(log, organization_id="globex")("GET", f"/{made}")
    told = [e for e in log.bodies() if e["type"] == "access.PERMISSION_DENIED"]
    assert [(e["organizationId"], e["resourcePath"], e["details"]["reason"]) for e in told] == [
        ("globex", "realms/default/webhooks", "not_found")
    ]


def test_what_was_refused_is_no_act(log: Log, hooks: Hooks) -> None:
    hooks("POST", body={"url": "x"})
    hooks("DELETE", f"/{NONE}")
    assert acts(log) == []


# On and off


def paid(log: Log, hooks: Hooks, made: str, count: int = 1) -> list[str]:
    """Record so many events, fan out, and return the states of what is of them."""
    with log.app.app_context():
        for _ in range(count):
            log.audit.record("invoice.paid")
        log.audit.events.deliveries.fan_out(expand, limit=1000)
    return states(hooks, made)


def states(hooks: Hooks, made: str) -> list[str]:
    return [each["state"] for each in hooks.get(f"/{made}/sends", query_string="max=100")]


@pytest.mark.parametrize(
    ("body", "resumed"),
    [
        (None, "held"),
        ({}, "held"),
        ({"resume": "none"}, "held"),
        ({"resume": "all"}, "pending"),
        ({"resume": "since", "since": 0}, "pending"),
        ({"since": 0}, "pending"),
        ({"since": 4_000_000_000_000}, "held"),
    ],
)
def test_what_a_disabled_one_missed_is_let_go_when_it_is_asked_for(
    log: Log, hooks: Hooks, body: Any, resumed: str
) -> None:
    made = hooks.make(eventTypes=["invoice.*"])
    assert paid(log, hooks, made) == ["pending"]
    assert hooks("POST", f"/{made}/disable").status_code == 204
    told = hooks.get(f"/{made}")
    assert (told["enabled"], told["disabledReason"]) == (False, "manual")
    assert paid(log, hooks, made) == ["held", "held"]
    answer = hooks("POST", f"/{made}/enable", body)
    assert (answer.status_code, answer.data) == (204, b"")
    assert states(hooks, made) == [resumed] * 2
    told = hooks.get(f"/{made}")
    assert told["enabled"]
    assert "disabledReason" not in told


@pytest.mark.parametrize(
    "body",
    [{"resume": "some"}, {"resume": "since"}, {"resume": "all", "since": 1}, {"since": "x"}, []],
)
def test_what_is_to_be_let_go_is_said_clearly(hooks: Hooks, body: Any) -> None:
    made = hooks.make(enabled=False)
    assert hooks("POST", f"/{made}/enable", body).status_code == 400
    assert hooks.get(f"/{made}")["enabled"] is False


def test_an_update_that_disables_holds_too(log: Log, hooks: Hooks) -> None:
    made = hooks.make(eventTypes=["invoice.*"])
    paid(log, hooks, made)
    hooks("PUT", f"/{made}", {"enabled": False})
    assert states(hooks, made) == ["held"]


def test_one_can_be_disabled_also_where_its_address_is_closed_by_now(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["AUDITLOG_WEBHOOK_ALLOW"] = ["127.0.0.0/8"]
    hooks = Hooks(Log(app, AuditLog(app)))
    made = hooks.make(url="http://127.0.0.1/hook")
    told = hooks.get(f"/{made}")
    monkeypatch.setattr(Networks, "allows", lambda self, address: False)
    assert hooks("PUT", f"/{made}", told | {"enabled": False}).status_code == 204
    answer = hooks("PUT", f"/{made}", {"url": "http://127.0.0.1/other"})
    assert answer.status_code == 400


# Tests of endpoints


def test_a_test_is_on_record_and_goes_to_its_webhook_alone(log: Log, hooks: Hooks) -> None:
    made, other = hooks.make(eventTypes=["invoice.*"]), hooks.make(eventTypes=["system.*"])
    answer = hooks("POST", f"/{made}/test")
    assert answer.status_code == 202
    send(log)
    (sent,) = hooks.get(f"/{made}/sends")
    assert (sent["id"], sent["type"]) == (answer.get_json()["id"], "system.WEBHOOK_TEST")
    assert (sent["state"], sent["cause"]) == ("succeeded", "test")
    assert hooks.get(f"/{other}/sends") == []
    (test,) = acts(log, "system.WEBHOOK_TEST")
    assert test["details"] == {"webhook": made}
    assert test["uid"] == sent["event_id"]


def test_a_test_is_of_the_webhooks_organization(log: Log, hooks: Hooks) -> None:
    made = hooks.make(organizationId="acme")
    hooks("POST", f"/{made}/test")
    (test,) = acts(log, "system.WEBHOOK_TEST")
    assert test["organizationId"] == "acme"


def test_a_disabled_one_is_not_tested(log: Log, hooks: Hooks) -> None:
    made = hooks.make(enabled=False)
    answer = hooks("POST", f"/{made}/test")
    assert (answer.status_code, answer.get_json()["error"]) == (409, "webhook_disabled")
    assert acts(log, "system.WEBHOOK_TEST") == []


# Tokens


def test_the_keys_of_tokens_are_public_and_stay(log: Log) -> None:
    path = "/audit/realms/default/protocol/openid-connect/certs"
    answer = log.app.test_client().get(path)
    assert answer.status_code == 200
    (key,) = answer.get_json()["keys"]
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
    assert {"d", "p", "q"} & key.keys() == set()
    assert log.app.test_client().get(path).get_json() == {"keys": [key]}
    elsewhere = path.replace("default", "nowhere")
    assert log.app.test_client().get(elsewhere).status_code == 404


def test_how_a_webhook_does_is_told(log: Log, hooks: Hooks) -> None:
    made = hooks.make()
    assert hooks.get(f"/{made}")["health"]["breaker"] == "closed"


def test_a_log_that_is_switched_off_makes_no_webhooks(app: Flask) -> None:
    app.config["AUDITLOG_ENABLED"] = False
    hooks = Hooks(Log(app, AuditLog(app)))
    assert hooks("POST", body=HOOK).status_code == 503
    path = "/audit/realms/default/protocol/openid-connect/certs"
    assert app.test_client().get(path).status_code == 503


# A filter


def test_only_what_the_filter_finds_is_sent(log: Log, hooks: Hooks) -> None:
    made = hooks.make(filter="details.amount:>=1000 -actor:alice")
    with log.app.app_context():
        for amount in (999, 1000):
            log.audit.record("invoice.paid", details={"amount": amount})
    send(log)
    assert len(hooks.get(f"/{made}/sends")) == 1
    (made_,) = [each for each in acts(log) if each["operationType"] == "CREATE"]
    assert made_["details"]["changes"]["filter"] == [None, "details.amount:>=1000 -actor:alice"]
    counted = hooks("POST", f"/{made}/replay", {"afterPosition": 1, "dryRun": True}).get_json()
    assert counted == {"planned": 1, "exact": True}
    # As it is today.
    assert (
        hooks("PUT", f"/{made}", {"filter": None, "eventTypes": ["invoice.*"]}).status_code == 204
    )
    assert "filter" not in hooks.get(f"/{made}")
    counted = hooks("POST", f"/{made}/replay", {"afterPosition": 1, "dryRun": True}).get_json()
    assert counted["planned"] == 2


def test_a_filter_that_cannot_be_read_is_refused_with_its_place(hooks: Hooks) -> None:
    answer = hooks("POST", body=HOOK | {"filter": "org:acme acter:alice"})
    assert answer.status_code == 400
    (fault,) = answer.get_json()["errors"]
    message = "Unknown field `acter` at 10: did you mean `actor`?"
    assert fault == {"field": "filter", "message": message, "column": 10}
