"""Pages of what is numbered and not pinned: webhooks, and what was sent to one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic
from typing import TypeVar

from ..dates import span_of

Item = TypeVar("Item")

AT_ONCE = 20
# Nobody turns further pages than this, and the store would count past all of them.
FURTHEST = 10_000


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of a list. ``newer`` and ``older`` are where the pages beside it begin."""

    items: Sequence[Item]
    first: int
    newer: int | None
    older: int | None

    @property
    def words(self) -> str:
        """``1 to 20``."""
        return span_of(f"{self.first + 1}", f"{self.first + len(self.items)}") if self.items else ""


def first_of(text: str | None) -> int:
    """Return where the page begins that was asked for; what is no number is the beginning."""
    if text is None or not (text.isascii() and text.isdigit()):
        return 0

    return min(int(text[:6]), FURTHEST)


def page_of(found: Sequence[Item], first: int) -> Page[Item]:
    """Return the page of *found*: one more was asked for than is shown."""
    more = len(found) > AT_ONCE and first + AT_ONCE <= FURTHEST

    return Page(
        items=found[:AT_ONCE],
        first=first,
        newer=max(0, first - AT_ONCE) if first else None,
        older=first + AT_ONCE if more else None,
    )
