"""Processes that deliver webhooks, and die of it where a test says so."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

import rq
from flask import Flask
from redis import Redis

from flask_auditlog import AuditLog
from flask_auditlog import event_recorded
from flask_auditlog.delivery import trying
from flask_auditlog.work import waking

Say = Callable[[str], None]

SETTINGS = {
    "SECRET_KEY": "s3cr3t",
    "AUDITLOG_CAPTURE": {"requests": False},
    "AUDITLOG_WEBHOOK_ALLOW": ["127.0.0.0/8"],
}
# The event that ends whoever sends it.
POISON = "invoice.poison"


def make_host(url: str, config: Mapping[str, Any] = {}, **webhooks: Any) -> Flask:
    """Return a host that records one event per payment, and delivers what is recorded."""
    app = Flask(__name__)
    app.config.update(SETTINGS)
    app.config.update(config)
    app.config["AUDITLOG_DATABASE_URL"] = url
    app.config["AUDITLOG_WEBHOOKS"] = webhooks
    audit = AuditLog(app)

    @app.get("/pay")
    def pay() -> dict[str, str | None]:
        return {"uid": audit.record("invoice.paid").uid}

    return app


def deliver(say: Say, url: str, webhooks: dict[str, Any], end: str = "") -> None:
    """Deliver as a process does that serves requests, until it is killed.

    :param end: where it kills itself: when something is ``claimed``, when a request has
        ``recorded`` something, or when it sends what is ``poison``.
    """
    app = make_host(url, **webhooks)
    if end == "claimed":
        trying.Trier.__call__ = _die  # type: ignore[method-assign]
    if end == "recorded":
        event_recorded.connect(_die, app)
    if end == "poison":
        trying.Trier.__call__ = _poisoned(trying.Trier.__call__)  # type: ignore[method-assign]
    # Its first request begins the thread.
    app.test_client().get("/pay" if end == "recorded" else "/")
    say("begun")
    threading.Event().wait(60)


def work_rq(say: Say, url: str, redis_url: str) -> None:
    """Be a worker of RQ, until nothing stands in the queue any more."""
    app = make_host(url, {"AUDITLOG_REDIS_URL": redis_url, "AUDITLOG_WORKER": "external"})
    # It has many jobs.
    waking.LINGER = 0.1
    with Redis.from_url(redis_url) as redis, app.app_context():
        queue = rq.Queue(waking.QUEUE, connection=redis)
        say("begun")
        rq.SimpleWorker([queue], connection=redis).work(burst=True, logging_level="ERROR")


def _poisoned(call: Callable[..., Any]) -> Callable[..., Any]:
    def crash(self: Any, job: Any) -> Any:
        if POISON in job.record.body:
            _die()
        return call(self, job)

    return crash


def _die(*_: Any, **__: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)
