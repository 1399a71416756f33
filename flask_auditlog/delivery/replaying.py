"""Replays: which records they send again, and who makes them go on."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from ..errors import InvalidWebhook
from ..errors import StoreError
from ..event import Record
from ..logs import logger
from ..store import Store
from ..store.promises.again import Replay
from ..store.webhooks import Endpoint
from .filters import is_read
from .matching import Matcher

# Most deliveries of one step, and how long one call goes on with steps, in seconds.
AT_ONCE = 500
SECONDS = 0.5


def wanted(records: Sequence[Record], endpoint: Endpoint) -> list[Record]:
    """Return those of *records* that *endpoint* wants, also those that are older than it.

    It is as it is now: by the types of events, the filter and the excluded clients that it has
    today.

    :raises InvalidWebhook: when its filter cannot be read here.
    """
    if not is_read(endpoint.filter):
        raise InvalidWebhook("This version cannot read the filter of the webhook. Give it another.")
    matcher = Matcher([msgspec.structs.replace(endpoint, since_position=0)])

    return [each for each in records if matcher.wanting(each)]


def advance(store: Store, *, limit: int = AT_ONCE, seconds: float = SECONDS) -> int:
    """Go on with all replays by turns, for so long; return how many deliveries were made.

    One that cannot go on is logged, and stops no other.
    """
    until = time.monotonic() + seconds
    made = 0
    going = store.replays.unfinished()
    while going and time.monotonic() < until:
        stepped = [(each, _step(store, each, limit)) for each in going]
        moved = [(old, new) for old, new in stepped if new is not None and new != old]
        made += sum(new.made - old.made for old, new in moved)
        going = [new for _, new in moved if new.state == "running"]

    return made


def _step(store: Store, job: Replay, limit: int) -> Replay | None:
    try:
        return store.replays.step(job.id, wanted, limit=limit)
    except (StoreError, InvalidWebhook):
        logger.exception(
            "A replay of webhook %s could not go on. It is tried again.", job.endpoint_id
        )
        return None
