"""A receiver is back after a day: what waited for it goes at its rate, and nobody waits behind it."""

from __future__ import annotations

import time

import pytest

from tests.apps import make_app as make_app
from tests.delivery.conftest import make_hooked as make_hooked
from tests.delivery.conftest import MakeHooked
from tests.delivery.hooked import until
from tests.delivery.sinks import answering
from tests.delivery.sinks import OK
from tests.delivery.sinks import sink

from .nursery import Nursery

pytestmark = pytest.mark.faults

BACKLOG, RATE, FRESH = 10_000, 1000, 10


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_backlog_goes_at_its_rate_and_what_is_fresh_goes_past_it(
    make_hooked: MakeHooked, nursery: Nursery, database_url: str
) -> None:
    hooked = make_hooked()
    with sink(answering(OK)) as back, sink(answering(OK)) as healthy:
        hooked.endpoint(back.url, event_types=("invoice.*",), rate_limit=float(RATE))
        hooked.endpoint(healthy.url, event_types=("refund.*",))
        for _ in range(BACKLOG // 1000):
            hooked.record(*["invoice.paid"] * 1000)
        began = time.time() * 1000
        child = nursery.start("deliver", database_url, {})
        until(lambda: bool(back.requests))
        for number in range(1, FRESH + 1):
            hooked.record("refund.paid")
            until(lambda number=number: len(healthy.requests) == number)  # type: ignore[misc]
        # Each of them came while thousands waited.
        assert len(back.requests) < BACKLOG
        # Not by asking of all deliveries again and again, which takes half of the machine.
        until(lambda: len(back.requests) >= BACKLOG, seconds=100)
        until(lambda: not any(e.state != "succeeded" for e in hooked.deliveries()))
        child.kill()
    assert len(back.requests) == BACKLOG
    last = max(each.finished_time or 0 for each in hooked.deliveries())
    # A tenth of a second's worth goes at a time: the last one is not waited for.
    assert last - began >= (BACKLOG / RATE - 0.1) * 1000
    hooked.check([*back.requests, *healthy.requests])
