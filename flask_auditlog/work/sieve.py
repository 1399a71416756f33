"""The follower that sifts the bodies for searches, run in the background."""

from __future__ import annotations

import time

from ..errors import ConfigError
from ..errors import SchemaMissing
from ..state import State
from .embedded import background_of

JOB = "sieve"
# How often is looked for what is new, in seconds. Until then the newest bodies are read.
EVERY = 5.0
# So many blocks of 16 at once: about 10 ms, which all else in the background waits for.
AT_ONCE = 4
# And then a rest, so many times as long as it worked: the app has the processor, also while an
# old log is sifted.
REST = 3.0


def init(state: State) -> None:
    """Sift in the background, from the app's first request on."""
    background = background_of(state)

    def work() -> float | None:
        # At the end of the process nobody waits for it; the next one goes on.
        return None if background.is_ending else follow(state)

    background.register(JOB, work, every=EVERY)


def follow(state: State) -> float | None:
    """Sift the next records; return in how many seconds there may be more to do, if soon.

    :raises StoreError: when the log cannot be reached.
    """
    try:
        began = time.monotonic()
        with state.app.app_context():
            sifted = state.store.sieve.follow(blocks=AT_ONCE)
    except (ConfigError, SchemaMissing):
        # There is no log yet. Whoever records something is told.
        return None

    return REST * (time.monotonic() - began) if sifted else None
