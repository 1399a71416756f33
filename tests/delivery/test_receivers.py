"""The receivers that the documentation shows, as real servers that get real deliveries."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import closing
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.error import URLError
from urllib.request import Request
from urllib.request import urlopen

import pytest
from werkzeug.serving import make_server

from flask_auditlog.delivery import signing
from flask_auditlog.store.outbox import tables as outbox
from receivers import flask_app
from receivers import verifying
from receivers.inbox import Inbox
from receivers.work import handle
from tests.apps import MakeApp
from tests.docs import pages

from .hooked import Hooked
from .hooked import LOOPBACK
from .hooked import SECRET
from .hooked import until

EXAMPLES = pages.DOCS / "examples" / "receivers"
BODY = '{"uid":"018","type":"invoice.paid","details":{"text":"Grüße"}}'.encode()
VERIFY: dict[str, verifying.Verify] = {
    "standard": verifying.standard,
    "phaseTwo": verifying.phase_two,
}


class Receiver(NamedTuple):
    """A server that runs, and what it has kept."""

    url: str
    ids: Callable[[], list[str]]


@contextmanager
def in_flask(tmp_path: Path, verify: str) -> Iterator[Receiver]:
    inbox = tmp_path / "inbox.db"
    app = flask_app.create_app(Inbox(str(inbox)), SECRET, VERIFY[verify])
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Receiver(f"http://127.0.0.1:{server.port}/hook", lambda: kept(inbox))
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def in_fastapi(tmp_path: Path, verify: str) -> Iterator[Receiver]:
    uvicorn = pytest.importorskip("uvicorn")
    fastapi_app = pytest.importorskip("receivers.fastapi_app")
    inbox = tmp_path / "inbox.db"
    app = fastapi_app.create_app(Inbox(str(inbox)), SECRET, VERIFY[verify])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        until(lambda: server.started)
        yield Receiver(f"http://127.0.0.1:{listener.getsockname()[1]}/hook", lambda: kept(inbox))
        server.should_exit = True
        thread.join()


EXPRESS = """
import { receiver } from "./express_app.mjs";
import * as verifying from "./verifying.mjs";

const [secret, verify] = process.argv.slice(-2);
const kept = new Set();
const keep = async (id) => kept.has(id) || (kept.add(id), console.log(id));
const app = receiver({ secret, keep, verify: verifying[verify] });
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
"""


@contextmanager
def in_express(tmp_path: Path, verify: str) -> Iterator[Receiver]:
    if node("import 'express'").returncode:
        pytest.skip("there is no Express")
    out = tmp_path / "out"
    words = ["node", "--input-type=module", "-e", EXPRESS, "--", SECRET, verify]
    with out.open("wb") as stdout, subprocess.Popen(words, cwd=EXAMPLES, stdout=stdout) as process:
        until(lambda: out.read_text().endswith("\n"))
        port, *_ = out.read_text().split()
        yield Receiver(f"http://127.0.0.1:{port}/hook", lambda: out.read_text().split()[1:])
        process.terminate()


def node(script: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a script beside the examples."""
    if shutil.which("node") is None:
        pytest.skip("there is no Node")
    words = ["node", "--input-type=module", "-e", script]
    return subprocess.run(
        words, cwd=EXAMPLES, input=given, capture_output=True, text=True, check=False
    )


def kept(inbox: Path) -> list[str]:
    with closing(sqlite3.connect(inbox)) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM webhook_inbox ORDER BY id")]


MAKERS: dict[str, Callable[[Path, str], AbstractContextManager[Receiver]]] = {
    "flask": in_flask,
    "fastapi": in_fastapi,
    "express": in_express,
}
each_receiver = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


@pytest.fixture
def hooked(make_app: MakeApp, tmp_path: Path) -> Hooked:
    """An app with webhooks. What receives does not depend on where its log is."""
    app = make_app(AUDITLOG_DATABASE_URL=f"sqlite:///{tmp_path / 'log.db'}", **LOOPBACK)
    found = Hooked(app)
    found.state.upgrade()
    return found


@each_receiver
@pytest.mark.parametrize("verify", VERIFY)
def test_what_comes_twice_is_kept_once(
    hooked: Hooked, make: Any, verify: str, tmp_path: Path
) -> None:
    with make(tmp_path, verify) as receiver:
        hooked.endpoint(receiver.url, signatures="standard" if verify == "standard" else "phasetwo")
        uids = hooked.record(*["invoice.paid"] * 3, details={"text": "Grüße"})
        assert hooked.deliverer.run() == 3
        hooked.change(outbox.delivery, state="pending", due_time=0)
        assert hooked.deliverer.run() == 3
        ids = receiver.ids()
    assert {each.last_status for each in hooked.deliveries()} == {204}
    expected = uids if verify == "phaseTwo" else [f"msg_{uid.replace('-', '')}" for uid in uids]
    assert sorted(ids) == sorted(expected)


