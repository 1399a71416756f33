"""Which uids may stand in a file more than once, known by eight bytes of each."""

from __future__ import annotations

from array import array
from itertools import pairwise
from uuid import UUID

# Sorted one after the other, so that no more than a part is a list at a time.
_PARTS = 256
_LOW = 2**64 - 1


class Repeats:
    """Takes the uids of a file, and says which of them came again."""

    def __init__(self) -> None:
        self._parts = [array("Q") for _ in range(_PARTS)]
        self._again: set[int] = set()

    def add(self, uid: str) -> None:
        """Take one."""
        low = _low(uid)
        self._parts[low % _PARTS].append(low)

    def found(self) -> bool:
        """Whether some may have come again. To be asked once, at the end."""
        while self._parts:
            ordered = sorted(self._parts.pop())
            self._again.update(one for one, another in pairwise(ordered) if one == another)

        return bool(self._again)

    def __contains__(self, uid: str) -> bool:
        """Whether this one may have come again: two may look the same here."""
        return _low(uid) in self._again


def _low(uid: str) -> int:
    """What is random in a UUID."""
    return UUID(uid).int & _LOW
