"""Tasks of Celery, sent by a request and worked by a real worker over a real Redis."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from flask_auditlog import Actor
from flask_auditlog import Event
from flask_auditlog.state.blocks import work
from tests.apps import close
from tests.apps import counted
from tests.apps import events

pytest.importorskip("celery")

ROOT = Path(__file__).parents[2]


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@contextmanager
def worker(folder: Path, *options: str) -> Iterator[None]:
    """A worker of the host's tasks, in a process of its own."""
    command = [sys.executable, "-m", "celery", "-A", "tests.actor.celery_host:celery_app"]
    command += ["worker", "--concurrency=1", "--without-mingle", "--without-gossip", *options]
    with (folder / "worker.log").open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=_env(), stdout=output, stderr=output)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.fixture
def host(
    monkeypatch: pytest.MonkeyPatch, redis_url: str, sqlite_url: str
) -> Iterator[tuple[Flask, Callable[..., None]]]:
    monkeypatch.setenv("HOST_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("HOST_REDIS_URL", redis_url)
    from tests.actor import celery_host  # noqa: PLC0415 (needs Celery and the addresses)

    app = celery_host.create_app()
    client = app.test_client()

    def send(*names: str, user: str | None = None) -> None:
        if user is not None:
            client.get(f"/login/{user}")
        for name in names:
            assert client.get(f"/send/{name}").text == "ok"

    yield app, send
    app.extensions["celery"].close()
    close(app)


def waited(app: Flask, number: int) -> list[Event]:
    """Return what was recorded by tasks, once there are so many of them."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = [e for e in events(app) if not e.type.startswith(("sent", "access.", "system."))]
        if len(found) >= number:
            return found
        time.sleep(0.05)
    raise TimeoutError([e.type for e in events(app)])


@pytest.mark.parametrize("pool", ["prefork", "solo", "threads"])
def test_a_task_is_recorded_as_who_sent_it_and_the_next_one_is_not(
    host: tuple[Flask, Callable[..., None]], tmp_path: Path, pool: str
) -> None:
    app, send = host
    send("work", "fail", "more", user="alice")
    with app.app_context():
        # Sent by no request, as by Celery's beat.
        app.extensions["celery"].tasks["work"].delay()
    app.extensions["celery"].send_task("work")
    send("work", user="bob")
    with worker(tmp_path, f"--pool={pool}"):
        found = waited(app, 8)

    sent = {e.request_id: e for e in events(app) if e.type == "sent"}
    by_request = [e for e in found if e.request_id is not None]
    assert len(by_request) == 6
    for event in by_request:
        before = sent[event.request_id]
        assert event.auth_details == before.auth_details
        assert (event.details or {})["onBehalfOf"] == {"userId": "boss"}
        assert event.user_agent in {"celery work", "celery fail", "celery more"}
    alices = [e.type for e in by_request if e.auth_details and e.auth_details.user_id == "alice"]
    assert sorted(alices) == ["failed", "tried", "tried", "worked", "worked"]
    by_no_one = [e for e in found if e.request_id is None]
    assert [(e.type, e.auth_details) for e in by_no_one] == [("worked", None)] * 2


def test_an_eager_task_is_part_of_its_request(host: tuple[Flask, Callable[..., None]]) -> None:
    app, send = host
    app.extensions["celery"].conf.task_always_eager = True
    send("work", user="alice")
    sent, worked = [e for e in events(app) if e.type in {"sent", "worked"}]
    assert sent.auth_details == worked.auth_details
    assert sent.request_id == worked.request_id


def test_when_a_task_has_ended_its_thread_works_for_no_one(
    host: tuple[Flask, Callable[..., None]],
) -> None:
    from celery import signals  # noqa: PLC0415 (not there at the floors)

    task = host[0].extensions["celery"].tasks["work"]
    task.push_request(auditlog={"authDetails": {"userId": "1"}})
    signals.task_prerun.send(sender=task, task_id="t", task=task)
    during = work()
    signals.task_postrun.send(sender=task, task_id="t", task=task)
    task.pop_request()
    assert during is not None
    assert (during.actor, during.program) == (Actor(user_id="1"), "celery work")
    assert work() is None


def test_a_task_is_sent_also_when_nobody_can_tell_who_sends_it(
    host: tuple[Flask, Callable[..., None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, _ = host
    monkeypatch.setattr("flask_auditlog.work.carrying.carried", lambda *_: 1 / 0)
    with app.app_context():
        assert app.extensions["celery"].tasks["work"].delay().id
    assert counted(app, "carry_failed") == 1
