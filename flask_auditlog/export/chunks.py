"""Lines into chunks of a size that is worth sending."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

CHUNK = 64 * 1024


def chunks(lines: Iterable[str]) -> Iterator[bytes]:
    """Yield *lines* as UTF-8, in chunks of at least ``CHUNK`` characters but for the last.

    Holds one chunk at a time, whatever the number of lines. Every line ends itself: a
    line break between lines would be lost between chunks.
    """
    held: list[str] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= CHUNK:
            yield _encode(held)
            held, size = [], 0
    if held:
        yield _encode(held)


def _encode(lines: list[str]) -> bytes:
    # A lone surrogate cannot be stored; should one be met, an export goes on.
    return "".join(lines).encode(errors="backslashreplace")
