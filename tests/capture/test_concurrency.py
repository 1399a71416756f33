"""Views that wait, and views that run at once."""

from __future__ import annotations

import asyncio
import threading

import pytest
from flask import copy_current_request_context
from flask import Flask

from flask_auditlog import AuditLog
from tests.apps import events
from tests.apps import MakeApp
from tests.apps import types
from tests.apps import with_logins


@pytest.fixture
def audit() -> AuditLog:
    return AuditLog()


@pytest.fixture
def host(make_app: MakeApp, audit: AuditLog) -> Flask:
    return with_logins(make_app(audit))


def test_an_async_view_records_as_any_other(host: Flask, audit: AuditLog) -> None:
    @host.post("/act")
    async def act() -> str:
        await asyncio.sleep(0)
        audit.record("a")
        return "ok"

    client = host.test_client()
    client.get("/login")
    assert client.post("/act").text == "ok"
    assert types(host) == ["access.LOGIN", "a"]
    assert events(host)[1].auth_details == events(host)[0].auth_details


def test_tasks_of_one_view_keep_their_actors_apart(host: Flask, audit: AuditLog) -> None:
    async def act_as(name: str) -> None:
        with audit.actor(username=name):
            await asyncio.sleep(0.01)
            audit.record(name)

    @host.get("/act")
    async def act() -> str:
        await asyncio.gather(*(act_as(name) for name in ("alice", "bob")))
        return "ok"

    host.test_client().get("/act")
    who = {e.type: e.auth_details and e.auth_details.username for e in events(host)}
    assert who == {"alice": "alice", "bob": "bob"}


def test_requests_at_once_do_not_mix(make_app: MakeApp, audit: AuditLog) -> None:
    app = make_app(audit)
    barrier = threading.Barrier(8, timeout=10)

    @app.post("/act/<name>")
    def act(name: str) -> str:
        barrier.wait()
        with audit.actor(username=name):
            barrier.wait()
            audit.record("a", details={"name": name})
        return "ok"

    run([lambda n=n: app.test_client().post(f"/act/{n}") for n in range(8)])
    assert types(app) == ["a"] * 8
    for event in events(app):
        assert event.auth_details is not None
        assert event.details == {"name": event.auth_details.username}
    assert len({event.request_id for event in events(app)}) == 8


def run(jobs: list) -> None:  # type: ignore[type-arg]  # of lambdas with a default
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_thread_of_a_request_may_take_its_context_along(host: Flask, audit: AuditLog) -> None:
    @host.post("/act")
    def act() -> str:
        thread = threading.Thread(target=copy_current_request_context(lambda: audit.record("a")))
        thread.start()
        thread.join()
        return "ok"

    client = host.test_client()
    client.get("/login")
    client.post("/act")
    login, event = events(host)
    assert event.auth_details == login.auth_details
    assert types(host) == ["access.LOGIN", "a"]


def test_a_thread_without_a_context_names_its_actor(host: Flask, audit: AuditLog) -> None:
    def job() -> None:
        with host.app_context(), audit.actor(username="job"):
            audit.record("a")

    with audit.actor(username="not inherited"):
        run([job])
    (event,) = events(host)
    assert event.auth_details is not None
    assert event.auth_details.username == "job"


def test_another_app_inside_of_a_request_has_its_own_log(make_app: MakeApp) -> None:
    audit = AuditLog()
    outer, inner = make_app(audit), make_app(audit)

    @outer.post("/act")
    def act() -> str:
        with inner.app_context():
            audit.record("inner")
        return "ok"

    outer.test_client().post("/act")
    assert types(inner) == ["inner"]
