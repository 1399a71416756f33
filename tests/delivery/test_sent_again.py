"""What is asked for again reaches the receiver, under the id that it had the first time."""

from __future__ import annotations

from collections import Counter

from flask_auditlog.delivery.replaying import wanted
from flask_auditlog.store import Scope
from flask_auditlog.store.promises.again import Asked

from .hooked import Hooked
from .hooked import until
from .sinks import answering
from .sinks import OK
from .sinks import sink

ALL = Scope(realm="default", organization_id=None)


def ids(*sent: list[str]) -> Counter[str]:
    return Counter(f"msg_{uid.replace('-', '')}" for uids in sent for uid in uids)


def test_events_older_than_a_webhook_reach_it_when_they_are_replayed(hooked: Hooked) -> None:
    old = hooked.record(*["invoice.paid"] * 3)
    with sink(answering(OK)) as server:
        made = hooked.endpoint(server.url)
        new = hooked.record("invoice.paid")
        assert hooked.deliverer.run() == 1
        asked = Asked(kind="missing", rate=1000)
        job = hooked.store.replays.begin(made.id, ALL, asked, wanted)

        def is_over() -> bool:
            hooked.deliverer.run()
            return len(server.requests) == 4

        until(is_over)
    found = hooked.store.replays.get(job.id, ALL)
    assert found is not None
    assert (found.state, found.made) == ("done", 3)
    assert Counter(each.headers["webhook-id"] for each in server.requests) == ids(old, new)


def test_one_that_is_sent_again_has_its_first_id(hooked: Hooked) -> None:
    with sink(answering(OK)) as server:
        hooked.endpoint(server.url)
        uids = hooked.record("invoice.paid")
        hooked.deliverer.run()
        (delivery,) = hooked.deliveries()
        hooked.store.sent.resend(delivery.id, ALL)
        assert hooked.deliverer.run() == 1
    assert Counter(each.headers["webhook-id"] for each in server.requests) == ids(uids, uids)
    first, second = (each.headers["x-auditlog-delivery"] for each in server.requests)
    assert first != second
