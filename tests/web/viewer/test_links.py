"""Links from Python: what may be asked for, what is on record, and what is never told."""

from __future__ import annotations

import io
import math
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from flask_auditlog import Actor
from flask_auditlog import AuditLog
from flask_auditlog.errors import ConfigError
from flask_auditlog.errors import InvalidEvent
from flask_auditlog.errors import NotFound
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.event import Event
from flask_auditlog.store import Query
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store import ViewerLink
from tests.web.admin.conftest import make_host
from tests.web.viewer.conftest import Guest
from tests.web.viewer.conftest import Invite
from tests.web.viewer.conftest import MINE
from tests.web.viewer.conftest import NORA

NORTHWIND = Scope(realm="default", organization_id="northwind")
WRONG: list[dict[str, Any]] = [
    {"organization_id": None},
    {"organization_id": ""},
    {"organization_id": "x" * 300},
    {"organization_id": ["northwind"]},
    {"actor": Actor()},
    {"actor": Actor(ip_address="203.0.113.9")},
    {"actor": ""},
    {"expires": 0},
    {"expires": -1},
    {"expires": timedelta(hours=24, seconds=1)},
    {"expires": math.inf},
    {"expires": math.nan},
    {"expires": "3600"},
    {"expires": None},
    {"organization_name": "x" * 256},
    {"allow": "webhooks"},
    {"allow": ["manage-events"]},
    {"allow": ["webhooks", "*"]},
    {"allow": [["webhooks"]]},
    {"allow": [None]},
    {"allow": 7},
    {"allow": None},
    {"embed": "https://app.example.com"},
    {"embed": [f"https://a{n}.example.com" for n in range(21)]},
    *(
        {"embed": [each]}
        for each in (
            "",
            "*",
            "https:",
            "https://*",
            "https://*.example.com",
            "http://app.example.com",
            "https://app.example.com/path",
            "https://app.example.com?a",
            "https://me@app.example.com",
            "https://app.example.com; script-src *",
            "https://app.example.com https://evil.example",
            "https://app.example.com\n",
            "https://bücher.example",
            "//app.example.com",
            "data:",
            "'self'",
            "app.example.com",
            "http://localhost.evil.example",
            7,
        )
    ),
]


def newest(store: SqlStore) -> ViewerLink:
    """The link that was made last."""
    return store.viewer_links.living(NORTHWIND, at_most=1)[0]


def recorded(store: SqlStore, type_: str) -> list[Event]:
    """The events of a type that northwind sees, newest first."""
    found = store.find(Query(type=type_, reads=True), NORTHWIND, limit=100)
    return [record.event for record in found.records]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_a_link_that_cannot_be_is_not_made(
    invite: Invite, store: SqlStore, wrong: dict[str, Any]
) -> None:
    before = store.viewer_links.living(NORTHWIND, at_most=100)
    with pytest.raises(InvalidEvent):
        invite(**wrong)
    assert store.viewer_links.living(NORTHWIND, at_most=100) == before


def test_a_link_into_a_realm_that_is_not_there_is_not_made(invite: Invite) -> None:
    with pytest.raises(NotFound, match="realm"):
        invite(realm="nowhere")


def test_a_link_lives_for_an_hour_for_whoever_is_named(invite: Invite, store: SqlStore) -> None:
    invite(actor=7, embed=["self", "https://App.example.com:8443/", "self"])
    link = newest(store)
    assert link.expires_time - link.created_time == 3_600_000
    assert (link.user_id, link.username) == ("7", None)
    assert link.embed == ("self", "https://app.example.com:8443")
    invite(expires=timedelta(minutes=5))
    assert newest(store).expires_time - newest(store).created_time == 300_000


def test_a_link_may_change_what_the_host_says_and_else_nothing(
    invite: Invite, store: SqlStore
) -> None:
    invite()
    assert newest(store).allow == ()
    invite(allow=["tokens", "webhooks", "tokens"])
    assert newest(store).allow == ("webhooks", "tokens")
    made = recorded(store, "admin.AUDIT_LOG-CREATE")[:2]
    assert [(each.details or {}).get("allow") for each in made] == [["webhooks", "tokens"], None]


def test_without_a_name_it_is_for_whoever_is_logged_in(host: Flask, audit: AuditLog) -> None:
    with host.test_request_context(), pytest.raises(InvalidEvent, match="nobody is logged in"):
        audit.viewer_url("northwind")
    with host.test_request_context(), audit.actor(username="sofia@ledgerly.example"):
        audit.viewer_url("northwind")
    link = newest(audit_store(host, audit))
    assert (link.username, link.created_by) == ("sofia@ledgerly.example",) * 2


def audit_store(host: Flask, audit: AuditLog) -> SqlStore:
    with host.app_context():
        return audit.events


