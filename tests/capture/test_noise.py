"""Refusals are bounded, and none is forgotten."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from flask import abort
from flask import Flask
from flask import request
from werkzeug.exceptions import Forbidden

from flask_auditlog import Actor
from flask_auditlog import AuditLog
from flask_auditlog import Event
from flask_auditlog.capture import noise
from flask_auditlog.errors import StoreUnavailable
from flask_auditlog.event import Draft
from flask_auditlog.state import of
from flask_auditlog.state import repeats
from flask_auditlog.state.repeats import MOST
from tests.apps import counted
from tests.apps import events
from tests.apps import MakeApp
from tests.apps import types


@pytest.fixture
def audit() -> AuditLog:
    return AuditLog()


@pytest.fixture
def host(make_app: MakeApp, audit: AuditLog) -> Flask:
    return closed(make_app(audit))


def closed(app: Flask) -> Flask:
    """Give *app* doors that are shut."""
    app.get("/door/<name>", endpoint="door")(lambda name: abort(403))
    app.get("/other", endpoint="other")(lambda: abort(401))
    return app


def knock(app: Flask, times: int, path: str = "/door/a", address: str = "192.0.2.1") -> None:
    client = app.test_client()
    for _ in range(times):
        client.get(path, environ_base={"REMOTE_ADDR": address})


def told(app: Flask) -> list[Event]:
    """End the minute; return the events that stand for many."""
    with app.app_context():
        noise.flush(of(app), math.inf)
    return [event for event in events(app) if "repeated" in (event.details or {})]


def test_equal_refusals_become_one_that_says_how_many(host: Flask) -> None:
    knock(host, 40)
    assert types(host) == ["access.PERMISSION_DENIED"] * 5
    first, *_ = events(host)
    (many,) = told(host)
    details = many.details or {}
    assert len(events(host)) == 6
    assert (details["repeated"], details["endpoint"], details["status"]) == (35, "door", 403)
    assert first.time <= details["firstTime"] <= details["lastTime"] == many.time
    assert many.error == "http_403"
    assert many.auth_details == first.auth_details
    assert (many.request_id, many.traceparent) == (None, None)
    assert many.resource_path == "/door/a"
    assert "durationMs" not in details


def test_what_differs_among_them_is_not_said(host: Flask) -> None:
    knock(host, 7)
    knock(host, 1, "/door/b")
    (many,) = told(host)
    assert many.resource_path is None
    assert "path" not in (many.details or {})
    assert (many.details or {})["repeated"] == 3


def test_another_caller_and_another_door_have_their_own_count(host: Flask) -> None:
    knock(host, 6)
    knock(host, 6, address="192.0.2.2")
    knock(host, 6, "/other")
    assert len(events(host)) == 15
    assert [(event.details or {})["repeated"] for event in told(host)] == [1, 1, 1]


def test_who_has_a_network_of_addresses_is_one_caller(host: Flask) -> None:
    for number in range(20):
        knock(host, 1, address=f"2001:db8::{number:x}")
    assert len(events(host)) == 5
    (many,) = told(host)
    assert (many.details or {})["repeated"] == 15
    assert many.auth_details is not None
    assert many.auth_details.ip_address is None


def test_a_user_is_one_caller_wherever_they_are(host: Flask, audit: AuditLog) -> None:
    audit.actor_loader(lambda: Actor(user_id="7"))
    for number in range(9):
        knock(host, 1, address=f"192.0.2.{number}")
    (many,) = told(host)
    assert many.auth_details == Actor(realm_id="default", user_id="7")


def test_many_strangers_do_not_hide_a_user(host: Flask, audit: AuditLog) -> None:
    audit.actor_loader(lambda: Actor(user_id=request.headers.get("X-User")))
    for number in range(MOST + 50):
        knock(host, 1, address=f"198.51.{number // 250}.{number % 250}")
    assert len(events(host)) == MOST
    host.test_client().get("/other", headers={"X-User": "mallory"})
    assert len(events(host)) == MOST + 1
    (many,) = told(host)
    assert (many.details or {})["repeated"] == 50
    assert many.auth_details is not None
    assert many.auth_details.ip_address is None


@pytest.mark.parametrize(("rate", "alone"), [(1, 1), (3, 3)])
def test_the_rate_is_the_hosts_choice(make_app: MakeApp, rate: int, alone: int) -> None:
    app = closed(make_app(AUDITLOG_LIMITS={"refusals": rate}))
    knock(app, 10)
    assert len(events(app)) == alone
    assert [(event.details or {})["repeated"] for event in told(app)] == [10 - alone]


def test_a_counted_refusal_is_no_other_event(host: Flask) -> None:
    host.post("/post", endpoint="post")(lambda: abort(403))
    client = host.test_client()
    for _ in range(8):
        client.post("/post")
    assert types(host) == ["access.PERMISSION_DENIED"] * 5


def test_the_next_request_tells_of_a_minute_that_is_over(
    host: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.get("/fine", endpoint="fine")(lambda: "fine")
    knock(host, 7)
    host.test_client().get("/fine")
    assert len(events(host)) == 5
    later = time.monotonic() + 61
    monkeypatch.setattr(noise, "clock", lambda: later)
    host.test_client().get("/fine")
    assert len(events(host)) == 6


def test_what_cannot_be_told_now_is_told_later(
    host: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    knock(host, 7)
    state = of(host)

    def away(*_: Any) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(state.recorder, "append", away)
        assert told(host) == []
    assert counted(host, "capture_failed") == 1
    assert [(event.details or {})["repeated"] for event in told(host)] == [2]


def test_refusals_at_once_are_all_counted(host: Flask) -> None:
    threads = [threading.Thread(target=knock, args=(host, 10)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(events(host)) == 5
    assert [(event.details or {})["repeated"] for event in told(host)] == [55]


PROGRAM = """
import os
import sys
from flask import Flask, abort
from flask_auditlog import AuditLog

