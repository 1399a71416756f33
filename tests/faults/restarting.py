"""Servers that go away and come back at the same place."""

from __future__ import annotations

from contextlib import ExitStack

from tests import services


class RestartingRedis:
    """A Redis that goes away and comes back at the same place, with nothing in it."""

    def __init__(self) -> None:
        self._port = services.free_port()
        self._running = ExitStack()
        self.url = self.start()

    def start(self) -> str:
        return self._running.enter_context(services.redis_server(self._port))

    def stop(self) -> None:
        self._running.close()
