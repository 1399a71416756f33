"""The loop that the page of polling shows, run as it stands there against a real server."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from flask_auditlog import AuditLog
from flask_auditlog.store import VIEW_EVENTS
from tests.apps import close
from tests.browser.test_pages import Quiet
from tests.delivery.hooked import Hooked
from tests.delivery.hooked import until
from tests.docs import pages

PAGE = pages.DOCS / "how-to" / "webhooks-poll.md"
TOOLS = ("bash", "curl", "jq")


@pytest.fixture
def hooked(sqlite_url: str) -> Iterator[Hooked]:
    app = Flask("polled")
    app.config.update(SECRET_KEY="for tests", AUDITLOG_DATABASE_URL=sqlite_url)
    app.config.update(AUDITLOG_WORKER="external")
    AuditLog(app)
    yield Hooked(app)
    close(app)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/audit/realms/default/webhooks"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[None]:
    """The receiver, until it is killed: wherever it is then."""
    loop = pages.blocks(PAGE, "sh")[1]
    process = subprocess.Popen(
        ["bash", "-c", loop],
        cwd=folder,
        env={**os.environ, **environment},
        start_new_session=True,
    )
    yield
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="it needs bash, curl and jq")
def test_the_loop_of_the_page_gets_every_event_once_also_when_it_was_killed(
    hooked: Hooked, tmp_path: Path
) -> None:
    made = hooked.endpoint("https://hooks.example.com/", event_types=("invoice.*",))
    _, token = hooked.store.tokens.create(name="siem", realm="default", permissions=[VIEW_EVENTS])
    (tmp_path / "iterator").touch()
    got = tmp_path / "events.ndjson"
    got.touch()

    def told() -> list[str]:
        return [json.loads(line)["type"] for line in got.read_text().splitlines()]

    sent: list[str] = []
    with served(hooked.app) as webhooks:
        for turn in range(2):
            with running(tmp_path, URL=f"{webhooks}/{made.id}", TOKEN=token):
                for number in range(3):
                    # It waits for each of them, and keeps the place behind it.
                    before = (tmp_path / "iterator").read_text()
                    sent.append(f"invoice.{turn}-{number}")
                    hooked.record(sent[-1], "other")
                    until(lambda: told() == sent)
                    until(lambda before=before: iterator_of(tmp_path) not in ("", before))  # type: ignore[misc]
            sent.append(f"invoice.while-away-{turn}")
            hooked.record(sent[-1])
        with running(tmp_path, URL=f"{webhooks}/{made.id}", TOKEN=token):
            until(lambda: told() == sent)


def iterator_of(folder: Path) -> str:
    return (folder / "iterator").read_text()


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="it needs bash, curl and jq")
def test_the_first_command_of_the_page_answers_as_the_page_says(hooked: Hooked) -> None:
    made = hooked.endpoint("https://hooks.example.com/", event_types=("invoice.*",))
    _, token = hooked.store.tokens.create(name="siem", realm="default", permissions=[VIEW_EVENTS])
    (uid,) = hooked.record("invoice.paid")
    first = pages.blocks(PAGE, "sh")[0]
    with served(hooked.app) as webhooks:
        answer = subprocess.run(
            ["bash", "-c", f'{first}\necho "$answer"'],
            env={**os.environ, "URL": f"{webhooks}/{made.id}", "TOKEN": token},
            capture_output=True,
            check=True,
            timeout=60,
        )
    said = json.loads(answer.stdout)
    (shown,) = pages.blocks(PAGE, "json")
    assert said.keys() == json.loads(shown).keys()
    assert [each["uid"] for each in said["events"]] == [uid]
