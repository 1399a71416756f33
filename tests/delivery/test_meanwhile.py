"""What people do to an endpoint while a delivery to it is on its way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from standardwebhooks.webhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from flask_auditlog.delivery.given import Given
from flask_auditlog.delivery.signing import new_secret
from flask_auditlog.errors import Gone
from flask_auditlog.store.outbox import tables as outbox
from flask_auditlog.store.tables import record
from flask_auditlog.store.webhooks import IN_FLIGHT

from .hooked import Hooked
from .sinks import answering
from .sinks import OK
from .sinks import read
from .sinks import Sink
from .sinks import sink

FAILS = b"HTTP/1.1 500 Nothing\r\ncontent-length: 0\r\n\r\n"


def meanwhile(act: Callable[[], object], answer: bytes) -> Callable[[Sink, socket.socket], None]:
    """Do something when a request is there, and answer it then."""

    def serve(server: Sink, sock: socket.socket) -> None:
        while (request := read(sock)) is not None:
            server.requests.append(request)
            act()
            sock.sendall(answer)

    return serve


@pytest.mark.parametrize("answer", [OK, FAILS])
def test_what_an_endpoint_answered_that_is_deleted_meanwhile_is_on_record(
    hooked: Hooked, answer: bytes
) -> None:
    with sink(meanwhile(lambda: hooked.desk.delete(endpoint.id), answer)) as server:
        endpoint = hooked.endpoint(server.url)
        hooked.record("invoice.paid")
        assert hooked.deliverer.run() == 1
        hooked.make_due()
        assert hooked.deliverer.run() == 0
    hooked.store.upkeep.tidy(limit=10)
    hooked.check(server.requests)
    (delivery,) = hooked.deliveries()
    (tried,) = hooked.attempts(delivery.id)
    assert tried.status == (204 if answer is OK else 500)
    assert delivery.state == ("succeeded" if answer is OK else "cancelled")


def test_one_that_is_disabled_meanwhile_gets_no_further_attempt_until_it_is_enabled(
    hooked: Hooked,
) -> None:
    answers = iter([FAILS])

    def serve(server: Sink, sock: socket.socket) -> None:
        while (request := read(sock)) is not None:
            server.requests.append(request)
            if len(server.requests) == 1:
                hooked.desk.disable(endpoint.id)
            sock.sendall(next(answers, OK))

    with sink(serve) as server:
        endpoint = hooked.endpoint(server.url)
        hooked.record("invoice.paid")
        assert hooked.deliverer.run() == 1
        hooked.make_due()
        assert hooked.deliverer.run() == 0
        hooked.store.upkeep.tidy(limit=10)
        hooked.desk.enable(endpoint.id, since=0)
        hooked.make_due()
        while hooked.deliverer.run():
            pass
    hooked.check(server.requests)
    assert hooked.deliveries()[0].attempts == 2
    assert {each.state for each in hooked.deliveries()} == {"succeeded"}


def test_after_a_change_of_the_url_it_is_tried_again_there(hooked: Hooked) -> None:
    with sink(answering(OK)) as new:

        def move() -> None:
            hooked.desk.update(endpoint.id, Given(url=new.url))

        with sink(meanwhile(move, FAILS)) as old:
            endpoint = hooked.endpoint(old.url, event_types=("invoice.*",))
            hooked.record("invoice.paid")
            hooked.deliverer.run()
            hooked.make_due()
            hooked.deliverer.run()
    hooked.check([*old.requests, *new.requests])
    assert (len(old.requests), len(new.requests)) == (1, 1)
    assert old.requests[0].headers["webhook-id"] == new.requests[0].headers["webhook-id"]


def test_a_secret_that_is_rotated_between_attempts_signs_beside_the_old_one_for_a_time(
    hooked: Hooked,
) -> None:
    first, second = new_secret(), new_secret()
    with sink(answering(FAILS)) as server:
        endpoint = hooked.endpoint(server.url, event_types=("invoice.*",))
        hooked.desk.rotate(endpoint.id, first, grace=0)
        hooked.record("invoice.paid")
        hooked.deliverer.run()
        hooked.desk.rotate(endpoint.id, second)
        hooked.make_due()
        hooked.deliverer.run()
        expires = outbox.secret.c.expires_time
        hooked.change(outbox.secret, expires.is_not(None), expires_time=1)
        # As a new process does, which has not opened them before.
        hooked.deliverer.close()
        hooked.deliverer.begin_anew()
        hooked.make_due()
        hooked.deliverer.run()
    before, between, after = server.requests
    verified = {
        (which, name)
        for which, request in (("before", before), ("between", between), ("after", after))
        for name, secret in (("first", first), ("second", second))
        if verifies(secret, request.body, request.headers)
    }
    assert verified == {
        ("before", "first"),
        ("between", "first"),
        ("between", "second"),
        ("after", "second"),
    }
    hooked.check(server.requests, ended=False)


def verifies(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    """Whether the reference library verifies it with this secret."""
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


def test_who_is_gone_is_disabled_once_however_many_were_in_flight(hooked: Hooked) -> None:
    all_are_there = threading.Event()

    def serve(server: Sink, sock: socket.socket) -> None:
        while (request := read(sock)) is not None:
            server.requests.append(request)
            # It is known by one that went well, and then gets several at once.
            if len(server.requests) == 1:
                sock.sendall(OK)
                continue
            if len(server.requests) > IN_FLIGHT:
                all_are_there.set()
            all_are_there.wait(10)
            sock.sendall(FAILS.replace(b"500", b"410"))

    with sink(serve) as server:
        endpoint = hooked.endpoint(server.url, event_types=("invoice.*",))
        hooked.record("invoice.paid")
        assert hooked.deliverer.run() == 1
        hooked.record(*["invoice.paid"] * 100)
        while hooked.deliverer.run():
            pass
    hooked.store.upkeep.tidy(limit=1000)
    hooked.check(server.requests)
    found = hooked.store.endpoints.named([endpoint.id])[endpoint.id]
    assert (found.enabled, found.disabled_reason) == (False, "gone")
    assert {each.state for each in hooked.deliveries()} == {"succeeded", "held"}
    assert hooked.types()["system.WEBHOOK_DISABLED"] == 1


def test_what_is_removed_from_the_log_is_not_sent_and_says_nothing_of_who_wanted_it(
    hooked: Hooked,
) -> None:
    with sink(answering(FAILS)) as server:
        endpoint = hooked.endpoint(server.url, event_types=("invoice.*",))
        hooked.record("invoice.paid")
        hooked.deliverer.run()
        health = hooked.store.healths.of([endpoint.id])
        records = hooked.records()
        removed = erase(hooked)
        hooked.make_due()
        hooked.deliverer.run()
        assert hooked.deliverer.run() == 0
    (delivery,) = hooked.deliveries()
    assert (delivery.state, delivery.attempts, removed) == ("cancelled", 2, len(records))
    assert [each.error for each in hooked.attempts(delivery.id)] == ["http", "gone"]
    assert hooked.store.healths.of([endpoint.id]) == health
    assert len(server.requests) == 1
    with pytest.raises(Gone):
        hooked.desk.resend(delivery.id)


def erase(hooked: Hooked) -> int:
    """Remove all records, which nothing in the product does: past what protects them."""
    with hooked.store.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER audit_record_no_delete")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        return connection.execute(sa.delete(record)).rowcount
