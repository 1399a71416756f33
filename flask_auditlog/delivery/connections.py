"""Connections that are kept for the next delivery. Each belongs to one endpoint."""

from __future__ import annotations

import os
import select
import threading
import time
import weakref

from .addresses import Networks
from .dial import Connection
from .dial import Context
from .target import Target

# In seconds: how long one may wait, and how long it may live: names move.
IDLE = 60.0
LIFE = 300.0
# Most that wait, of one endpoint and of all.
OF_ENDPOINT, OF_ALL = 32, 512

# An endpoint, where it is, and what TLS with it is made with, if that is its own: with another
# certificate it is another connection.
Key = tuple[str, Target, Context | None]


class Connections:
    """What is kept open. Two endpoints never share one, also if their host is the same."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._begin()
        _all.add(self)

    def _begin(self) -> None:
        self._mutex = threading.Lock()
        self._idle: dict[Key, list[Connection]] = {}
        self._count = 0

    def take(self, key: Key) -> Connection | None:
        """Return a connection that waits, and is still good."""
        while True:
            with self._mutex:
                waiting = self._idle.get(key)
                if not waiting:
                    return None
                connection = waiting.pop()
                self._count -= 1
            if self._is_good(connection):
                return connection
            connection.close()

    def _is_good(self, connection: Connection) -> bool:
        now = time.monotonic()
        if now - connection.used > IDLE or now - connection.born > LIFE:
            return False
        # What can be read before we ask for anything is the peer's goodbye.
        poll = select.poll()
        poll.register(connection.socket, select.POLLIN)

        return not poll.poll(0) and self._networks.allows(connection.address)

    def give(self, key: Key, connection: Connection) -> None:
        """Keep *connection* for the next delivery of its endpoint."""
        connection.used = time.monotonic()
        with self._mutex:
            waiting = self._idle.setdefault(key, [])
            if len(waiting) < OF_ENDPOINT and self._count < OF_ALL:
                waiting.append(connection)
                self._count += 1
                return
        connection.close()

    def close(self, *, idle: float = 0.0) -> None:
        """Close what has waited for longer than so many seconds: all of it, by default."""
        before = time.monotonic() - idle
        with self._mutex:
            every = [each for waiting in self._idle.values() for each in waiting]
            old = {each for each in every if each.used <= before}
            kept = {key: [e for e in w if e not in old] for key, w in self._idle.items()}
            self._idle = {key: waiting for key, waiting in kept.items() if waiting}
            self._count = len(every) - len(old)
        for connection in old:
            connection.close()

    def begin_anew(self) -> None:
        """In a child process: what was open is the parent's, who goes on with it."""
        for waiting in self._idle.values():
            for connection in waiting:
                # Only our end of it: a TLS goodbye would end the parent's.
                os.close(connection.socket.detach())
        self._begin()


_all: weakref.WeakSet[Connections] = weakref.WeakSet()


def _after_fork() -> None:
    for connections in list(_all):
        connections.begin_anew()


os.register_at_fork(after_in_child=_after_fork)
