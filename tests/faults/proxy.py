"""Stands between the store and PostgreSQL, and loses what it is told to lose."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Literal

Loss = Literal["question", "answer"]


class Proxy:
    """Forwards bytes; once armed, it swallows one and cuts the connection."""

    def __init__(self, port: int) -> None:
        self.upstream = port
        self.armed: Loss | None = None
        self.lost = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.threads: list[threading.Thread] = []
        self._start(self._accept)

    def _start(self, work: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        thread.start()
        self.threads.append(thread)
        return thread

    def close(self) -> None:
        """Accept nobody any more, and wait until all are gone."""
        self.listener.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(10)
        self.listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._start(self._connect, self.listener.accept()[0])

    def _connect(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self.upstream))
        with client, server:
            back = self._start(self._forward, server, client, "answer")
            self._forward(client, server, "question")
            back.join()

    def _forward(self, source: socket.socket, target: socket.socket, what: Loss) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.armed == what:
                    self.armed = None
                    self.lost += 1
                    break
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
