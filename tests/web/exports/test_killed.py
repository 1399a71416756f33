"""Workers that are killed in the middle of an export, and those that go on with it."""

from __future__ import annotations

import subprocess
import sys
import time
from hashlib import sha256

import pytest
from flask import Flask

from flask_auditlog import state
from flask_auditlog.export import FORMATS
from flask_auditlog.web.exports import making
from flask_auditlog.web.exports.desk import Desk
from flask_auditlog.web.exports.exporter import Exporter
from flask_auditlog.web.exports.exporter import exporter_of
from flask_auditlog.work import waking
from tests.apps import MakeApp
from tests.cli.shell import ok
from tests.store.conftest import _migrated_file as _migrated_file
from tests.store.conftest import sqlite_url as sqlite_url
from tests.web.exports.conftest import desk_of
from tests.web.exports.conftest import EVENTS
from tests.web.exports.conftest import fetched
from tests.web.exports.conftest import fill
from tests.web.exports.conftest import now
from tests.web.exports.conftest import QUERY
from tests.web.exports.test_making import streamed


@pytest.fixture
def shared(make_app: MakeApp, sqlite_url: str) -> Flask:
    """An app with a log that other processes see too."""
    app = make_app(AUDITLOG_DATABASE_URL=sqlite_url)
    fill(app)
    return app


def kill_a_worker_after(url: str, steps: int) -> None:
    """Have another process go on with what is there, and kill it while it does."""
    command = [sys.executable, "-m", "tests.web.exports.worker", url]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        for _ in range(steps):
            assert worker.stdout.readline() == "step\n"
            worker.stdin.write("\n")
            worker.stdin.flush()
        worker.kill()


@pytest.mark.parametrize("name", ["csv", "json", "parquet"])
def test_a_file_is_whole_whoever_was_killed_over_it(
    shared: Flask, sqlite_url: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyarrow")
    with shared.app_context():
        desk = desk_of(shared)
        file = desk.begin(QUERY, FORMATS[name], None)
        kill_a_worker_after(sqlite_url, 3)
        left = now(desk, file)
        assert (left.state, left.lease is not None) == ("running", True)
        assert 0 < left.records < EVENTS
        _until_due(exporter_of(state.of(shared)))
        exporter_of(state.of(shared)).run()
        made, data = now(desk, file), fetched(desk, file)
        assert data == streamed(shared, name)
        assert (made.state, made.sha256) == ("done", sha256(data).hexdigest())


def _until_due(exporter: Exporter) -> None:
    deadline = time.monotonic() + 20
    while exporter.due_in() != 0:
        assert time.monotonic() < deadline, "the dead worker still has it"
        time.sleep(0.05)


def test_a_worker_makes_what_was_asked_for(shared: Flask) -> None:
    with shared.app_context():
        desk = desk_of(shared)
        file = desk.begin(QUERY, FORMATS["csv"], None)
        ok(shared, "worker", "--burst")
        assert fetched(desk, file) == streamed(shared, "csv")


def test_a_worker_of_rq_goes_on_until_it_is_made(
    app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of RQ's jobs has its time; what it leaves is due at once, for the next one."""
    monkeypatch.setattr(waking, "BUDGET", 0.0001)
    monkeypatch.setattr(waking, "LINGER", 0.0001)
    file = desk.begin(QUERY, FORMATS["csv"], None)
    jobs = 0
    while now(desk, file).state == "running":
        waking.drain()
        jobs += 1
        assert jobs < 100
    assert jobs > 1
    assert fetched(desk, file) == streamed(app, "csv")


def test_a_thread_of_the_app_makes_it(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(TESTING=False, AUDITLOG_DATABASE_URL=sqlite_url)
    fill(app)
    with app.app_context():
        desk = desk_of(app)
        file = desk.begin(QUERY, FORMATS["csv"], None)
        deadline = time.monotonic() + 30
        while now(desk, file).state == "running":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert fetched(desk, file) == streamed(app, "csv")


def test_the_lease_is_longer_than_a_page_may_take() -> None:
    assert making.LEASE > 10 + 2 * making.SECONDS
