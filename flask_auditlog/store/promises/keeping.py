"""What every store promises to whoever keeps webhooks in order, in words. See :mod:`.outward`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..query import Scope
from ..webhooks import Interval
from ..webhooks import Outbox
from ..webhooks import Secret
from ..webhooks import Statistics


class Measures(Protocol):
    """Figures of the queue. None of them takes longer with millions of deliveries."""

    def of_endpoint(self, endpoint_id: str, scope: Scope) -> Statistics:
        """How the deliveries of an endpoint do.

        :raises NotFound: when there is none within *scope*.
        """

    def course(self, endpoint_id: str, scope: Scope) -> list[Interval]:
        """How the last day went for an endpoint, in its half hours, the first one first.

        :raises NotFound: when there is none within *scope*.
        """

    def of_all(self) -> Outbox:
        """How the queue of all realms does: for the operator."""


class Upkeep(Protocol):
    """What somebody does from time to time. Call each again until it returns 0."""

    def prune(self, *, bodies_days: int, rows_days: int, limit: int) -> int:
        """Remove what is old, at most *limit* of each kind; return how much that was.

        The answers of receivers after *bodies_days*; after *rows_days* attempts, deliveries
        that ended, and replays. What has not ended is never removed.
        """

    def tidy(self, *, limit: int) -> int:
        """Put aside what nobody can send, at most *limit* of each endpoint; return how much.

        What waits for a disabled endpoint is held; for one that is gone, cancelled. An
        endpoint that was not deleted to the end is.
        """


class Keyring(Protocol):
    """Secrets of the log itself, sealed."""

    def kept(self, name: str, make: Callable[[], bytes]) -> bytes:
        """The current one of this name. *make* is called if there is none: whichever process
        needs it first.
        """

    def live(self, name: str) -> list[Secret]:
        """Those of this name that are good now, the current first; none before the first need."""

    def rotate(self, name: str, sealed: bytes, *, grace: int) -> None:
        """Let *sealed* be the current one. The one before is good for *grace* milliseconds more,
        a week at most.
        """
