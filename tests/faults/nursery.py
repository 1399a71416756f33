"""Processes that start in a millisecond: forked from one that has imported everything.

``python -m tests.faults.nursery`` reads one job a line, as JSON, and answers with the pid
of the child that does it. What a child says is appended to a file of its own.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Child:
    """A process, and the file it speaks into."""

    pid: int
    out: Path

    def said(self) -> list[str]:
        """Return the lines it has finished."""
        text = self.out.read_text() if self.out.exists() else ""
        return [line for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def hears(self, word: str, *, seconds: float = 20) -> list[str]:
        """Wait until it has said *word*; return everything it said."""
        deadline = time.monotonic() + seconds
        while f"{word}\n" not in (said := self.said()):
            assert time.monotonic() < deadline, f"{word!r} was never said, only {said}"
            assert "failed\n" not in said, "".join(said)
            time.sleep(0.002)
        return [line.strip() for line in said]

    def send(self, number: signal.Signals) -> None:
        """Send a signal; a process that has ended does not mind."""
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return

    def kill(self) -> None:
        """Kill it, and return when it is gone."""
        while True:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return
            time.sleep(0.001)


class Nursery:
    """The process that the children are forked from."""

    def __init__(self, folder: Path, pass_fds: Sequence[int] = ()) -> None:
        self.folder = folder
        self.children: list[Child] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=pass_fds,
        )
        assert self._read() == "ready"

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def start(self, job: str, *arguments: Any) -> Child:
        """Let a child do a job of :mod:`.jobs`."""
        out = self.folder / f"{job}-{len(self.children)}"
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([job, str(out), *arguments]) + "\n")
        self.process.stdin.flush()
        child = Child(int(self._read()), out)
        self.children.append(child)
        return child

    def close(self) -> None:
        """End it and all its children."""
        for child in self.children:
            child.send(signal.SIGKILL)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


def main() -> None:
    """Fork a child for every line."""
    from . import jobs  # noqa: PLC0415 # only in this process, which serves to import it

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        job, out, *arguments = json.loads(line)
        if (child := os.fork()) == 0:
            _work(getattr(jobs, job), out, arguments)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _work(job: Any, out: str, arguments: Sequence[Any]) -> None:
    os.close(sys.stdin.fileno())
    os.close(sys.stdout.fileno())
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def say(line: str) -> None:
        os.write(file, f"{line}\n".encode())

    try:
        job(say, *arguments)
        say("done")
    except BaseException:  # noqa: BLE001 (whatever it is, the test is told)
        say(traceback.format_exc())
        say("failed")
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
