"""``python -m example_app``: the first start, the second, and a port that is taken."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from flask import Flask

from example_app import create_app
from example_app import demo
from example_app.__main__ import banner
from example_app.__main__ import prepare
from tests.services import free_port

ROOT = Path(__file__).parents[2]

# To make the demo data is work, and others may be at theirs.
pytestmark = pytest.mark.timeout(600)


class Start:
    """A running demo, and what it has said so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said = ""
        assert process.stdout is not None
        for line in process.stdout:
            self.said += line
            if "--reset" in line:
                return
        raise AssertionError(self.said)


def environment(instance: Path, number: int) -> dict[str, str]:
    own = {"LEDGERLY_INSTANCE": str(instance), "PORT": str(number)}
    return {**os.environ, **own}


@contextmanager
def started(instance: Path, number: int, *options: str) -> Iterator[Start]:
    with subprocess.Popen(
        [sys.executable, "-m", "example_app", *options],
        cwd=ROOT,
        env=environment(instance, number),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield Start(process)
        finally:
            process.send_signal(signal.SIGINT)
            # Reads what it still says: a closed pipe would be its last error.
            process.communicate(timeout=120)
    assert process.returncode == 0


def auditlog(instance: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "example_app", "auditlog", *arguments],
        cwd=ROOT,
        env=environment(instance, 0),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a first start has left its data."""
    instance = tmp_path_factory.mktemp("ledgerly")
    number = free_port()
    with started(instance, number) as start:
        assert "Making the demo data" in start.said
        assert f"http://127.0.0.1:{number}/" in start.said
        assert demo.SOFIA.password in start.said
        with urlopen(f"http://127.0.0.1:{number}/") as answer:
            assert b"Ledgerly" in answer.read()

    return instance


def test_a_second_start_keeps_what_is_there(instance: Path) -> None:
    before = (instance / "ledgerly.sqlite").read_bytes()
    with started(instance, free_port()) as start:
        assert "Making the demo data" not in start.said
    assert (instance / "ledgerly.sqlite").read_bytes() == before


def test_a_start_that_was_interrupted_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def play_a_little(app: Flask) -> None:
        demo.open_account(app, demo.LEDGERLY)
        if not finished:
            raise KeyboardInterrupt

    monkeypatch.setenv("LEDGERLY_INSTANCE", str(tmp_path))
    monkeypatch.setattr(demo, "play", play_a_little)
    finished: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        prepare(reset=False)
    finished.append("this time")
    # It would be refused if the first account were still there.
    prepare(reset=False)
    prepare(reset=True)


def test_events_that_were_made_in_another_log_are_missed_aloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGERLY_INSTANCE", str(tmp_path))
    monkeypatch.setattr(demo, "play", lambda app: None)
    assert "makes them again" not in banner(prepare(reset=False), 5000)
    monkeypatch.setenv("AUDITLOG_DATABASE_URL", f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert "auditlog.sqlite: --reset makes them again" in banner(prepare(reset=False), 5000)


def test_the_commands_see_what_the_pages_recorded(instance: Path) -> None:
    found = auditlog(instance, "search", "--type", "access.UPDATE_PASSWORD")
    assert demo.LUIS.email in found


def test_the_attack_is_found_by_its_address(
    instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGERLY_INSTANCE", str(instance))
    runner = create_app().test_cli_runner()
    found = runner.invoke(args=["auditlog", "search", "--ip", "198.51.100.240"])
    assert found.output.count("access.LOGIN_ERROR") == 8


def test_no_password_of_the_demo_is_in_the_log(instance: Path) -> None:
    stored = b"".join(path.read_bytes() for path in instance.glob("auditlog.sqlite*"))
    assert b"invoice.paid" in stored
    assert not re.findall(rb"keeps-the-books|tandem-across|Password1!|letmein|4111 1111", stored)


def test_a_port_that_is_taken_is_said(instance: Path) -> None:
    before = sorted(instance.iterdir())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "example_app", "--reset"],
            cwd=ROOT,
            env=environment(instance, number),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"Port {number} cannot be used: Address already in use." in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(instance.iterdir()) == before
