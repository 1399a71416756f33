"""Which tables were written to in this process, and how: what the coverage report tells of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ...state import State

# By a session's flush; by its legacy bulk methods and INSERTs or UPDATEs of many; by another
# statement of a session; by one of a connection; by SQL text.
Path = Literal["flush", "bulk", "orm", "core", "text"]


def saw(state: State, table: str, path: Path) -> None:
    """Note one write to a table of the host."""
    # Not locked: that one was seen matters, and hardly how often.
    state.written[table, path] += 1


def seen(state: State) -> Mapping[tuple[str, Path], int]:
    """Return how often each table, by its name with its schema, was written to on each path.

    Of a table that is not tracked, only the first hundred statements are counted.
    """
    return dict(state.written)  # type: ignore[arg-type]  # only `saw` writes to it
