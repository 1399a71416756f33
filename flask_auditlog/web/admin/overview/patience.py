"""How long a page waits for its figures in all. Who is slow leaves less to those that come after."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from ..figures import in_time
from ..figures import PATIENCE

# With less than this nothing is begun.
LEAST = 0.02

Found = TypeVar("Found")


class Patience:
    """:param seconds: that all may take together; each alone gets :data:`PATIENCE` at most."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def ask(self, question: Callable[[float], Found]) -> Found | None:
        """Return what *question* finds within the seconds it is given; ``None`` if it does not."""
        left = min(PATIENCE, self._until - time.monotonic())
        if left < LEAST:
            return None

        return in_time(lambda: question(left))
