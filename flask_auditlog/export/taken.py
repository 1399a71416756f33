"""What of an export is written down about it: counted, measured and hashed as it passes."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from ..event import Copy
from .chunks import Block
from .chunks import blocks


class Taken:
    """Everything that passed so far. Records come in the order of pages, the newest first.

    One that goes on where another was interrupted is given what that one knew.

    :param newest_time: when the first record happened, in epoch milliseconds.
    :param positions: the lowest and the highest.
    """

    def __init__(
        self,
        *,
        records: int = 0,
        size: int = 0,
        newest_time: int | None = None,
        positions: tuple[int, int] | None = None,
    ) -> None:
        self.records = records
        self.bytes = size
        self.newest_time = newest_time
        self.positions = positions
        self.last: Copy | None = None
        self.complete = False
        self._hash = sha256()

    def passing(self, records: Iterable[Copy]) -> Iterator[Block]:
        """Yield *records*, some at a time, and note them."""
        for block in blocks(records):
            self._note(block)
            yield block
        self.complete = True

    def _note(self, block: Block) -> None:
        self.records += len(block)
        if self.newest_time is None:
            self.newest_time = block[0].time
        self.last = block[-1]
        positions = [record.position for record in block]
        positions += self.positions or ()
        self.positions = (min(positions), max(positions))

    def written(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield *chunks*, and measure them."""
        for chunk in chunks:
            self.bytes += len(chunk)
            self.hash(chunk)
            yield chunk

    def hash(self, chunk: bytes) -> None:
        """Hash what was written before, in its order."""
        self._hash.update(chunk)

    @property
    def sha256(self) -> str:
        """The hash of the file, if it is complete."""
        return self._hash.hexdigest()

    def facts(self, *, positions: bool, oldest_time: int | None = None) -> dict[str, Any]:
        """What is told of the file, by its names on the wire.

        :param positions: whether the reader may see them: they tell the volume of others.
        :param oldest_time: when the last record happened, if none has passed here.
        """
        told: dict[str, Any] = {
            "complete": self.complete,
            "bytes": self.bytes,
            "sha256": self.sha256,
        }
        oldest = self.last.time if self.last is not None else oldest_time
        if self.newest_time is not None:
            told["times"] = [oldest, self.newest_time]
        if positions and self.positions is not None:
            told["positions"] = list(self.positions)

        return told
