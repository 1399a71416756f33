"""From an event to somebody's server, and what is kept of it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from flask_auditlog import signals
from flask_auditlog.delivery import delivering
from flask_auditlog.delivery.fanout import expand
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.store.outbox import tables as outbox
from tests.apps import MakeApp

from .hooked import Hooked
from .hooked import LOOPBACK
from .hooked import SECRET
from .hooked import until
from .sinks import answering
from .sinks import OK
from .sinks import read
from .sinks import Sink
from .sinks import sink

STATUS = b"HTTP/1.1 %d Nothing\r\ncontent-length: 0\r\n%b\r\n"


def test_each_event_reaches_its_endpoint_as_it_is_stored(hooked: Hooked) -> None:
    with sink(answering(OK)) as server:
        endpoint = hooked.endpoint(server.url)
        uids = hooked.record(*["invoice.paid"] * 30, details={"text": "Grüße \N{SNOWMAN}"})
        assert hooked.deliverer.run() == 30
        assert hooked.deliverer.run() == 0
    hooked.check(server.requests)
    assert {each.state for each in hooked.deliveries()} == {"succeeded"}
    assert Counter(json.loads(each.body)["uid"] for each in server.requests) == Counter(uids)
    (first, *_) = hooked.deliveries()
    (tried,) = hooked.attempts(first.id)
    assert (tried.status, tried.error, tried.address) == (204, None, "127.0.0.1")
    assert (first.endpoint_id, first.last_status, first.attempts) == (endpoint.id, 204, 1)
    assert json.loads(tried.response_headers) == {"server": "sink"}
    assert SECRET not in tried.request_headers


def test_the_public_package_verifies_what_is_sent(hooked: Hooked) -> None:
    with sink(answering(OK)) as server:
        hooked.endpoint(server.url)
        hooked.record("invoice.paid")
        hooked.deliverer.run()
    (request,) = server.requests
    # It takes secrets in base64.
    verifier = Webhook("QTNqdDZEOGx6")
    assert verifier.verify(request.body, request.headers)["type"] == "invoice.paid"
    assert request.line == "POST /hook HTTP/1.1"
    assert request.headers["user-agent"].startswith("flask-auditlog/")


def test_what_is_wanted_and_nothing_else_is_sent(hooked: Hooked) -> None:
    with sink(answering(OK)) as server:
        hooked.endpoint(server.url, event_types=("access.*",))
        hooked.record("access.LOGIN", "invoice.paid", "system.MAINTENANCE")
        assert hooked.deliverer.run() == 1
    hooked.check(server.requests)


def test_what_waited_for_a_pause_goes_where_its_endpoint_is_then(hooked: Hooked) -> None:
    with sink(answering(OK)) as old, sink(answering(OK)) as new:
        endpoint = hooked.endpoint(old.url)
        hooked.record("invoice.paid")
        assert hooked.deliverer.run() == 1
        hooked.change(outbox.health, paused_until=2**50)
        hooked.record("invoice.paid")
        assert hooked.deliverer.run() == 0
        hooked.change(outbox.endpoint, outbox.endpoint.c.id == endpoint.id, url=new.url)
        hooked.change(outbox.health, paused_until=0)
        assert hooked.deliverer.run() == 1
    hooked.check([*old.requests, *new.requests])
    assert (len(old.requests), len(new.requests)) == (1, 1)


def test_a_failure_is_tried_again_with_the_same_id_and_body(hooked: Hooked) -> None:
    def twice_not(server: Sink, sock: Any) -> None:
        while (request := read(sock)) is not None:
            server.requests.append(request)
            sock.sendall(OK if len(server.requests) == 3 else STATUS % (500, b""))

    with sink(twice_not) as server:
        hooked.endpoint(server.url)
        hooked.record("invoice.paid")
        for _ in range(3):
            assert hooked.deliverer.run() == 1
            assert hooked.deliverer.run() == 0
            hooked.make_due()
    hooked.check(server.requests)
    (delivery,) = hooked.deliveries()
    assert [each.status for each in hooked.attempts(delivery.id)] == [500, 500, 204]
    assert len({each.headers["webhook-id"] for each in server.requests}) == 1
    assert len({each.headers["x-auditlog-delivery"] for each in server.requests}) == 1


def test_after_the_last_attempt_it_is_exhausted_and_told_once(
    make_app: MakeApp, database_url: str
) -> None:
    app = make_app(
        AUDITLOG_DATABASE_URL=database_url,
        **LOOPBACK,
        AUDITLOG_WEBHOOKS={"schedule": [0, 1, 1]},
    )
    hooked = Hooked(app)
    hooked.state.upgrade()
    with sink(answering(STATUS % (500, b""))) as server:
        endpoint = hooked.endpoint(server.url)
        hooked.record("invoice.paid", "invoice.paid")
        for _ in range(5):
            hooked.deliverer.run()
            hooked.make_due()
        hooked.deliverer.close()
    hooked.check(server.requests)
    assert {(each.state, each.attempts) for each in hooked.deliveries()} == {("exhausted", 3)}
    told = [r.event for r in hooked.records() if r.event.type.startswith("system.WEBHOOK")]
    (event,) = told
    assert event.type == "system.WEBHOOK_DELIVERY_EXHAUSTED"
    assert event.resource_path == f"webhooks/{endpoint.id}"
    assert (event.details or {})["count"] == 2
    assert event.auth_details is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(STATUS % (410, b""), "gone"), (STATUS % (204, b"webhook-delivery: disable\r\n"), "receiver")],
)
def test_a_receiver_that_wants_no_more_gets_no_more(
    hooked: Hooked, answer: bytes, reason: str
) -> None:
    with sink(answering(answer)) as server:
        endpoint = hooked.endpoint(server.url)
        hooked.record("invoice.paid")
        hooked.deliverer.run()
        hooked.record("invoice.paid")
        assert hooked.deliverer.run() == 0
    found = hooked.store.endpoints.named([endpoint.id])[endpoint.id]
    assert (found.enabled, found.disabled_reason) == (False, reason)
    assert hooked.types()["system.WEBHOOK_DISABLED"] == 1
    hooked.check(server.requests)


def test_a_dead_process_loses_nothing(hooked: Hooked) -> None:
    with sink(answering(OK)) as server:
        hooked.endpoint(server.url)
        hooked.record("invoice.paid")
        hooked.deliverer.run(lambda: True)
        # Claimed by who then died.
        hooked.deliverer.run(lambda: True)
        from_another = hooked.store.deliveries
        from_another.fan_out(expand, limit=100)
        (claimed,) = from_another.claim(limit=10, lease_seconds=0.01)
        until(lambda: _ran(hooked))
    (delivery,) = hooked.deliveries()
    assert (delivery.id, delivery.attempts, delivery.lost) == (claimed.id, 2, 1)
    assert [each.error for each in hooked.attempts(delivery.id)] == ["lost", None]
    hooked.check(server.requests)


def _ran(hooked: Hooked) -> bool:
    return hooked.deliverer.run() == 1


def test_what_was_claimed_and_not_begun_is_given_back(hooked: Hooked) -> None:
    with sink(answering(OK)) as server:
        hooked.endpoint(server.url)
        hooked.record(*["invoice.paid"] * 300)
        calls = iter([False])
        hooked.deliverer.run(lambda: next(calls, True))
        rest = [each for each in hooked.deliveries() if each.state == "pending"]
        assert rest
        assert {each.attempts for each in rest} == {0}
        while hooked.deliverer.run():
            pass
    hooked.check(server.requests)
    assert len(server.requests) == 300


def test_an_endpoint_whose_key_is_gone_says_so(hooked: Hooked) -> None:
    with sink(answering(OK)) as server:
        endpoint = hooked.endpoint(server.url)
        hooked.change(outbox.secret, ciphertext=b"nonsense")
        hooked.record("invoice.paid")
        hooked.deliverer.run()
    assert server.requests == []
    (delivery,) = hooked.deliveries()
    (tried,) = hooked.attempts(delivery.id)
    assert (tried.error, delivery.state) == ("configuration", "pending")
    assert "AUDITLOG_KEYS" in tried.message
    assert endpoint.id == delivery.endpoint_id


def test_the_host_is_told_of_each_that_has_ended(hooked: Hooked) -> None:
    heard: list[Any] = []

    def hear(app: Any, delivery: Any) -> None:
        heard.append((delivery.id, delivery.state))

    def fail(app: Any, delivery: Any) -> None:
        raise ValueError

    with (
        sink(answering(OK)) as server,
        signals.delivery_finished.connected_to(fail, hooked.app),
        signals.delivery_finished.connected_to(hear, hooked.app),
    ):
        hooked.endpoint(server.url)
        hooked.record("invoice.paid")
        hooked.deliverer.run()
    assert heard == [(each.id, "succeeded") for each in hooked.deliveries()]
    hooked.check(server.requests)


def test_nobody_is_told_of_his_own_failures(hooked: Hooked) -> None:
    with sink(answering(STATUS % (410, b""))) as bad, sink(answering(OK)) as good:
        hooked.endpoint(bad.url)
        hooked.endpoint(good.url)
        hooked.record("invoice.paid")
        while hooked.deliverer.run():
            pass
    types = [json.loads(each.body)["type"] for each in good.requests]
    assert Counter(types) == {"invoice.paid": 1, "system.WEBHOOK_DISABLED": 1}
    assert [json.loads(each.body)["type"] for each in bad.requests] == ["invoice.paid"]
    hooked.check([*good.requests, *bad.requests])


def test_an_app_delivers_by_itself(make_app: MakeApp, database_url: str) -> None:
    given = {**LOOPBACK, "AUDITLOG_WORKER": "embedded", "TESTING": False}
    app = make_app(AUDITLOG_DATABASE_URL=database_url, **given)
    app.add_url_rule("/pay", "pay", lambda: "paid", methods=["POST"])
    hooked = Hooked(app)
    hooked.state.upgrade()
    with sink(answering(OK)) as server:
        hooked.endpoint(server.url)
        assert app.test_client().post("/pay").status_code == 200
        until(lambda: bool(server.requests))
        until(lambda: {each.state for each in hooked.deliveries()} == {"succeeded"})
        hooked.deliverer.close()
    hooked.check(server.requests)


def test_what_a_rate_keeps_waiting_goes_when_it_allows_it(
    make_app: MakeApp, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody looks by himself while the test runs.
    monkeypatch.setattr(delivering, "EVERY", 3600.0)
    given = {**LOOPBACK, "AUDITLOG_WORKER": "embedded", "TESTING": False}
    hooked = Hooked(make_app(AUDITLOG_DATABASE_URL=database_url, **given))
    hooked.state.upgrade()
    with sink(answering(OK)) as server:
        hooked.endpoint(server.url, event_types=("invoice.*",), rate_limit=20.0)
        hooked.record(*["invoice.paid"] * 7)
        hooked.app.test_client().get("/")
        until(lambda: {each.state for each in hooked.deliveries()} == {"succeeded"})
        hooked.deliverer.close()
    hooked.check(server.requests)


def test_what_was_sent_is_written_also_if_its_endpoint_could_not_be_disabled(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> bool:
        raise StoreUnavailable

    with sink(answering(STATUS % (410, b""))) as server:
        hooked.endpoint(server.url)
        hooked.record("invoice.paid")
        with monkeypatch.context() as patch:
            patch.setattr(hooked.store.endpoints, "disable", fail)
            with pytest.raises(StoreUnavailable):
                hooked.deliverer.run()
        hooked.deliverer.run()
    (delivery,) = hooked.deliveries()
    assert (delivery.state, delivery.attempts, delivery.lost) == ("held", 1, 0)
    hooked.check(server.requests)
