"""The operator's news, and what is recorded of the log itself."""

from __future__ import annotations

import pytest
from flask import Flask

from flask_auditlog import Actor
from flask_auditlog import AuditLog
from tests.apps import last
from tests.apps import make_app as make_app
from tests.apps import MakeApp
from tests.apps import records
from tests.apps import types
from tests.cli.shell import ok
from tests.cli.shell import OPERATOR
from tests.cli.shell import run


@pytest.fixture
def host(make_app: MakeApp) -> Flask:
    return make_app(AUDITLOG_REALMS=["default", "other"])


def test_a_maintenance_is_recorded_without_an_actor(host: Flask) -> None:
    said = ok(
        host, "system", "MAINTENANCE", "--starts", "2026-07-16T02:00:00Z",
        "--ends", "2026-07-16T06:00+02:00", "--message", "We move.", "--detail", "ticket=OPS-7",
    )  # fmt: skip
    event = last(host)
    assert said == f"Recorded system.MAINTENANCE: {event.uid}\n"
    assert (event.type, event.auth_details) == ("system.MAINTENANCE", None)
    assert event.details == {
        "ticket": "OPS-7",
        "message": "We move.",
        "starts": "2026-07-16T02:00:00.000Z",
        "ends": "2026-07-16T04:00:00.000Z",
    }
    assert event.user_agent == "flask auditlog system"


def test_nothing_more_is_needed(host: Flask) -> None:
    ok(host, "system", "system.OUTAGE", "--realm", "other")
    (record,) = records(host, "other")
    assert (record.event.type, record.event.details) == ("system.OUTAGE", None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["maintenance"], "written in capitals"),
        (["X\x1b[31m"], "written in capitals"),
        (["M", "--starts", "soon"], "must be a time"),
        (["M", "--starts", "12"], "milliseconds"),
        (["M", "--starts", "2026-01-02", "--ends", "2026-01-01"], "ends before it starts"),
        (["M", "--detail", "x"], "NAME=VALUE"),
        (["M", "--realm", "nowhere"], "no realm nowhere"),
    ],
)
def test_what_it_cannot_be_is_said(host: Flask, words: list[str], said: str) -> None:
    result = run(host, "system", *words)
    assert result.exit_code in (1, 2)
    assert said in result.stderr
    assert types(host) == []


def test_a_secret_in_the_message_is_masked(host: Flask) -> None:
    ok(host, "system", "NEWS", "--message", "password=hunter2", "--detail", "apiKey=hunter3")
    assert "hunter" not in str(last(host))


def test_who_makes_the_tables_is_recorded(make_app: MakeApp, empty_postgres_url: str) -> None:
    app = make_app(AUDITLOG_DATABASE_URL=empty_postgres_url)
    for _ in range(2):
        ok(app, "upgrade")
    assert types(app) == ["admin.AUDIT_LOG-CREATE"]
    event = last(app)
    assert event.auth_details == Actor(realm_id="default", username=OPERATOR, client_id="cli")
    assert event.resource_path == "tables"


def test_an_operator_may_send_it_to_the_api(host: Flask) -> None:
    with host.app_context():
        permissions = ("publish-events", "publish-as")
        _, secret = AuditLog().events.tokens.create(
            name="ops", realm="default", permissions=permissions
        )
    event = {
        "type": "system.MAINTENANCE",
        "authDetails": {"userId": "1"},
        "details": {"message": "We move."},
    }
    answer = host.test_client().post(
        "/audit/realms/default/events", json=event, headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 202
    assert (last(host).type, last(host).auth_details) == ("system.MAINTENANCE", None)
