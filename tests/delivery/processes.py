"""The host's processes, as an operator starts them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.apps import close

from . import host
from .hooked import Hooked

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

Start = Callable[..., Hooked]


@pytest.fixture
def start(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """An app of this process; what is started beside it has the same configuration."""
    apps: list[Flask] = []
    monkeypatch.setenv("HOST_DATABASE_URL", postgres_url)
    monkeypatch.setenv("FLASK_APP", f"{host.__name__}:create_app")

    def make(*, redis: str | None = None, worker: str = "external", **webhooks: Any) -> Hooked:
        if redis is not None:
            monkeypatch.setenv("HOST_REDIS_URL", redis)
        monkeypatch.setenv("HOST_WEBHOOKS", json.dumps(webhooks))
        monkeypatch.setenv("HOST_WORKER", worker)
        apps.append(host.create_app())
        found = Hooked(apps[-1])
        found.state.upgrade()
        return found

    yield make
    for app in apps:
        close(app)


def pay(hooked: Hooked) -> None:
    assert hooked.app.test_client().post("/pay").status_code == 200


def command(*words: str) -> list[str]:
    return [str(BIN / words[0]), *words[1:]]


def run(*words: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command(*words), env=environment, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


@contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    with started(*words) as process:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@contextmanager
def started(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command, and kill it and all that it has begun when the block ends."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command(*words), env=environment, cwd=ROOT, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill it and all that it has begun. RQ lets its jobs be groups of their own: the session is
    what they share.
    """
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            session = stat.read_text().rpartition(")")[2].split()[3]
            if int(session) == process.pid:
                os.kill(int(stat.parent.name), signal.SIGKILL)
    process.wait()


class Supervisor:
    """Runs a command, and again whenever it ends."""

    def __init__(self, *words: str) -> None:
        self._words = words
        self._over = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._supervise)
        self._thread.start()

    def _supervise(self) -> None:
        while not self._over.is_set():
            with started(*self._words) as self._process:
                while self._process.poll() is None and not self._over.wait(0.05):
                    pass

    def kill(self) -> None:
        """Kill what runs now."""
        if self._process is not None:
            kill(self._process)

    def stop(self) -> None:
        """End it for good."""
        self._over.set()
        self._thread.join()


@contextmanager
def supervised(*words: str) -> Iterator[Supervisor]:
    """Run a command, and again whenever it ends, until the block does."""
    supervisor = Supervisor(*words)
    try:
        yield supervisor
    finally:
        supervisor.stop()
