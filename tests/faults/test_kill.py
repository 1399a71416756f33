"""The app is killed under load, again and again."""

from __future__ import annotations

import http.client
import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path

import pytest

from flask_auditlog.event import new_uid
from flask_auditlog.store import SqlStore
from tests.checks import check_log
from tests.store.samples import opened

from .nursery import Nursery

pytestmark = [pytest.mark.faults, pytest.mark.timeout(150)]

ROUNDS, CHECKED = 50, 10
WORKERS = 2
CLIENTS = 4


class Client:
    """Sends events, and what was not answered again, until it is told to stop.

    Every second request is a visit to the host, which is not sent again: it may be there
    or not. The others are batches with an Idempotency-Key.
    """

    def __init__(self, port: int, token: str, stop: threading.Event) -> None:
        self.port = port
        self.stop = stop
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.answered: list[str] = []
        self.unanswered = 0
        self.unexpected: list[str] = []
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        while not self.stop.is_set():
            self.send("GET", "/visit", None)
            size = random.choice([1, 3, 20])
            name = new_uid()
            events = [{"type": "foo.bar", "details": {"batch": name, "of": size}}] * size
            body, key = json.dumps(events), {"Idempotency-Key": name}
            path = "/audit/realms/default/events"
            while not self.send("POST", path, body, key) and not self.stop.is_set():
                continue

    def send(
        self, method: str, path: str, body: str | None, more: dict[str, str] | None = None
    ) -> bool:
        """Send one request; return whether it was answered."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, self.headers | (more or {}))
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            self.unanswered += 1
            return False
        finally:
            connection.close()
        if response.status not in {200, 202}:
            self.unexpected.append(f"{response.status} {answer}")
            return True
        self.answered += answer.get("uids") or [answer["uid"]]
        return True


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket whose queue outlives those who serve it."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener


def test_an_app_killed_at_random_loses_and_doubles_nothing_it_answered(
    database_url: str, listener: socket.socket, tmp_path: Path
) -> None:
    nursery = Nursery(tmp_path, pass_fds=[listener.fileno()])
    stop = threading.Event()
    with opened(database_url) as store:
        token = a_token(store)
        port = listener.getsockname()[1]
        clients = [Client(port, token, stop) for _ in range(CLIENTS)]
        try:
            for number in range(ROUNDS):
                herd = [
                    nursery.start("serve", database_url, listener.fileno()) for _ in range(WORKERS)
                ]
                served(clients)
                time.sleep(random.uniform(0, 0.15))
                for child in herd:
                    child.kill()
                # It reads all of the log: what was wrong once is so at the end too.
                if number % CHECKED == 0:
                    check_log(store, answered=told(clients))
            herd = [nursery.start("serve", database_url, listener.fileno())]
            served(clients)
            stop.set()
            for client in clients:
                client.thread.join(30)
        finally:
            stop.set()
            nursery.close()
        assert [client.unexpected for client in clients] == [[]] * CLIENTS
        assert check_log(store, answered=told(clients)) >= len(set(told(clients)))
        assert sum(client.unanswered for client in clients) >= ROUNDS


def a_token(store: SqlStore) -> str:
    """Return the secret of a token that may publish."""
    store.realms.add("default")
    permissions = ["publish-events"]
    return store.tokens.create(name="t", realm="default", permissions=permissions)[1]


def told(clients: Sequence[Client]) -> list[str]:
    """Return the uids that were answered."""
    return [uid for client in clients for uid in list(client.answered)]


def served(clients: Sequence[Client]) -> None:
    """Wait until somebody is answered."""
    seen, deadline = len(told(clients)), time.monotonic() + 20
    while len(told(clients)) == seen:
        assert time.monotonic() < deadline, "nobody is answered any more"
        time.sleep(0.005)
