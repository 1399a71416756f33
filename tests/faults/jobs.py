"""What the children of a :class:`.nursery.Nursery` do. Each gets a function to speak with."""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from flask import Flask
from werkzeug.serving import make_server

from flask_auditlog import AuditLog
from flask_auditlog import event_recorded
from flask_auditlog.store import Key
from flask_auditlog.store import migrate
from flask_auditlog.store.append.appending import PostgresAppender
from flask_auditlog.store.tables import LOCK
from tests.store.samples import entry
from tests.store.samples import opened

from .delivering import deliver as deliver
from .delivering import work_rq as work_rq

# Imported before any child is forked, not in each of them.
IMPORTED = (migrate,)

Say = Callable[[str], None]


def make_app(url: str) -> Flask:
    """Return a host that records one event per visit."""
    app = Flask(__name__)
    app.secret_key = "secret"
    app.config["AUDITLOG_DATABASE_URL"] = url
    app.config["AUDITLOG_CAPTURE"] = {"requests": False}
    audit = AuditLog(app)

    @app.get("/visit")
    def visit() -> dict[str, str | None]:
        return {"uid": audit.record("page.visited", details={"long": "x" * 500}).uid}

    return app


def serve(say: Say, url: str, listener: int) -> None:
    """Serve the host with threads, on a socket that is open already."""
    shared = socket.socket(fileno=listener)
    host, port = shared.getsockname()
    server = make_server(host, port, make_app(url), threaded=True, fd=shared.fileno())
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.serve_forever()


def hold_postgres(say: Say, url: str, seconds: float) -> None:
    """Hold the lock as a writer does that has stopped inside of its transaction."""
    with opened(url) as store, store.engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        PostgresAppender(seconds).prepare(raw)
        raw.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
        say("locked")
        time.sleep(60)


def hold_sqlite(say: Say, url: str, seconds: float) -> None:
    """Hold the file for so many seconds."""
    with opened(url) as store, store.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        say("locked")
        time.sleep(seconds)


def append_once(say: Say, url: str, at: float, name: str) -> None:
    """Append with an Idempotency-Key at a moment that others may share; say the answer."""
    key = Key(token_id="t", realm="r", value="k", request_digest=b"d", answer=name)
    with opened(url) as store:
        store.head()
        time.sleep(max(0.0, at - time.time()))
        given = [entry(), entry()]
        say(json.dumps({"answer": store.append(given, key=key).answer, "mine": name}))


def upgrade(say: Say, url: str, at: float) -> None:
    """Upgrade at a moment that others share; say what is left to be done."""
    with opened(url) as store:
        time.sleep(max(0.0, at - time.time()))
        store.upgrade()
        store.realms.add_all(["default", "acme"])
        say(str(store.pending()))


def append_many(say: Say, url: str, count: int, threads: int) -> None:
    """Append; say each uid once it is there."""
    with opened(url) as store:

        def work() -> None:
            for _ in range(count):
                say(store.append([entry()]).records[0].event.uid)

        several = [threading.Thread(target=work) for _ in range(threads)]
        for thread in several:
            thread.start()
        for thread in several:
            thread.join()


def change(say: Say, host_url: str, log_url: str, end: str) -> None:
    """Change a host's table and record it in the same transaction, until it is killed.

    :param end: where the process kills itself; ``random`` when it is killed from outside.
    """
    app = Flask("host")
    app.config["AUDITLOG_DATABASE_URL"] = log_url
    audit = AuditLog(app)
    state = app.extensions["auditlog"]
    engine = sa.create_engine(host_url)
    state.inbox.of(engine)
    if end == "committed":
        state.inbox.wake = lambda _: os.kill(os.getpid(), signal.SIGKILL)
    if end == "taken":
        state.recorder.append = _die
    if end == "appended":
        event_recorded.connect(_die, app)
    # Its first request begins the thread, which finds what the one before has left.
    app.test_client().get("/")
    with app.app_context():
        while True:
            with engine.begin() as connection:
                name = uuid4().hex
                connection.execute(CHANGE, {"name": name})
                audit.record("changed", details={"name": name}, session=connection)
                if end == "recorded" and random.random() < 0.2:
                    _die()
            say("committed")


CHANGE = sa.text("INSERT INTO changed (name) VALUES (:name)")


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
