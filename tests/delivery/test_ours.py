"""What goes wrong on our own side: a transaction that is taken back, a clock that is wrong."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from flask_auditlog import AuditLog
from flask_auditlog.delivery.schedule import MINUTE
from flask_auditlog.delivery.schedule import SCHEDULE
from flask_auditlog.delivery.schedule import SECOND

from .hooked import Hooked
from .sinks import answering
from .sinks import OK
from .sinks import sink


def test_what_was_rolled_back_is_sent_to_nobody(hooked: Hooked, tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'host.db'}")
    audit = AuditLog()
    with sink(answering(OK)) as server:
        hooked.endpoint(server.url)
        with hooked.app.app_context():
            with engine.connect() as connection:
                audit.record("invoice.paid", session=connection)
                connection.rollback()
            assert hooked.deliverer.run() == 0
            assert hooked.deliveries() == []
            with engine.begin() as connection:
                audit.record("invoice.paid", session=connection)
            assert hooked.deliverer.run() == 1
    engine.dispose()
    hooked.check(server.requests)
    assert len(server.requests) == 1


@pytest.mark.parametrize("skew", [-10 * MINUTE, 10 * MINUTE])
def test_what_is_due_is_said_by_the_databases_clock(
    hooked: Hooked, skew: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time_ns
    with sink(answering(b"HTTP/1.1 500 Nothing\r\ncontent-length: 0\r\n\r\n")) as server:
        hooked.endpoint(server.url)
        hooked.record("invoice.paid")
        monkeypatch.setattr(time, "time_ns", lambda: real() + skew * 1_000_000)
        assert hooked.deliverer.run() == 1
    (delivery,) = hooked.deliveries()
    wait = delivery.due_time - hooked.store.deliveries.clock()
    assert wait <= SCHEDULE[1] * 1.2
    assert wait > SCHEDULE[1] * 0.8 - 5 * SECOND
    hooked.check(server.requests, ended=False)
