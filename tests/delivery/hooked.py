"""An app with webhooks, and what must hold of its deliveries, whatever happened."""

from __future__ import annotations

import time
from collections import Counter
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Flask

from flask_auditlog import state
from flask_auditlog.delivery import Deliverer
from flask_auditlog.delivery import deliverer_of
from flask_auditlog.delivery.desk import Desk
from flask_auditlog.delivery.matching import Matcher
from flask_auditlog.delivery.sealing import Sealer
from flask_auditlog.event import Record
from flask_auditlog.recorder import Context
from flask_auditlog.recorder.given import draft_of
from flask_auditlog.store import Scope
from flask_auditlog.store import SqlStore
from flask_auditlog.store.outbox import tables as outbox
from flask_auditlog.store.outbox.claims import delivery_of
from flask_auditlog.store.webhooks import Delivery
from flask_auditlog.store.webhooks import Endpoint
from flask_auditlog.store.webhooks import ENDS

from .sinks import Request

SECRET = "A3jt6D8lz"
LOOPBACK = {"AUDITLOG_WEBHOOK_ALLOW": ["127.0.0.0/8"], "AUDITLOG_WORKER": "external"}


class Hooked:
    """An app whose webhooks are delivered when a test says so."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.state = state.of(app)

    @property
    def store(self) -> SqlStore:
        return self.state.store

    @property
    def deliverer(self) -> Deliverer:
        return deliverer_of(self.state)

    @property
    def desk(self) -> Desk:
        """Where an operator changes endpoints."""
        context = Context(realm="default", source="system", trusted=True)
        return Desk(self.state, Scope(realm="default", organization_id=None), context)

    def endpoint(self, url: str, **more: Any) -> Endpoint:
        """Add an endpoint that gets everything, signed with :data:`SECRET`."""
        given: dict[str, Any] = {"id": "", "realm": "default", "url": url, "enabled": True}
        given |= {"event_types": ("*",), "auth_type": "hmac"} | more
        sealed = Sealer(self.state.keys("webhooks")).seal(SECRET)
        return self.store.endpoints.create(
            Endpoint(**given), sealed=sealed, kind="hmac", at_most=1000
        )

    def record(self, *types: str, **fields: Any) -> list[str]:
        """Record an event of each type, in one batch; return their uids."""
        drafts = [draft_of({"type": each, **fields}) for each in types]
        context = Context(realm="default", source="system", trusted=True)
        with self.app.app_context():
            self.state.recorder.ingest(drafts, context)
        return [each.event.uid for each in self.records()[-len(types) :]]

    def records(self) -> list[Record]:
        head = self.store.head()
        found = self.store.followers.at(range(1, head + 1))
        return sorted(found, key=lambda each: each.position)

    def rows(self, table: sa.Table, *conditions: Any) -> list[Any]:
        with self.store.engine.connect() as connection:
            return list(connection.execute(sa.select(table).where(*conditions)))

    def deliveries(self) -> list[Delivery]:
        found = [delivery_of(row) for row in self.rows(outbox.delivery)]
        return sorted(found, key=lambda each: each.id)

    def attempts(self, delivery_id: str) -> list[Any]:
        found = self.rows(outbox.attempt, outbox.attempt.c.delivery_id == delivery_id)
        return sorted(found, key=lambda each: each.number)

    def change(self, table: sa.Table, *conditions: Any, **values: Any) -> None:
        """Change rows past all our code: the clock of a test."""
        with self.store.engine.begin() as connection:
            connection.execute(sa.update(table).where(*conditions).values(**values))

    def make_due(self) -> None:
        """Let what waits for its next attempt be due, and no endpoint be paused."""
        self.change(outbox.delivery, outbox.delivery.c.state == "pending", due_time=0)
        self.change(outbox.health, paused_until=0)

    def types(self) -> Counter[str]:
        return Counter(each.event.type for each in self.records())

    def check(self, requests: Sequence[Request] = (), *, ended: bool = True) -> None:
        """What must hold: each event that an endpoint wants has one delivery to it, which ends;
        what was sent are the stored bytes, under an id that is the event's.

        :param ended: whether all deliveries must have ended.
        """
        with self.store.engine.connect() as connection:
            ids = list(connection.scalars(sa.select(outbox.endpoint.c.id)))
        matcher = Matcher(self.store.endpoints.named(ids).values())
        wanted = Counter(
            (each.id, record.position)
            for record in self.records()
            for each in matcher.wanting(record)
        )
        found = Counter(
            (each.endpoint_id, each.position)
            for each in self.deliveries()
            if not each.batch and each.endpoint_id in ids
        )
        assert found == wanted
        if ended:
            assert {each.state for each in self.deliveries()} <= ENDS | {"held"}
        attempts: dict[str, list[Any]] = defaultdict(list)
        for tried in self.rows(outbox.attempt):
            attempts[tried.delivery_id].append(tried)
        for each in self.deliveries():
            tried = sorted(attempts[each.id], key=lambda one: one.number)
            self._check_delivery(each, tried)
        bodies = {f"msg_{r.event.uid.replace('-', '')}": r.body for r in self.records()}
        for request in requests:
            assert request.body.decode() == bodies[request.headers["webhook-id"]]

    @staticmethod
    def _check_delivery(delivery: Delivery, attempts: Sequence[Any]) -> None:
        if delivery.state == "inflight":
            return
        assert [each.number for each in attempts] == list(range(1, delivery.attempts + 1))
        assert (delivery.lease, delivery.lease_time) == (None, None)
        assert delivery.lost == sum(each.error == "lost" for each in attempts)
        assert (delivery.finished_time is not None) == (delivery.state in ENDS)
        if delivery.state == "succeeded":
            assert attempts[-1].error is None


def until(holds: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.02)
