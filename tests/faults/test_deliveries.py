"""Whoever delivers webhooks is killed, stopped, cut off from the database, or told to end."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import ExitStack
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from flask_auditlog.errors import StoreError
from tests import services
from tests.apps import make_app as make_app
from tests.apps import MakeApp
from tests.delivery.conftest import make_hooked as make_hooked
from tests.delivery.conftest import MakeHooked
from tests.delivery.hooked import Hooked
from tests.delivery.hooked import LOOPBACK
from tests.delivery.hooked import until
from tests.delivery.sinks import answering
from tests.delivery.sinks import OK
from tests.delivery.sinks import read
from tests.delivery.sinks import silent
from tests.delivery.sinks import Sink
from tests.delivery.sinks import sink
from tests.delivery.test_troubled import STATUS

from .delivering import POISON
from .delivering import SETTINGS
from .nursery import Child
from .nursery import Nursery
from .nursery import ROOT

pytestmark = pytest.mark.faults

INVOICES = {"event_types": ("invoice.*",)}
# A process that says nothing for a second has lost what it claimed.
SOON = {"lease": 1, "timeout": 5}


@pytest.fixture
def hooked(make_hooked: MakeHooked) -> Hooked:
    return make_hooked(**SOON)


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Where processes come from; none of them outlives its test's module."""
    nursery = Nursery(tmp_path_factory.mktemp("nursery"))
    yield nursery
    nursery.close()


def is_gone(child: Child) -> bool:
    try:
        os.kill(child.pid, 0)
    except ProcessLookupError:
        return True
    return False


def are_settled(hooked: Hooked, *states: str) -> bool:
    return {each.state for each in hooked.deliveries()} == set(states)


def errors(hooked: Hooked) -> list[str | None]:
    """How the attempts of the one delivery ended."""
    (delivery,) = hooked.deliveries()
    return [each.error for each in hooked.attempts(delivery.id)]


def test_what_was_claimed_by_who_was_killed_is_sent_by_another(
    hooked: Hooked, nursery: Nursery, database_url: str
) -> None:
    with sink(answering(OK)) as server:
        hooked.endpoint(server.url, **INVOICES)
        hooked.record("invoice.paid")
        first = nursery.start("deliver", database_url, SOON, "claimed")
        until(lambda: is_gone(first))
        assert server.requests == []
        second = nursery.start("deliver", database_url, SOON)
        until(lambda: are_settled(hooked, "succeeded"))
        second.kill()
    assert errors(hooked) == ["lost", None]
    hooked.check(server.requests)


def test_who_is_killed_after_the_receiver_got_it_makes_one_duplicate_of_it(
    hooked: Hooked, nursery: Nursery, database_url: str
) -> None:
    children: list[Child] = []

    def kill(server: Sink, sock: socket.socket) -> None:
        while (request := read(sock)) is not None:
            server.requests.append(request)
            if len(server.requests) == 1:
                children[0].kill()
            sock.sendall(OK)

    with sink(kill) as server:
        hooked.endpoint(server.url, **INVOICES)
        children.append(nursery.start("deliver", database_url, SOON))
        children[0].hears("begun")
        hooked.record("invoice.paid")
        until(lambda: is_gone(children[0]))
        second = nursery.start("deliver", database_url, SOON)
        until(lambda: are_settled(hooked, "succeeded"))
        second.kill()
    one, two = server.requests
    assert (one.headers["webhook-id"], one.body) == (two.headers["webhook-id"], two.body)
    assert errors(hooked) == ["lost", None]
    hooked.check(server.requests)


def test_what_a_process_recorded_that_was_killed_right_after_is_sent_by_another(
    hooked: Hooked, nursery: Nursery, database_url: str
) -> None:
    with sink(answering(OK)) as server:
        hooked.endpoint(server.url, **INVOICES)
        other = nursery.start("deliver", database_url, SOON)
        other.hears("begun")
        web = nursery.start("deliver", database_url, SOON, "recorded")
        until(lambda: is_gone(web))
        until(lambda: len(server.requests) == 1)
        until(lambda: are_settled(hooked, "succeeded"))
        other.kill()
    hooked.check(server.requests)


