"""Jobs of RQ, sent by a request and worked by a real worker over a real Redis."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.apps import close
from tests.apps import events

rq = pytest.importorskip("rq")

ROOT = Path(__file__).parents[2]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, redis_url: str, sqlite_url: str) -> Iterator[Flask]:
    monkeypatch.setenv("HOST_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("HOST_REDIS_URL", redis_url)
    from tests.actor import rq_host  # noqa: PLC0415 (needs RQ)

    app = rq_host.create_app()
    yield app
    close(app)


def queue(**more: Any) -> Any:
    from tests.actor import rq_host  # noqa: PLC0415 (needs RQ)

    return rq_host.queue(**more)


def work(redis_url: str, kind: str) -> None:
    """Run a worker until the queue is empty."""
    command = [str(Path(sys.executable).with_name("rq")), "worker", "--burst", "--url", redis_url]
    command += ["--job-class", "flask_auditlog.work.rq.Job", "--worker-class", f"rq.worker.{kind}"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", ["Worker", "SimpleWorker"])
def test_a_job_is_recorded_as_who_sent_it_and_the_next_one_is_not(
    host: Flask, redis_url: str, kind: str
) -> None:
    client = host.test_client()
    client.get("/login/alice")
    for name in ("work", "wait", "fail"):
        assert client.get(f"/send/{name}").text == "ok"
    with host.app_context():
        queue().enqueue("tests.actor.rq_host.work")
    queue().enqueue("tests.actor.rq_host.work")
    client.get("/login/bob")
    client.get("/send/work")
    work(redis_url, kind)

    sent = {e.request_id: e for e in events(host) if e.type == "sent"}
    found = [e for e in events(host) if not e.type.startswith(("sent", "access.", "system."))]
    by_request = [e for e in found if e.request_id is not None]
    for event in by_request:
        assert event.auth_details == sent[event.request_id].auth_details
        assert (event.details or {})["onBehalfOf"] == {"userId": "boss"}
        assert (event.user_agent or "").startswith("rq tests.actor.rq_host.")
    alices = [e.type for e in by_request if e.auth_details and e.auth_details.user_id == "alice"]
    assert sorted(alices) == ["failed", "failing", "succeeded", "succeeded", "waited", "worked"]
    by_no_one = [e for e in found if e.request_id is None]
    assert [(e.type, e.auth_details) for e in by_no_one] == [("worked", None)] * 2


def test_a_job_that_is_worked_at_once_is_part_of_its_request(host: Flask) -> None:
    @host.get("/now")
    def now() -> str:
        queue(is_async=False).enqueue("tests.actor.rq_host.work")
        return "ok"

    client = host.test_client()
    client.get("/login/alice")
    client.get("/now")
    (worked,) = [e for e in events(host) if e.type == "worked"]
    assert worked.auth_details is not None
    assert worked.auth_details.username == "alice@acme.test"


def test_its_meta_stays_the_hosts(host: Flask) -> None:
    with host.app_context():
        job = queue().enqueue("tests.actor.rq_host.work", meta={"mine": 1})
    found = queue().fetch_job(job.id).meta
    assert found == {"mine": 1, "auditlog": {"realmId": "default"}}