app = Flask("host")
app.config.update(AUDITLOG_DATABASE_URL=sys.argv[1], SECRET_KEY="s")
AuditLog(app)
app.get("/door")(lambda: abort(403))

def knock(times):
    for _ in range(times):
        app.test_client().get("/door")

knock(12)
if os.fork() == 0:
    knock(9)
    sys.exit(0)
os.wait()
"""


def test_a_process_that_ends_tells_what_it_counted(make_app: MakeApp, sqlite_url: str) -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAM, sqlite_url]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.returncode == 0, done.stderr
    app = make_app(AUDITLOG_DATABASE_URL=sqlite_url)
    repeated = [(event.details or {}).get("repeated") for event in events(app)]
    # The child counts for itself, and tells first.
    assert repeated == [None] * 10 + [4, 7]


def test_it_is_told_in_the_background_when_no_request_comes(
    make_app: MakeApp, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noise, "LOOK", 0.05)
    monkeypatch.setattr(repeats, "WINDOW", 0.5)
    app = closed(make_app(TESTING=False, AUDITLOG_DATABASE_URL=sqlite_url))
    knock(app, 40)
    deadline = time.monotonic() + 30
    while (number := how_many(app)) < 40 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert number == 40


def how_many(app: Flask) -> int:
    """Return how many refusals the log knows of."""
    return sum((event.details or {}).get("repeated", 1) for event in events(app))


def test_a_request_is_refused_once(host: Flask, audit: AuditLog) -> None:
    @audit.action("INVOICE")
    def approve() -> None:
        abort(403)

    @host.post("/approve")
    @audit.action("INVOICE")
    def view() -> str:
        approve()
        return "approved"

    host.test_client().post("/approve")
    assert types(host) == ["access.PERMISSION_DENIED"]


def test_each_function_that_is_refused_in_a_request_is_told(host: Flask, audit: AuditLog) -> None:
    @audit.action("INVOICE", resource_path="invoices/{number}")
    def approve(number: int) -> None:
        abort(403)

    @host.post("/approve")
    def view() -> tuple[str, int]:
        for number in (7, 8):
            with pytest.raises(Forbidden):
                approve(number)
        return "none of them", 403

    host.test_client().post("/approve")
    assert [event.resource_path for event in events(host)] == ["invoices/7", "invoices/8"]


def test_what_tells_of_a_refusal_twice_is_heard_once(host: Flask) -> None:
    draft = Draft(type=noise.DENIED)
    with host.test_request_context():
        noise.refused(of(host), draft)
        noise.refused(of(host), draft)
    assert types(host) == ["access.PERMISSION_DENIED"]
