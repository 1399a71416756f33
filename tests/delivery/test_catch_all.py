"""The operator's own endpoint, from the configuration."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from flask_auditlog.recorder import Context
from flask_auditlog.recorder.given import draft_of
from tests.apps import MakeApp

from .hooked import Hooked
from .hooked import LOOPBACK
from .sinks import answering
from .sinks import OK
from .sinks import sink


@pytest.fixture
def make(make_app: MakeApp, database_url: str) -> Any:
    def make(**webhooks: Any) -> Hooked:
        app = make_app(
            AUDITLOG_DATABASE_URL=database_url,
            AUDITLOG_REALMS=["default", "acme"],
            AUDITLOG_WEBHOOKS=webhooks,
            **LOOPBACK,
        )
        hooked = Hooked(app)
        hooked.state.upgrade()
        return hooked

    return make


def record(hooked: Hooked, realm: str, type: str) -> None:
    context = Context(realm=realm, source="system", trusted=True)
    with hooked.app.app_context():
        hooked.state.recorder.ingest([draft_of({"type": type})], context)


def test_it_gets_every_event_of_every_realm(make: Any) -> None:
    with sink(answering(OK)) as server:
        hooked = make(catch_all_url=server.url, catch_all_secret="hush")
        hooked.deliverer.run()
        record(hooked, "default", "access.LOGIN")
        record(hooked, "acme", "invoice.paid")
        assert hooked.deliverer.run() == 2
    found = {(e["realmId"], e["type"]) for e in (json.loads(r.body) for r in server.requests)}
    assert found == {("default", "access.LOGIN"), ("acme", "invoice.paid")}
    assert all(each.headers["webhook-signature"].startswith("v1,") for each in server.requests)
    hooked.check(server.requests)


def test_it_follows_the_configuration(make: Any) -> None:
    with sink(answering(OK)) as first, sink(answering(OK)) as second:
        make(catch_all_url=first.url, catch_all_secret="one").deliverer.run()
        hooked = make(catch_all_url=second.url)
        hooked.deliverer.run()
        record(hooked, "default", "invoice.paid")
        hooked.deliverer.run()
        assert (len(first.requests), len(second.requests)) == (0, 1)
        assert "webhook-signature" not in second.requests[0].headers
        gone = make()
        gone.deliverer.run()
        record(gone, "default", "invoice.paid")
        assert gone.deliverer.run() == 0
        assert gone.store.endpoints.number() == 0


def test_one_that_cannot_be_stops_no_other(make: Any, logged: io.StringIO) -> None:
    with sink(answering(OK)) as server:
        hooked = make(catch_all_url="https://10.0.0.1/hook")
        hooked.endpoint(server.url)
        hooked.record("invoice.paid")
        assert hooked.deliverer.run() == 1
    assert "the operator's own webhook" in logged.getvalue()
    hooked.check(server.requests)
