"""A receiver of webhooks in a process of its own, which says when it got what."""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"

# When an event was recorded, in nanoseconds, as its details say it.
_AT = re.compile(rb'"at":(\d+)')
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)

# Not forked: what this process has open is no business of theirs.
_processes = multiprocessing.get_context("spawn")


class Sink:
    """What is known of a receiver: where it is, and, once it is over, how late events came."""

    def __init__(self, url: str, stop: Any, answers: Any) -> None:
        self.url = url
        self._stop = stop
        self._answers = answers

    def late(self) -> list[float]:
        """End it; return how long after its recording each event came, in seconds."""
        self._stop.set()
        found: list[float] = self._answers.get(timeout=30)

        return found


@contextmanager
def sink() -> Iterator[Sink]:
    """Run a receiver that answers everything at once."""
    stop, answers = _processes.Event(), _processes.Queue()
    process = _processes.Process(target=_serve, args=(stop, answers), daemon=True)
    process.start()
    yield Sink(f"http://127.0.0.1:{answers.get(timeout=30)}/hook", stop, answers)
    process.terminate()
    process.join()


class _Receiver(asyncio.Protocol):
    def __init__(self, late: list[float]) -> None:
        self._late = late
        self._data = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._data, 0, end)
            whole = end + 4 + int(length[1] if length else 0)
            if len(self._data) < whole:
                return
            if at := _AT.search(self._data, end, whole):
                self._late.append((time.time_ns() - int(at[1])) / 1e9)
            self._data = self._data[whole:]
            self._transport.write(ANSWER)


def _serve(stop: Any, answers: Any) -> None:
    late: list[float] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Receiver(late), "127.0.0.1", 0)
        answers.put(server.sockets[0].getsockname()[1])
        done = asyncio.Event()
        threading.Thread(
            target=lambda: (stop.wait(), loop.call_soon_threadsafe(done.set)), daemon=True
        ).start()
        await done.wait()

    asyncio.run(run())
    answers.put(late)
