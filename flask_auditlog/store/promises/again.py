"""What people ask to be sent again: many deliveries, made by a replay in steps. In words.

A replay is a row. Each step adds some deliveries and moves its cursor in one transaction, so
a process that dies in between loses nothing and doubles nothing. Times are epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Literal
from typing import Protocol

import msgspec

from ...event import Record
from ..query import Count
from ..query import Scope
from ..webhooks import Endpoint

# What failed; every event of a range; of a range what the endpoint never had.
Kind = Literal["recover", "replay", "missing"]
ReplayState = Literal["running", "cancelling", "done", "cancelled"]

# Deliveries a second.
RATE, RATE_LEAST, RATE_MOST = 100.0, 0.1, 1000.0

# Which of these records an endpoint wants.
Wanted = Callable[[Sequence[Record], Endpoint], Sequence[Record]]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent again to an endpoint. Beginnings are inclusive, ends exclusive.

    ``after`` and ``before`` are times: of ``recover`` when a delivery failed, else when the log
    received the event. ``held`` is for ``recover``: what is held too. ``rate`` is in deliveries
    a second.
    """

    kind: Kind
    after: int | None = None
    before: int | None = None
    after_position: int | None = None
    before_position: int | None = None
    held: bool = False
    rate: float = RATE


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """How far it has come with what was asked. Its deliveries have its id as their ``batch``.

    ``cursor`` is the last position looked at, or of ``recover`` the last delivery. ``made``
    counts deliveries; ``planned`` those there would be when it began, counted up to a bound:
    ``is_exact`` says whether that sufficed. The next delivery is due at ``due_time``.
    """

    id: str
    endpoint_id: str
    kind: Kind
    state: ReplayState = "running"
    after_time: int | None = None
    before_time: int | None = None
    after_position: int = 0
    before_position: int = 0
    held: bool = False
    rate: float = RATE
    cursor: str = ""
    made: int = 0
    planned: int = 0
    is_exact: bool = True
    due_time: int = 0
    created_by: str | None = None
    created_time: int = 0
    updated_time: int = 0
    finished_time: int | None = None


class Replays(Protocol):
    """Replays of endpoints. What is not within the scope is not there.

    An event that comes while a replay is made is sent by itself, and not by the replay: its
    range ends where the first sending is now.
    """

    def count(self, endpoint_id: str, scope: Scope, asked: Asked, wanted: Wanted) -> Count:
        """How many deliveries *asked* would make; not exact beyond some thousands.

        :raises NotFound: when there is no such endpoint within *scope*.
        """

    def begin(
        self,
        endpoint_id: str,
        scope: Scope,
        asked: Asked,
        wanted: Wanted,
        *,
        created_by: str | None = None,
    ) -> Replay:
        """Begin a replay, of which :meth:`step` makes the deliveries.

        :raises NotFound: when there is no such endpoint within *scope*.
        :raises WebhookDisabled: when it is disabled.
        :raises Conflict: when another replay of it is running.
        """

    def get(self, replay_id: str, scope: Scope) -> Replay | None:
        """The replay of this id, if its endpoint is within *scope*."""

    def all(
        self, endpoint_id: str, scope: Scope, *, first: int = 0, limit: int = 100
    ) -> list[Replay]:
        """At most *limit* of an endpoint, the newest first, without the *first* ones."""

    def unfinished(self) -> list[Replay]:
        """All for which there is something to do, the oldest first."""

    def step(self, replay_id: str, wanted: Wanted, *, limit: int) -> Replay | None:
        """Make at most *limit* deliveries of a replay; return it as it is then.

        It waits, and stays as it is, while its endpoint is disabled, has a long backlog, or
        has what its rate allows. ``None`` while another process is at it, or when it is over.
        """

    def cancel(self, replay_id: str, scope: Scope) -> Replay:
        """End a replay, and cancel what of it was not sent yet.

        :raises NotFound: when there is none within *scope*.
        """
