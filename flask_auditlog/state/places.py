"""A number of places that is not exceeded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Places:
    """Counts who is in. Threads may share it."""

    def __init__(self) -> None:
        self.after_fork()

    def after_fork(self) -> None:
        """Begin anew in a child process: who was in is in the parent."""
        self._taken = 0
        self._mutex = threading.Lock()

    @contextmanager
    def one_of(self, most: int) -> Iterator[bool]:
        """Take a place for as long as the block lasts; say whether there was one."""
        with self._mutex:
            is_in = self._taken < most
            self._taken += is_in
        try:
            yield is_in
        finally:
            with self._mutex:
                self._taken -= is_in
