"""How often something happened in the current window, in the memory of this process.

The storage of ``limits`` itself starts a thread for almost every count, which costs more than the
event that is posted, and which not every server allows.
"""

from __future__ import annotations

import threading
import time

from limits.storage import Storage

# So many keys are told apart. Who comes from more addresses than that is forgotten early, and
# fills no memory.
MOST = 10_000


class Windows(Storage):
    """Counts in fixed windows, for ``limits``. Threads may share it."""

    STORAGE_SCHEME = None

    def __init__(self) -> None:
        super().__init__()
        self._mutex = threading.Lock()
        # The end of the window, in seconds since the epoch, and the count; oldest first.
        self._counted: dict[str, tuple[float, int]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        """What it raises: nothing of its own."""
        return OSError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, and return how often in this window; the first one begins it."""
        now = time.time()
        with self._mutex:
            end, count = self._counted.get(key, (0.0, 0))
            if end <= now:
                self._counted.pop(key, None)
                end, count = now + expiry, 0
            self._counted[key] = (end, count + amount)
            if len(self._counted) > MOST:
                del self._counted[next(iter(self._counted))]

        return count + amount

    def get(self, key: str) -> int:
        """Return how often in this window."""
        end, count = self._counted.get(key, (0.0, 0))

        return count if end > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """Return when the window ends."""
        return self._counted.get(key, (time.time(), 0))[0]

    def check(self) -> bool:
        """Return whether it works."""
        return True

    def reset(self) -> int:
        """Forget everything; return how much that was."""
        number = len(self._counted)
        self._counted.clear()

        return number

    def clear(self, key: str) -> None:
        """Forget one."""
        self._counted.pop(key, None)
