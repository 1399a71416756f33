"""Callers of the API of webhooks, and what was sent to them."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.test import TestResponse

from flask_auditlog.delivery.fanout import expand
from flask_auditlog.store import MANAGE_EVENTS
from flask_auditlog.store import VIEW_EVENTS
from flask_auditlog.store.webhooks import Attempt
from flask_auditlog.store.webhooks import Ending
from tests.web.api.conftest import Log

BASE = "/audit/realms/default/webhooks"
URL = "https://hooks.example.com/audit"
# A right one, whatever is tried with it.
HOOK = {"url": URL, "enabled": True, "eventTypes": ["*"]}


class Hooks:
    """One caller with a token, at the webhooks of a realm."""

    def __init__(self, log: Log, *permissions: str, realm: str = "default", **options: Any) -> None:
        held = permissions or (VIEW_EVENTS, MANAGE_EVENTS)
        self._client = log.app.test_client()
        self._base = f"/audit/realms/{realm}/webhooks"
        secret = log.token(*held, realm=realm, **options)
        self._headers = {"Authorization": f"Bearer {secret}"}

    def __call__(self, method: str, path: str = "", body: Any = None, **more: Any) -> TestResponse:
        given: dict[str, Any] = {"buffered": True, "headers": self._headers} | more
        if body is not None:
            given |= {"data": body if isinstance(body, (bytes, str)) else json.dumps(body)}
            given.setdefault("content_type", "application/json")
        return self._client.open(f"{self._base}{path}", method=method, **given)

    def make(self, **more: Any) -> str:
        """Make a webhook; return its id, as Phase Two's clients find it."""
        answer = self("POST", body=HOOK | more)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"].rsplit("/", 1)[1]

    def get(self, path: str, **more: Any) -> Any:
        answer = self("GET", path, **more)
        assert answer.status_code == 200, answer.text
        return answer.get_json()


def send(log: Log, *, status: int | None = 200, error: str | None = None, **more: Any) -> None:
    """Send all that waits, to receivers who answer so."""
    with log.app.app_context():
        store = log.audit.events
        store.deliveries.fan_out(expand, limit=1000)
        claimed = store.deliveries.claim(limit=1000, lease_seconds=60)
        store.deliveries.finish(
            [
                Ending(
                    delivery=each,
                    state="succeeded" if error is None else "exhausted",
                    attempt=Attempt(
                        delivery_id=each.id,
                        number=each.attempts,
                        started_time=1_700_000_000_000,
                        status=status,
                        error=error,
                        **more,
                    ),
                )
                for each in claimed
            ]
        )