def test_many_processes_send_each_delivery_once(
    hooked: Hooked, nursery: Nursery, database_url: str
) -> None:
    # As many are woken for the same. None of them is stopped for so long as a lease.
    several = {"lease": 30}
    with sink(answering(OK)) as server:
        hooked.endpoint(server.url, **INVOICES)
        hooked.endpoint(server.url, **INVOICES)
        hooked.record(*["invoice.paid"] * 200)
        herd = [nursery.start("deliver", database_url, several) for _ in range(4)]
        until(lambda: len(server.requests) >= 400 and are_settled(hooked, "succeeded"))
        for child in herd:
            child.kill()
    sent = Counter(each.headers["x-auditlog-delivery"] for each in server.requests)
    assert set(sent.values()) == {1}
    assert len(sent) == 400
    hooked.check(server.requests)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_was_stopped_for_longer_than_its_lease_is_not_heard(
    hooked: Hooked, nursery: Nursery, database_url: str
) -> None:
    # Not on SQLite: who is stopped while it writes holds the file, and nobody goes on.
    children: list[Child] = []

    def stop(server: Sink, sock: socket.socket) -> None:
        while (request := read(sock)) is not None:
            server.requests.append(request)
            if len(server.requests) > 1:
                sock.sendall(OK)
                continue
            children[0].send(signal.SIGSTOP)
            # What it finds when it goes on; by then another has been answered.
            sock.sendall(b"HTTP/1.1 500 Nothing\r\ncontent-length: 0\r\n\r\n")

    with sink(stop) as server:
        hooked.endpoint(server.url, **INVOICES)
        children.append(nursery.start("deliver", database_url, SOON))
        children[0].hears("begun")
        hooked.record("invoice.paid")
        until(lambda: len(server.requests) == 1)
        until(lambda: hooked.deliverer.run() == 1)
        children[0].send(signal.SIGCONT)
        # It goes on: it sends what comes next.
        hooked.record("invoice.paid")
        until(lambda: len(server.requests) == 3)
        until(lambda: are_settled(hooked, "succeeded"))
        children[0].kill()
    first = hooked.deliveries()[0]
    assert [each.error for each in hooked.attempts(first.id)] == ["lost", None]
    hooked.check(server.requests)


def test_what_ends_its_process_three_times_is_put_aside_and_takes_no_other_along(
    hooked: Hooked, nursery: Nursery, database_url: str
) -> None:
    with sink(answering(OK)) as server:
        for _ in range(2):
            hooked.endpoint(server.url, **INVOICES)
        hooked.endpoint(server.url, event_types=(POISON,))
        hooked.record(*["invoice.paid"] * 10, POISON, *["invoice.paid"] * 10)
        for _ in range(20):
            child = nursery.start("deliver", database_url, SOON, "poison")
            until(lambda child=child: is_gone(child) or are_done(hooked))  # type: ignore[misc]
            if not is_gone(child):
                break
        # Who was killed right after it had put one aside has told nobody.
        until(lambda: hooked.types()["system.WEBHOOK_DELIVERY_QUARANTINED"] > 0)
        child.kill()
    poison = {each.position for each in hooked.records() if each.event.type == POISON}
    ends = Counter((each.position in poison, each.state) for each in hooked.deliveries())
    assert ends == {(True, "quarantined"): 3, (False, "succeeded"): 40}
    hooked.check(server.requests)


def test_the_first_that_fails_holds_up_its_own_endpoint_and_no_other(
    hooked: Hooked, nursery: Nursery, database_url: str
) -> None:
    often = {"lease": 30, "timeout": 20, "schedule": [0, 0.1, 0.1, 0.1, 0.1]}

    def thrice_not(server: Sink, sock: socket.socket) -> None:
        while (request := read(sock)) is not None:
            server.requests.append(request)
            # While this one fails for the last time, the other endpoint gets all it wants.
            if len(server.requests) == 3:
                until(lambda: len(other.requests) >= 20, seconds=15)
            sock.sendall(STATUS % (500, b"") if len(server.requests) <= 3 else OK)

    with sink(answering(OK)) as other, sink(thrice_not) as server:
        hooked.endpoint(server.url, ordering="fifo", **INVOICES)
        hooked.endpoint(other.url, **INVOICES)
        uids = hooked.record(*["invoice.paid"] * 20)
        herd = [nursery.start("deliver", database_url, often) for _ in range(3)]
        until(lambda: are_settled(hooked, "succeeded"))
        for child in herd:
            child.kill()
    got = [each.headers["webhook-id"] for each in server.requests]
    first, *others = [f"msg_{uid.replace('-', '')}" for uid in uids]
    assert got == [first] * 4 + others
    hooked.check(server.requests)


def are_done(hooked: Hooked) -> bool:
    states = Counter(each.state for each in hooked.deliveries())
    return states.total() == 43 and not states["pending"] + states["inflight"]


# The database


class Postgres:
    """A PostgreSQL that goes away and comes back at the same place."""

    def __init__(self, home: Path) -> None:
        self._home, self._port = home, services.free_port()
        self._running = ExitStack()
        self.url = self.start()

    def start(self) -> str:
        server: AbstractContextManager[services.Server]
        server = services.postgres_server(kept=self._home, port=self._port)
        return self._running.enter_context(server).url

    def stop(self) -> None:
        self._running.close()


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    home = Path(tempfile.mkdtemp(prefix="auditlog-restart-"))
    server = Postgres(home)
    yield server
    server.stop()
    shutil.rmtree(home, ignore_errors=True)


def run_until_heard(hooked: Hooked) -> int:
    """Deliver, again and again while the database is away, as the background does."""
    failed = 0
    while True:
        try:
            hooked.deliverer.run()
        except StoreError:
            failed += 1
            assert failed < 100
            time.sleep(0.1)
        else:
            return failed