def test_outside_a_request_the_address_must_be_known(host: Flask, audit: AuditLog) -> None:
    store = audit_store(host, audit)
    before = store.viewer_links.living(NORTHWIND, at_most=100)
    with host.app_context(), pytest.raises(ConfigError, match="SERVER_NAME"):
        audit.viewer_url("northwind", actor="7")
    assert store.viewer_links.living(NORTHWIND, at_most=100) == before


def test_a_job_makes_a_whole_address() -> None:
    host, audit = make_host(SERVER_NAME="app.example.com", PREFERRED_URL_SCHEME="https")
    with host.app_context():
        url = audit.viewer_url("northwind", actor="7")
    assert url.startswith("https://app.example.com/audit/viewer/al_view_")
    answer = host.test_client().get(urlsplit(url).path, base_url="https://app.example.com")
    assert answer.status_code == 200


def test_making_and_ending_a_link_is_on_record_where_its_organization_sees_it(
    host: Flask, invite: Invite, store: SqlStore
) -> None:
    guest = invite(embed=["self"])
    link = newest(store)
    (made,) = [
        e for e in recorded(store, "admin.AUDIT_LOG-CREATE") if link.id in str(e.resource_path)
    ]
    assert made.resource_path == f"viewer-links/{link.id}"
    details = made.details or {}
    assert details["for"] == {"userId": "nora", "username": "nora@northwind.example"}
    assert (details["expiresTime"], details["embed"]) == (link.expires_time, ["self"])
    assert guest.path.split("/")[-2] not in repr(made)


def test_a_link_that_cannot_be_put_on_record_opens_nothing(
    invite: Invite, host: Flask, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = store.viewer_links.living(NORTHWIND, at_most=100)

    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(host.extensions["auditlog"].recorder, "record", away)
        with pytest.raises(StoreUnavailable):
            invite()
    assert store.viewer_links.living(NORTHWIND, at_most=100) == before


def test_what_is_read_is_on_record_as_whom_the_link_was_made_for(
    invite: Invite, store: SqlStore
) -> None:
    guest, link = invite(), newest(store)
    guest.client.get("/as/admin")
    guest.get("?q=mine.1")
    guest.get(f"events/{MINE[0].uid}")
    guest.get(f"events/{MINE[0].uid}/drawer")
    with guest.get("export?format=ndjson") as file:
        assert b"mine.0" in file.get_data()
    reads = recorded(store, "admin.AUDIT_LOG-ACTION")[:5]
    actions = [(e.details or {})["action"] for e in reads]
    assert actions == ["export", "export", "view", "view", "search"]
    assert {e.token_id for e in reads} == {link.id}
    for each in reads:
        actor = each.auth_details
        assert actor is not None
        assert (actor.user_id, actor.username) == (NORA.user_id, NORA.username)
        assert actor.ip_address == "127.0.0.1"
        assert (each.source, each.organization_id) == ("system", "northwind")
    assert (reads[-1].details or {})["query"] == {"q": "mine.1"}
    assert (reads[-1].details or {})["records"] == 1


def test_what_cannot_be_put_on_record_is_not_shown(
    guest: Guest, host: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("db.internal is away")

    monkeypatch.setattr(host.extensions["auditlog"].recorder, "record", away)
    event = f"events/{MINE[0].uid}"
    for rest in ("", "export?format=csv", event, f"{event}/drawer"):
        answer = guest.get(rest)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "mine." not in answer.text
        assert "db.internal" not in answer.text


def test_the_secret_of_a_link_is_in_no_table_and_no_line_of_ours(
    guest: Guest, store: SqlStore, logged: io.StringIO
) -> None:
    secret = guest.path.split("/")[-2].removeprefix("al_view_")
    wrong = secret[::-1]
    for path in (guest.path, guest.path.replace(secret, wrong)):
        for rest in (
            "",
            "?q=(",
            "?org=x",
            "events/x",
            "export?format=csv",
            "nothing",
            "nothing?a=b",
        ):
            guest.client.get(path + rest, headers={"Referer": guest.path})
            guest.client.post(path + rest)
    with store.engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        stored = [connection.execute(sa.text(f'SELECT * FROM "{name}"')).all() for name in tables]
    assert any(stored)
    for text in (repr(stored), logged.getvalue()):
        assert secret not in text
        assert wrong not in text


def test_no_rule_of_the_host_records_a_look_once_more() -> None:
    host, audit = make_host(AUDITLOG_CAPTURE={"rules": [{"path": "/*"}]})
    with host.test_request_context():
        url = audit.viewer_url("northwind", actor="7")
    host.test_client().get("/nowhere/else")
    host.test_client().get(urlsplit(url).path)
    with host.app_context():
        everything = Scope(realm="default", organization_id=None)
        found = audit.events.find(Query(), everything, limit=10).records
    assert [(each.event.type, each.event.resource_path) for each in found] == [
        ("access.REQUEST", "/nowhere/...")
    ]
