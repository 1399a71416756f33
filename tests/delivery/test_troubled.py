"""Receivers in trouble, and what that is to all others."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from email.utils import formatdate
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from flask_auditlog.delivery.given import Given
from flask_auditlog.delivery.schedule import HOUR
from flask_auditlog.delivery.schedule import LONGEST
from flask_auditlog.delivery.schedule import SCHEDULE
from flask_auditlog.delivery.schedule import SECOND
from flask_auditlog.errors import InvalidWebhook
from flask_auditlog.store.outbox import tables as outbox

from .conftest import MakeHooked
from .hooked import Hooked
from .hooked import until
from .sinks import answering
from .sinks import dripping
from .sinks import OK
from .sinks import read
from .sinks import silent
from .sinks import Sink
from .sinks import sink

STATUS = b"HTTP/1.1 %d Nothing\r\ncontent-length: 0\r\n%b\r\n"
# Of the database's clock, as it is when the attempt ends, and of what is written in the head.
NEAR = 5 * SECOND


def test_while_half_of_all_endpoints_hang_the_others_are_served(make_hooked: MakeHooked) -> None:
    # They hang for longer than the others are waited for.
    hooked = make_hooked(timeout=30)
    with sink(silent) as bad, sink(answering(OK)) as good:
        for _ in range(20):
            hooked.endpoint(bad.url)
            hooked.endpoint(good.url)
        hooked.record(*["invoice.paid"] * 10)
        drain = threading.Thread(target=hooked.deliverer.run, daemon=True)
        drain.start()
        until(lambda: len(good.requests) == 200, seconds=25)
        bad.over.set()
        drain.join()
    hooked.check(good.requests, ended=False)
    assert Counter(each.state for each in hooked.deliveries())["succeeded"] == 200


@pytest.mark.parametrize(
    ("first", "state"),
    [(b"HTTP/1.1 200 OK\r\nx: ", "pending"), (b"HTTP/1.1 200 OK\r\n\r\n", "succeeded")],
)
def test_a_slow_drip_keeps_nobody_for_longer_than_the_deadline(
    make_hooked: MakeHooked, first: bytes, state: str
) -> None:
    hooked = make_hooked(timeout=1)
    with sink(dripping(first, b"x", 0.05)) as server:
        hooked.endpoint(server.url)
        hooked.record("invoice.paid")
        # It comes back, though the receiver never ends.
        assert hooked.deliverer.run() == 1
    hooked.check(server.requests, ended=False)
    assert [each.state for each in hooked.deliveries()] == [state]


@pytest.mark.parametrize(
    ("status", "header", "wait"),
    [
        (429, "120", 120 * SECOND),
        (503, "120", 120 * SECOND),
        (429, 600, 600 * SECOND),
        (429, -600, 0),
        (429, "1000000000", LONGEST),
        (429, "-5", 0),
        (429, "soon", 0),
    ],
)
def test_a_receiver_is_left_alone_for_as_long_as_it_asks(
    hooked: Hooked, status: int, header: str | int, wait: int
) -> None:
    if isinstance(header, int):
        header = formatdate(time.time() + header, usegmt=True)
    asks = b"retry-after: " + header.encode() + b"\r\n"
    with sink(answering(STATUS % (status, asks))) as server:
        hooked.endpoint(server.url)
        hooked.record("invoice.paid")
        assert hooked.deliverer.run() == 1
        hooked.record("invoice.paid")
        assert hooked.deliverer.run() == (0 if wait else 1)
    (delivery, *_) = hooked.deliveries()
    (health,) = hooked.rows(outbox.health)
    now = hooked.store.deliveries.clock()
    assert health.paused_until - now <= wait
    assert health.paused_until - now > wait - NEAR
    assert delivery.due_time - now > max(wait, int(SCHEDULE[1] * 0.8)) - NEAR
    hooked.check(server.requests, ended=False)


def test_a_receiver_that_always_fails_gets_each_attempt_of_the_schedule_and_no_more(
    hooked: Hooked,
) -> None:
    waited = []
    with sink(answering(STATUS % (500, b""))) as server:
        hooked.endpoint(server.url)
        hooked.record("invoice.paid")
        while hooked.deliverer.run():
            (delivery, *_) = hooked.deliveries()
            waited.append(delivery.due_time - hooked.store.deliveries.clock())
            hooked.make_due()
            # Its breaker is another matter: there a pause is no attempt.
            hooked.change(outbox.health, state=None)
    assert delivery.state == "exhausted"
    assert len(server.requests) == delivery.attempts == len(SCHEDULE)
    for pause, planned in zip(waited[:-1], SCHEDULE[1:], strict=True):
        assert planned * 0.8 - NEAR < pause <= planned * 1.2
    assert hooked.types()["system.WEBHOOK_DELIVERY_EXHAUSTED"] == 1


def test_one_that_fails_for_five_days_is_warned_of_and_disabled_across_restarts(
    make_hooked: MakeHooked,
) -> None:
    told = []
    with sink(answering(STATUS % (500, b""))) as server:
        endpoint = make_hooked().endpoint(server.url, event_types=("invoice.*",))
        for _ in range(12):
            # Each time another process, which knows nothing but what is written.
            hooked = make_hooked()
            hooked.record("invoice.paid")
            hooked.deliverer.run()
            told.append(_told(hooked))
            _age(hooked, 12 * HOUR)
    hooked.store.upkeep.tidy(limit=1000)
    failing = [each["system.WEBHOOK_FAILING"] for each in told]
    assert failing == [0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]
    assert [each["system.WEBHOOK_DISABLED"] for each in told] == [0] * 10 + [1, 1]
    found = hooked.store.endpoints.named([endpoint.id])[endpoint.id]
    assert found.disabled_reason == "failing"
    hooked.check(server.requests)


def _told(hooked: Hooked) -> Counter[str]:
    return Counter({k: n for k, n in hooked.types().items() if k.startswith("system.WEBHOOK")})


def _age(hooked: Hooked, milliseconds: int) -> None:
    """Let so much time have passed for what is written of endpoints, and all be due."""
    for row in hooked.rows(outbox.health):
        known = json.loads(row.state)
        for name in ("first_failure", "last_success", "paused_until"):
            if known.get(name):
                known[name] -= milliseconds
        known["recent"] = []
        mine = outbox.health.c.endpoint_id == row.endpoint_id
        hooked.change(outbox.health, mine, state=json.dumps(known))
    hooked.make_due()


def test_one_success_in_between_begins_the_five_days_anew(hooked: Hooked) -> None:
    answers = [STATUS % (500, b"")]

    def serve(server: Sink, sock: socket.socket) -> None:
        while read(sock) is not None:
            sock.sendall(answers[-1])

    with sink(serve) as server:
        endpoint = hooked.endpoint(server.url, event_types=("invoice.*",))
        for answer in [*[STATUS % (500, b"")] * 8, OK, *[STATUS % (500, b"")] * 8]:
            answers.append(answer)
            hooked.record("invoice.paid")
            hooked.deliverer.run()
            _age(hooked, 12 * HOUR)
    assert hooked.store.endpoints.named([endpoint.id])[endpoint.id].enabled
    assert hooked.types()["system.WEBHOOK_RECOVERED"] == 1
    hooked.check(ended=False)


def test_an_endpoint_of_news_of_endpoints_that_fails_itself_makes_no_storm(
    make_hooked: MakeHooked,
) -> None:
    hooked = make_hooked(schedule=[0, 1])
    with sink(answering(STATUS % (500, b""))) as server:
        for _ in range(3):
            hooked.endpoint(server.url, event_types=("system.WEBHOOK*", "invoice.*"))
        hooked.record("invoice.paid")
        for _ in range(20):
            hooked.deliverer.run()
            hooked.make_due()
    hooked.check(server.requests)
    # One event of each of them, to the two others, of which nothing is told.
    assert hooked.types()["system.WEBHOOK_DELIVERY_EXHAUSTED"] == 3
    assert len(hooked.deliveries()) == 3 + 3 * 2
    assert len(server.requests) == 2 * 9


def test_any_text_is_signed_and_sent_as_it_is_stored(hooked: Hooked) -> None:
    secret = "whsec_" + "QTNqdDZEOGx6" * 3
    text = "Grüße \N{SNOWMAN} \N{PILE OF POO} \u2028 \u0085 \\ \" '"
    with sink(answering(OK)) as server:
        endpoint = hooked.endpoint(server.url, event_types=("invoice.*",))
        hooked.desk.rotate(endpoint.id, secret, grace=0)
        hooked.record("invoice.paid", details={"text": text, "long": "\N{SNOWMAN}" * 5000})
        hooked.deliverer.run()
    (request,) = server.requests
    assert Webhook(secret).verify(request.body, request.headers)["details"]["text"] == text
    hooked.check(server.requests)


def test_who_answers_after_the_deadline_gets_it_again_under_the_same_id(
    make_hooked: MakeHooked,
) -> None:
    hooked = make_hooked(timeout=0.5)

    def late(server: Sink, sock: socket.socket) -> None:
        while (request := read(sock)) is not None:
            server.requests.append(request)
            if len(server.requests) == 1:
                server.over.wait(1.5)
            sock.sendall(OK)

    with sink(late) as server:
        hooked.endpoint(server.url)
        hooked.record("invoice.paid")
        hooked.deliverer.run()
        hooked.make_due()
        hooked.deliverer.run()
    hooked.check(server.requests)
    (delivery,) = hooked.deliveries()
    assert [each.error for each in hooked.attempts(delivery.id)] == ["timeout", None]
    first, second = server.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


@pytest.mark.parametrize(
    "given",
    [
        {"headers": {"X-Own": "a\r\nwebhook-id: b"}},
        {"headers": {"X-Own\r\nX-Other": "a"}},
        {"url": "http://127.0.0.1/a\r\nhost: b"},
        {"event_types": ["invoice.paid\r\nx: y"]},
        {"audience": "a\r\nb"},
    ],
)
def test_a_line_break_comes_into_no_head(hooked: Hooked, given: dict[str, Any]) -> None:
    with sink(answering(OK)) as server:
        endpoint = hooked.endpoint(server.url)
        with pytest.raises(InvalidWebhook):
            hooked.desk.update(endpoint.id, Given(**given))
        hooked.record("invoice.paid")
        hooked.deliverer.run()
    hooked.check(server.requests)


def test_two_endpoints_of_one_host_share_no_connection(hooked: Hooked) -> None:
    with sink(answering(OK)) as server:
        hooked.endpoint(server.url, event_types=("one.*",))
        hooked.endpoint(server.url, event_types=("two.*",))
        for _ in range(3):
            for each in ("one.event", "two.event"):
                hooked.record(each)
                hooked.deliverer.run()
        assert server.accepted == 2
    hooked.check(server.requests)