def headers(secret: str = SECRET, body: bytes = BODY, *, age: int = 0, **more: str) -> Any:
    stamp = int(time.time()) - age
    return {
        "content-type": "application/json",
        "webhook-id": "msg_018",
        "webhook-timestamp": str(stamp),
        "webhook-signature": signing.standard([secret], "msg_018", stamp, body),
        "x-keycloak-signature": signing.phase_two(secret, "HmacSHA256", body),
    } | {name.replace("_", "-"): value for name, value in more.items()}


# What somebody sends who is not the log, or was it an hour ago.
FORGED = {
    "another secret": headers("another"),
    "another body": headers(body=b"{}"),
    "an hour old": headers(age=3600),
    "an hour early": headers(age=-3600),
    "another id": headers(webhook_id="msg_019"),
    "no signature at all": headers(webhook_signature="nonsense"),
    "a signature that is not text": headers(webhook_signature="v1,\xe9"),
    "a time that is none": headers(webhook_timestamp="yesterday"),
    "nothing": {"content-type": "application/json"},
}


CUT_OFF = 0


def answered(url: str, body: bytes, given: dict[str, str]) -> int:
    try:
        with urlopen(Request(url, data=body, headers=given)) as answer:
            return int(answer.status)
    except HTTPError as error:
        error.close()
        return error.code
    except URLError:
        # It has refused before it was told all.
        return CUT_OFF


@each_receiver
def test_what_is_not_genuine_is_refused_and_not_kept(make: Any, tmp_path: Path) -> None:
    with make(tmp_path, "standard") as receiver:
        statuses = {name: answered(receiver.url, BODY, given) for name, given in FORGED.items()}
        assert answered(receiver.url, b"x" * 2_000_000, headers()) in (413, CUT_OFF)
        assert receiver.ids() == []
        assert answered(receiver.url, BODY, headers()) == 204
        assert receiver.ids() == ["msg_018"]
    assert set(statuses.values()) == {401}


@each_receiver
def test_what_has_another_signature_of_phase_two_is_refused(make: Any, tmp_path: Path) -> None:
    forged = [headers("another"), headers(body=b"{}"), headers(x_keycloak_signature="\xe9"), {}]
    with make(tmp_path, "phaseTwo") as receiver:
        assert [answered(receiver.url, BODY, given) for given in forged] == [401] * 4
        assert answered(receiver.url, BODY, headers()) == 204
        assert receiver.ids() == ["018"]


NODE = """
import { readFileSync } from "node:fs";
import * as verifying from "./verifying.mjs";

const asked = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(asked.map(({ verify, body, headers, secret }) =>
  verifying[verify](Buffer.from(body), headers, secret))));
"""


def test_the_verifier_in_javascript_knows_what_is_genuine() -> None:
    made = signing.new_secret()
    rotated = headers(made)
    rotated["webhook-signature"] = signing.standard(
        [SECRET, made], "msg_018", int(rotated["webhook-timestamp"]), BODY
    )
    cases = [
        ("standard", headers(), SECRET, "msg_018"),
        ("standard", headers(made), made, "msg_018"),
        ("standard", rotated, made, "msg_018"),
        ("phaseTwo", headers(), SECRET, "018"),
        ("phaseTwo", headers(made), made, "018"),
        ("phaseTwo", headers("another"), SECRET, None),
        ("phaseTwo", {}, SECRET, None),
        *(("standard", given, SECRET, None) for given in FORGED.values()),
    ]
    asked = [
        {"verify": verify, "body": BODY.decode(), "headers": given, "secret": secret}
        for verify, given, secret, _ in cases
    ]
    found = node(NODE, json.dumps(asked))
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == [expected for *_, expected in cases]


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    made = Inbox(str(tmp_path / "inbox.db"))
    made.keep("msg_018", BODY)
    return made


def counts(tmp_path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(tmp_path / "inbox.db")) as connection:
        return dict(connection.execute("SELECT type, count FROM seen"))


def test_what_was_kept_is_worked_on_once(inbox: Inbox, tmp_path: Path) -> None:
    assert inbox.work(handle) == 1
    assert not inbox.keep("msg_018", BODY)
    assert inbox.work(handle) == 0
    assert counts(tmp_path) == {"invoice.paid": 1}


def test_work_that_fails_leaves_nothing_and_is_done_later(inbox: Inbox, tmp_path: Path) -> None:
    def fail(connection: sqlite3.Connection, event: dict[str, Any]) -> None:
        handle(connection, event)
        raise ValueError

    inbox.keep("msg_019", BODY)
    assert inbox.work(fail) == 0
    assert inbox.work(handle) == 0, "it is tried again after a pause"
    with closing(sqlite3.connect(tmp_path / "inbox.db")) as connection, connection:
        connection.execute("UPDATE webhook_inbox SET due = 0")
    assert inbox.work(handle) == 2
    assert counts(tmp_path) == {"invoice.paid": 2}


def test_what_was_done_long_ago_is_forgotten_and_what_waits_is_not(inbox: Inbox) -> None:
    inbox.work(handle)
    inbox.keep("msg_019", BODY)
    inbox.forget()
    assert not inbox.keep("msg_018", BODY)
    inbox.forget(days=-1)
    assert inbox.keep("msg_018", BODY)
    assert not inbox.keep("msg_019", BODY)
