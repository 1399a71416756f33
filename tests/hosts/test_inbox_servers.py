"""The inbox under the servers a host runs in: forks, greenlets, and the end of a process."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests import services
from tests.apps import close
from tests.apps import events
from tests.apps import types
from tests.hosts.test_servers import log_of
from tests.hosts.test_servers import post
from tests.hosts.test_servers import program
from tests.hosts.test_servers import serving
from tests.inbox.waiting import until

PROGRAM = """
import os
import sqlalchemy as sa
from flask import Flask
from flask_auditlog import AuditLog

app = Flask(__name__)
app.config.update(SECRET_KEY="s", AUDITLOG_DATABASE_URL={log!r})
audit = AuditLog(app)
engine = sa.create_engine({host!r})

def act():
    with engine.begin() as connection:
        audit.record("acted", details={{"pid": os.getpid()}}, session=connection)
    return str(os.getpid())

app.post("/act")(act)

if {early}:
    # Before the fork: its connections and its thread are the parent's.
    with app.app_context():
        act()
    engine.dispose()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def host_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'host.db'}"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


def left(url: str) -> int:
    """Return how many events wait."""
    table = "auditlog.audit_inbox" if url.startswith("postgresql") else "audit_inbox"
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        found: int = connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()
        return found


@pytest.mark.parametrize(
    ("options", "early"),
    [
        (["--workers", "4", "--threads", "2"], 0),
        (["--workers", "4", "--threads", "2", "--preload"], 1),
        (["--workers", "2", "--worker-class", "gevent"], 0),
    ],
    ids=["threads", "preload", "gevent"],
)
def test_gunicorns_workers_move_what_was_committed(
    tmp_path: Path, sqlite_url: str, host_url: str, options: list[str], early: int
) -> None:
    source = PROGRAM.format(log=sqlite_url, host=host_url, early=early)
    (tmp_path / "app.py").write_text(source)
    port = services.free_port()
    app = log_of(sqlite_url)
    pids: list[str] = []
    command = [program("gunicorn"), "--bind", f"127.0.0.1:{port}", *options, "app:app"]
    with serving(command, tmp_path, port):
        threads = [
            threading.Thread(target=lambda: pids.extend(post(port) for _ in range(10)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(pids) == 40
        until(lambda: len(types(app)) == 40 + early, seconds=30)
        until(lambda: left(host_url) == 0, seconds=30)
    acted = [str((event.details or {})["pid"]) for event in events(app)]
    assert sorted(acted[early:]) == sorted(pids) or sorted(acted) == sorted(pids)
    close(app)


def test_what_a_script_committed_last_is_in_the_log_when_it_ends(
    tmp_path: Path, sqlite_url: str, host_url: str
) -> None:
    source = PROGRAM.format(log=sqlite_url, host=host_url, early=0)
    source += "\nwith app.app_context():\n    for _ in range(300):\n        act()\n"
    (tmp_path / "script.py").write_text(source)
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": root, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    app = log_of(sqlite_url)
    assert types(app) == ["acted"] * 300
    assert left(host_url) == 0
    close(app)
