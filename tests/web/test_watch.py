"""What whoever watches over the log is told."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from flask_auditlog import AuditLog
from flask_auditlog import state
from flask_auditlog.store.webhooks import Endpoint
from tests.apps import make_app as make_app
from tests.apps import MakeApp

METRICS = "/audit/metrics"


def token(app: Flask, *permissions: str, **more: Any) -> dict[str, str]:
    given: dict[str, Any] = {"name": "prometheus", "realm": "default", "permissions": permissions}
    with app.app_context():
        _, secret = state.of(app).store.tokens.create(**given | more)
    return {"Authorization": f"Bearer {secret}"}


def test_a_log_that_is_well_says_so_to_anybody(make_app: MakeApp) -> None:
    answer = make_app().test_client().get("/audit/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_a_log_that_cannot_be_reached_is_failing(make_app: MakeApp) -> None:
    url = "postgresql+psycopg://nobody:hush@127.0.0.1:9/none"
    answer = make_app(AUDITLOG_DATABASE_URL=url).test_client().get("/audit/healthz")
    assert (answer.status_code, answer.json) == (503, {"status": "failing", "failing": ["log"]})
    assert "hush" not in answer.text


def test_deliveries_that_wait_for_long_are_no_reason_to_stop_the_app(make_app: MakeApp) -> None:
    app = make_app()
    store = state.of(app).store
    new = Endpoint(
        id="", realm="default", url="https://example.com", enabled=True, event_types=("*",)
    )
    store.endpoints.create(new, sealed=None, kind="hmac", at_most=1)
    late = store.measures.of_all
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flask_auditlog.web.watch.LATE", -1.0)
        answer = app.test_client().get("/audit/healthz")
    degraded = {"status": "degraded", "failing": ["deliveries"]}
    assert (answer.status_code, answer.json) == (200, degraded)
    assert late().oldest_due_seconds == 0


def test_one_that_is_switched_off_says_so(make_app: MakeApp) -> None:
    answer = make_app(AUDITLOG_ENABLED=False).test_client().get("/audit/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "disabled"})


def test_metrics_are_lines_of_prometheus(make_app: MakeApp) -> None:
    app = make_app()
    with app.app_context():
        AuditLog().access_event("LOGIN")
    answer = app.test_client().get(METRICS, headers=token(app, "view-events"))
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    numbers = dict(line.split(" ") for line in lines)
    assert float(numbers["auditlog_outbox_oldest_due_seconds"]) == 0
    assert int(numbers["auditlog_records"]) == state.of(app).store.head()
    assert int(numbers["auditlog_recorded_total"]) >= 1


@pytest.mark.parametrize(
    ("permissions", "more", "status"),
    [
        (("publish-events",), {}, 403),
        (("view-events",), {"organization_id": "acme"}, 403),
        (("view-events",), {"expires_time": 1}, 401),
    ],
)
def test_metrics_need_a_token_that_sees_all(
    make_app: MakeApp, permissions: tuple[str, ...], more: dict[str, Any], status: int
) -> None:
    app = make_app()
    headers = token(app, *permissions, **more)
    assert app.test_client().get(METRICS, headers=headers).status_code == status
    assert app.test_client().get(METRICS).status_code == 401
