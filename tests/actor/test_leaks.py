"""Who acted in one request is never who acts in the next."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from collections.abc import Iterator
from pathlib import Path

from flask import copy_current_request_context
from flask import Flask
from flask import Response
from flask import stream_with_context

from flask_auditlog import Actor
from flask_auditlog import AuditLog
from flask_auditlog import Event
from tests.apps import events
from tests.apps import last

ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}


def username(event: Event) -> str | None:
    return event.auth_details.username if event.auth_details else None


def test_a_generator_that_is_left_open_names_no_one_later(host: Flask, audit: AuditLog) -> None:
    """It suspends inside its block, and the server goes on in the same thread."""
    kept = []

    @host.get("/open")
    def left_open() -> str:
        def lines() -> Generator[str, None, None]:
            with audit.actor(username="mallory"):
                yield "one"

        generator = lines()
        next(generator)
        kept.append(generator)
        return "ok"

    host.test_client().get("/open")
    host.test_client().get("/act")
    assert username(last(host)) is None
    # The generator may be closed by whoever finds it.
    closer = threading.Thread(target=kept.pop().close)
    closer.start()
    closer.join()
    host.test_client().get("/act")
    assert username(last(host)) is None


def test_work_that_is_left_open_goes_on_in_no_other_request(host: Flask, audit: AuditLog) -> None:
    kept = []

    @host.get("/open")
    def left_open() -> str:
        block = audit.resumed({"authDetails": {"username": "mallory"}})
        block.__enter__()
        kept.append(block)
        return "ok"

    host.test_client().get("/open")
    host.test_client().get("/act")
    assert username(last(host)) is None


def test_an_error_ends_the_block(host: Flask, audit: AuditLog) -> None:
    @host.get("/fail")
    def fail() -> str:
        with audit.actor(username="mallory"):
            raise ZeroDivisionError

    host.config["PROPAGATE_EXCEPTIONS"] = False
    host.test_client().get("/fail")
    host.test_client().get("/act")
    assert username(last(host)) is None


def test_a_streamed_answer_is_recorded_as_its_request(host: Flask, audit: AuditLog) -> None:
    @host.get("/stream")
    def stream() -> Response:
        def lines() -> Iterator[str]:
            audit.record("first")
            yield "one"
            with audit.actor(on_behalf_of=Actor(username="bob")):
                audit.record("second")
                yield "two"
            audit.record("third")

        return Response(stream_with_context(lines()))

    client = host.test_client()
    client.get("/login")
    assert client.get("/stream").text == "onetwo"
    first, second, third = events(host)[-3:]
    assert username(first) == username(second) == username(third) == "alice@acme.test"
    assert second.details == {"onBehalfOf": {"username": "bob"}}
    assert (first.details, third.details) == (None, None)
    assert first.request_id == second.request_id == third.request_id


def test_an_async_view_keeps_its_block_to_itself(host: Flask, audit: AuditLog) -> None:
    @host.get("/async")
    async def waits() -> str:
        with audit.actor(username="ann"):
            await asyncio.sleep(0)
            audit.record("inside")
        await asyncio.sleep(0)
        audit.record("outside")
        return "ok"

    host.test_client().get("/async")
    host.test_client().get("/act")
    assert [username(each) for each in events(host)] == ["ann", None, None]


def test_nested_blocks_of_many_threads_do_not_mix(host: Flask, audit: AuditLog) -> None:
    barrier = threading.Barrier(6, timeout=20)

    @host.get("/nest/<name>")
    def nest(name: str) -> str:
        for _ in range(5):
            with audit.actor(username=f"outer {name}"):
                barrier.wait()
                with audit.actor(username=f"inner {name}"):
                    audit.record("inner", details={"n": name})
                barrier.wait()
                audit.record("outer", details={"n": name})
        return "ok"

    threads = [
        threading.Thread(target=host.test_client().get, args=[f"/nest/{n}"]) for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(events(host)) == 60
    assert all(username(e) == f"{e.type} {(e.details or {})['n']}" for e in events(host))


def test_a_thread_that_outlives_its_request_stays_in_it(host: Flask, audit: AuditLog) -> None:
    go, threads = threading.Event(), []

    @host.get("/later")
    def later() -> str:
        with audit.actor(username="ann"):

            @copy_current_request_context
            def job() -> None:
                go.wait(20)
                audit.record("later")

            thread = threading.Thread(target=job)
            threads.append(thread)
            thread.start()
        return "ok"

    client = host.test_client()
    client.get("/login")
    client.get("/later")
    client.get("/logout")
    go.set()
    threads[0].join()
    assert last(host).type == "later"
    assert username(last(host)) == "alice@acme.test"


GREENLETS = """
from gevent import monkey

monkey.patch_all()

import gevent
from flask import Flask
from flask import Response
from flask_auditlog import AuditLog
from tests.apps import events

app = Flask("greenlets")
app.config.update(TESTING=True, SECRET_KEY="s")
audit = AuditLog(app)


@app.get("/act/<name>")
def act(name):
    with audit.actor(username=name):
        gevent.sleep(0.001)
        with audit.actor(on_behalf_of="for " + name):
            gevent.sleep(0.001)
            audit.record("a", details={"n": name})
        gevent.sleep(0.001)
        gevent.spawn(after, audit.carried()).join()
    return "ok"


def after(carried):
    with app.app_context():
        audit.record("nobody")
        with audit.resumed(carried):
            gevent.sleep(0.001)
            audit.record("job")


gevent.joinall([gevent.spawn(app.test_client().get, f"/act/{n}") for n in range(20)])
gevent.joinall([gevent.spawn(app.test_client().get, f"/act/{n}") for n in range(20, 40)])
found = events(app)
assert len(found) == 120, len(found)
requests = {}
for event in found:
    who = event.auth_details and event.auth_details.username
    if event.type == "a":
        assert event.details == {"n": who, "onBehalfOf": {"userId": "for " + who}}, event
        requests[event.request_id] = who
    elif event.type == "nobody":
        assert who is None, event
assert len(requests) == 40
for event in found:
    if event.type == "job":
        assert event.auth_details.username == requests[event.request_id], event
print("ok")
"""


def test_greenlets_do_not_mix() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GREENLETS],
        cwd=ROOT,
        env=ENV,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == "ok", done.stderr