def test_an_answer_that_comes_while_the_database_restarts_is_kept_and_written_later(
    make_app: MakeApp, postgres: Postgres
) -> None:
    hooked = Hooked(make_app(AUDITLOG_DATABASE_URL=postgres.url, **LOOPBACK))
    hooked.state.upgrade()

    def restart(server: Sink, sock: socket.socket) -> None:
        while (request := read(sock)) is not None:
            server.requests.append(request)
            postgres.stop()
            postgres.start()
            sock.sendall(OK)

    with sink(restart) as server:
        hooked.endpoint(server.url, **INVOICES)
        hooked.record("invoice.paid")
        run_until_heard(hooked)
    assert len(server.requests) == 1
    assert errors(hooked) == [None]
    hooked.check(server.requests)
    hooked.deliverer.close()


def test_while_the_database_is_down_it_is_asked_ever_more_rarely_and_then_all_goes_on(
    make_app: MakeApp, postgres: Postgres, logged: StringIO
) -> None:
    config: dict[str, Any] = {**SETTINGS, "AUDITLOG_DATABASE_URL": postgres.url, "TESTING": False}
    hooked = Hooked(make_app(**config))
    hooked.state.upgrade()
    with sink(answering(OK)) as server:
        hooked.endpoint(server.url, **INVOICES)
        hooked.app.test_client().get("/")
        hooked.record("invoice.paid")
        until(lambda: are_settled(hooked, "succeeded"))
        postgres.stop()
        until(lambda: logged.getvalue().count("webhooks failed") >= 3)
        # After a quarter of a second, a half, one …: not in a loop.
        time.sleep(1)
        assert logged.getvalue().count("webhooks failed") <= 6
        postgres.start()
        hooked.record("invoice.paid")
        until(lambda: len(server.requests) == 2)
        until(lambda: are_settled(hooked, "succeeded"))
        hooked.deliverer.close()
    hooked.check(server.requests)


def test_an_answer_that_comes_while_another_holds_the_file_is_written_after_it(
    make_app: MakeApp, nursery: Nursery, sqlite_url: str
) -> None:
    hooked = Hooked(make_app(AUDITLOG_DATABASE_URL=sqlite_url, **LOOPBACK))
    hooked.state.upgrade()

    def hold(server: Sink, sock: socket.socket) -> None:
        while (request := read(sock)) is not None:
            server.requests.append(request)
            nursery.start("hold_sqlite", sqlite_url, 5).hears("locked")
            sock.sendall(OK)

    with sink(hold) as server:
        hooked.endpoint(server.url, **INVOICES)
        hooked.record("invoice.paid")
        run_until_heard(hooked)
    assert len(server.requests) == 1
    assert errors(hooked) == [None]
    hooked.check(server.requests)


# Servers


@pytest.fixture
def gunicorn(database_url: str, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The app in two processes, loaded before the fork, with their port."""
    port = services.free_port()
    command = [sys.executable, "-m", "gunicorn", "--workers=2", "--threads=2", "--preload"]
    command += [f"--bind=127.0.0.1:{port}", "--graceful-timeout=25", "tests.faults.hook_app:app"]
    environment = {**os.environ, "TEST_LOG": database_url}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        services.wait_for_port(port)
        yield server, port
        server.kill()
        server.wait()
    assert "Traceback" not in (tmp_path / "log").read_text()


def pay(port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/pay", timeout=20) as answer:
        assert answer.status == 200


def test_who_is_told_to_end_finishes_what_is_under_way_and_gives_the_rest_back(
    hooked: Hooked, gunicorn: tuple[subprocess.Popen[bytes], int]
) -> None:
    server, port = gunicorn
    with sink(silent) as receiver:
        for _ in range(20):
            hooked.endpoint(receiver.url, **INVOICES)
        hooked.record(*["invoice.paid"] * 9)
        pay(port)
        until(lambda: receiver.accepted >= 20)
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0
        # Nothing else went out after that.
        sent = receiver.accepted
    states = Counter(each.state for each in hooked.deliveries())
    begun = [each for each in hooked.deliveries() if each.attempts]
    assert states.total() == 200
    assert len(begun) <= sent
    assert {each.state for each in hooked.deliveries() if not each.attempts} == {"pending"}
    hooked.check(ended=False)


def test_nothing_is_shared_over_a_fork(
    hooked: Hooked, gunicorn: tuple[subprocess.Popen[bytes], int]
) -> None:
    server, port = gunicorn
    with sink(answering(OK)) as receiver:
        hooked.endpoint(receiver.url, **INVOICES)
        for _ in range(30):
            pay(port)
        until(lambda: len(receiver.requests) >= 30 and are_settled(hooked, "succeeded"))
        assert len(receiver.requests) == 30
    workers = {hooked.attempts(each.id)[0].worker for each in hooked.deliveries()}
    # The thread is of those who were forked.
    assert f"{socket.gethostname()}:{server.pid}" not in workers
    hooked.check(receiver.requests)
