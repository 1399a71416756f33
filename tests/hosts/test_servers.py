"""Under the servers a host runs in: processes that fork, and one that starts again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from flask_auditlog import AuditLog
from tests import services
from tests.apps import close
from tests.apps import events
from tests.apps import types

PROGRAM = """
import os
from flask import Flask
from flask_auditlog import AuditLog

app = Flask(__name__)
app.config.update(SECRET_KEY="s", AUDITLOG_DATABASE_URL={url!r})
audit = AuditLog(app)
{more}

@app.post("/act")
def act():
    audit.record("acted", details={{"pid": os.getpid()}})
    return str(os.getpid())
"""

# What an app does that records before the server forks.
EARLY = "with app.app_context():\n    audit.record('started')"


@contextmanager
def serving(command: list[str], folder: Path, port: int) -> Iterator[Path]:
    """Run a server until the block ends; give the file with its output."""
    output = folder / "output"
    root = str(Path(__file__).parents[2])
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AUDITLOG_", "FLASK_"))}
    env = {**kept, "PYTHONPATH": root, "PYTHONUNBUFFERED": "1"}
    with output.open("w") as file:
        server = subprocess.Popen(
            command, cwd=folder, env=env, stdout=file, stderr=file, start_new_session=True
        )
        try:
            services.wait_for_port(port)
            yield output
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=20)


def program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def post(port: int) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/act", data=b"")
    with urllib.request.urlopen(request, timeout=20) as response:
        return str(response.read().decode())


def answered(port: int) -> None:
    """Return once the app answers: a reloader listens before there is one."""
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/nothing", timeout=30)
    error.value.close()


def log_of(url: str) -> Flask:
    """Return an app that reads the log of the server."""
    app = Flask("reader")
    app.config["AUDITLOG_DATABASE_URL"] = url
    AuditLog(app)
    return app


@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["", "preload"])
def test_gunicorns_workers_write_one_log(
    tmp_path: Path, database_url: str, preload: list[str]
) -> None:
    (tmp_path / "app.py").write_text(PROGRAM.format(url=database_url, more=EARLY))
    port = services.free_port()
    bind = ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4"]
    # A worker that is just beginning does not hear the signal that ends the others.
    bind += ["--graceful-timeout", "5"]
    with serving([program("gunicorn"), *bind, *preload, "app:app"], tmp_path, port):
        pids: list[str] = []
        threads = [
            threading.Thread(target=lambda: pids.extend(post(port) for _ in range(10)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    app = log_of(database_url)
    acted = [event for event in events(app) if event.type == "acted"]
    assert sorted(str((event.details or {})["pid"]) for event in acted) == sorted(pids)
    assert types(app).count("started") == (1 if preload else 2)
    assert len({event.uid for event in events(app)}) == len(types(app))
    close(app)


def test_the_reloader_greets_once_a_start_and_records_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'audit.db'}"
    source = PROGRAM.format(url=url, more="")
    (tmp_path / "app.py").write_text(source)
    port = services.free_port()
    command = [program("flask"), "--app", "app", "--debug", "run", "--port", str(port)]
    with serving(command, tmp_path, port) as output:
        first = post(port)
        (tmp_path / "app.py").write_text(source + "\n# changed\n")
        second = after_reload(port, first)
        said = output.read_text()
    assert first != second
    assert said.count(" * Audit log: sqlite:///") == 2
    app = log_of(url)
    assert set(types(app)) == {"acted"}
    close(app)


def after_reload(port: int, before: str) -> str:
    """Post until another process answers."""
    for _ in range(200):
        try:
            if (pid := post(port)) != before:
                return pid
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("the server did not start again")


@pytest.mark.parametrize(
    ("config", "words", "line"),
    [
        ("", ["run", "--no-reload"], "auditlog.db, pages at /audit/, no webhooks"),
        ("", ["run"], "auditlog.db, pages at /audit/, no webhooks"),
        ("AUDITLOG_ENABLED=False", ["run"], "off (AUDITLOG_ENABLED)"),
        (
            "AUDITLOG_DATABASE_URL='postgresql://me:hunter2@127.0.0.1/x', AUDITLOG_URL_PREFIX='/log'",
            ["run"],
            "postgresql://me:***@127.0.0.1/x, pages at /log/, no webhooks",
        ),
    ],
)
def test_one_line_says_where_the_log_is(
    tmp_path: Path, config: str, words: list[str], line: str
) -> None:
    source = f"""
from flask import Flask
from flask_auditlog import AuditLog
app = Flask(__name__)
app.config.update(dict({config}))
AuditLog(app)
"""
    (tmp_path / "app.py").write_text(source)
    port = services.free_port()
    command = [program("flask"), "--app", "app", "--debug", *words, "--port", str(port)]
    with serving(command, tmp_path, port) as output:
        answered(port)
        lines = [each for each in output.read_text().splitlines() if "Audit log" in each]
    assert len(lines) == 1
    assert lines[0].startswith(" * Audit log: ")
    assert lines[0].endswith(line)


def test_without_debug_the_line_says_what_is_missing(tmp_path: Path) -> None:
    source = "from flask import Flask\nfrom flask_auditlog import AuditLog\n"
    (tmp_path / "app.py").write_text(f"{source}app = Flask(__name__)\nAuditLog(app)\n")
    port = services.free_port()
    command = [program("flask"), "--app", "app", "run", "--port", str(port)]
    with serving(command, tmp_path, port) as output:
        assert " * Audit log: nowhere yet (set AUDITLOG_DATABASE_URL)" in output.read_text()
