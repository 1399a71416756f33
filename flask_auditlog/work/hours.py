"""The follower that counts the records of each hour, run in the background."""

from __future__ import annotations

from ..errors import ConfigError
from ..errors import SchemaMissing
from ..state import State
from .embedded import background_of

JOB = "hours"
# How often is looked for what is new, in seconds. Until then it is counted when it is asked for.
EVERY = 5.0
# So many records at once: on SQLite nobody else writes meanwhile.
AT_ONCE = 1000


def init(state: State) -> None:
    """Count in the background, from the app's first request on."""
    background = background_of(state)

    def work() -> float | None:
        # At the end of the process nobody waits for it; the next one goes on.
        return None if background.is_ending else follow(state)

    background.register(JOB, work, every=EVERY)


def follow(state: State) -> float | None:
    """Count the next records; return 0 if there may be more, to be called again at once.

    :raises StoreError: when the log cannot be reached.
    """
    try:
        with state.app.app_context():
            counted = state.store.hours.follow(limit=AT_ONCE)
    except (ConfigError, SchemaMissing):
        # There is no log yet. Whoever records something is told.
        return None

    return 0.0 if counted == AT_ONCE else None
