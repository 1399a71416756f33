"""Reading on from a place in the log, and waiting there for what comes, within a request."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from flask import request

from ...errors import QueryError
from ...state import current
from ...store import Scope
from ...store import Stretch
from ..args import checked
from ..args import Params

LONGEST_WAIT = 30
# Seconds between two looks at the end of the log, by a request that waits.
PAUSE = 0.25
# For so long a request goes on through what is left out, in seconds: then the caller gets a
# cursor to go on from.
PATIENCE = 2.0

# Given a position: some records behind it that are wanted, and how far was read for them.
Read = Callable[[int], Stretch]


def wait_of(params: Params) -> int:
    """Return the seconds that may pass before an answer without events.

    :raises QueryError: when it is not so many.
    """
    value = checked(params).get("wait", "0")
    if not re.fullmatch(r"[0-9]{1,2}", value) or int(value) > LONGEST_WAIT:
        message = f"`wait` must be a whole number of seconds from 0 to {LONGEST_WAIT}."
        raise QueryError(message, field="wait")

    return int(value)


def follow(read: Read, position: int, scope: Scope, *, seconds: int) -> Stretch:
    """Read on from *position*, up to the first that is wanted. Where there is none, wait.

    :param scope: whose log it is that has an end.
    """
    found = _read_on(read, position)
    if seconds and not (found.records or found.more) and request.environ["wsgi.multithread"]:
        return _waited(read, found.position, scope, seconds)

    return found


def _read_on(read: Read, position: int) -> Stretch:
    end = time.monotonic() + PATIENCE
    while True:
        found = read(position)
        if found.records or not found.more or time.monotonic() > end:
            return found
        position = found.position


def _waited(read: Read, position: int, scope: Scope, seconds: int) -> Stretch:
    """Read on as soon as there is something, for so many seconds at most.

    Nothing is held meanwhile but a thread of the server, and of those only a few.
    """
    state, end = current(), time.monotonic() + seconds
    found = Stretch(records=(), position=position, more=False)
    with state.waiting.one_of(state.settings.limits.waiting) as may_wait:
        while may_wait and not (found.records or found.more):
            left = end - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(PAUSE, left))
            if state.store.feed.end(scope) > found.position:
                found = _read_on(read, found.position)

    return found
