"""What every store promises to followers and webhooks, in words. See :mod:`.promises`."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Protocol

from ..event import Record
from .query import Scope
from .webhooks import Attempt
from .webhooks import Delivery
from .webhooks import DisabledReason
from .webhooks import Ending
from .webhooks import Endpoint
from .webhooks import Secret
from .webhooks import SecretKind

# Makes deliveries of records, for the endpoints that there are.
Expand = Callable[[Sequence[Record], Sequence[Endpoint]], Sequence[Delivery]]


class Followers(Protocol):
    """Those who read the log in order, each at a position of its own."""

    def step(
        self,
        name: str,
        effect: Callable[[Any, Sequence[Record]], None],
        *,
        limit: int,
        wanted: Callable[[Any], bool],
    ) -> int | None:
        """Give the next records to *effect*, at most *limit*, and move the position behind them.

        One at a time for each *name*, over all processes, and in one transaction: *effect*
        is given its connection first, and what it writes there is committed with the position,
        or not at all. What it raises comes out of here. A follower that is new begins with
        the first record.

        :param wanted: is asked first, with the connection. If it says no, the follower goes
            to the end of the log and reads nothing.

        Return how many records there were; ``None`` while another process has the turn.
        """

    def position(self, name: str) -> int:
        """How far a follower has come; 0 if it is not known."""

    def begin(self, name: str, position: int) -> bool:
        """Let a follower begin behind *position*, unless it has begun; return whether it was new."""


class Deliveries(Protocol):
    """The queue of deliveries."""

    def fan_out(self, expand: Expand, *, limit: int) -> int | None:
        """Add what *expand* makes of the next records, at most *limit*: of each exactly once.

        Return how many records there were; ``None`` while another process is at it.
        """

    def claim(self, *, limit: int, lease_seconds: float) -> list[Delivery]:
        """Claim at most *limit* deliveries that are due, for so long; each is counted as begun.

        Endpoints get fair shares, what is fresh goes before what is replayed. Nothing is
        claimed of one that is disabled or paused, or has as much in flight as it may have.
        """

    def renew(self, claimed: Sequence[Delivery], *, lease_seconds: float) -> set[str]:
        """Claim them for longer; return the ids of those that are still one's own."""

    def release(self, claimed: Sequence[Delivery]) -> set[str]:
        """Give back what was not begun after all."""

    def finish(self, endings: Sequence[Ending]) -> set[str]:
        """Say how attempts ended; return the ids of the deliveries of which that was heard.

        Not of those whose lease was lost: they are somebody else's now.
        """

    def expire(self, *, limit: int) -> list[Delivery]:
        """Take back what was claimed and not finished in time: to be tried again, or, the
        third time, quarantined. Return them as they are now.
        """

    def get(self, delivery_id: str) -> Delivery | None:
        """The delivery of this id."""

    def attempts(self, delivery_id: str) -> list[Attempt]:
        """The attempts of a delivery, the first one first."""

    def oldest_due(self) -> int | None:
        """Since when the delivery that waits longest is due. If that is long ago, all is not well."""


class Endpoints(Protocol):
    """The register of endpoints, and of the secrets they are signed with.

    Secrets come sealed and stay sealed. What is not within the scope is not there.
    """

    def create(
        self, new: Endpoint, *, sealed: bytes | None, kind: SecretKind, at_most: int
    ) -> Endpoint:
        """Add an endpoint, which gets the events that are recorded from now on.

        Its id, version and times are given here.

        :param sealed: its first secret.
        :raises NotFound: when the realm is not registered.
        :raises InvalidEvent: when the realm has *at_most* already.
        """

    def get(self, endpoint_id: str, scope: Scope) -> Endpoint | None:
        """The endpoint of this id, if it is within *scope*."""

    def all(self, scope: Scope, *, first: int, limit: int) -> list[Endpoint]:
        """At most *limit* within *scope*, the oldest first, but the *first* ones."""

    def count(self, scope: Scope) -> int:
        """How many there are within *scope*."""

    def update(self, endpoint_id: str, scope: Scope, changes: Mapping[str, Any]) -> Endpoint:
        """Change some of its fields; return it as it is now.

        :raises NotFound: when there is none within *scope*.
        """

    def disable(self, endpoint_id: str, reason: DisabledReason) -> bool:
        """Disable it without anybody asking; return whether it was this call that did."""

    def delete(self, endpoint_id: str, scope: Scope) -> Endpoint:
        """Remove it with its secrets, and cancel what was on its way to it.

        :raises NotFound: when there is none within *scope*.
        """

    def secrets(self, endpoint_id: str) -> list[Secret]:
        """Those that sign now, the current one first."""

    def rotate(
        self, endpoint_id: str, scope: Scope, sealed: bytes, *, kind: SecretKind, grace: int
    ) -> Endpoint:
        """Give it a new secret. The one before signs too for *grace* milliseconds, a week at most.

        :raises NotFound: when there is none within *scope*.
        """

    def health(self, endpoint_id: str) -> str | None:
        """How it does, as it was kept last."""

    def change_health(
        self, endpoint_id: str, change: Callable[[str | None], tuple[str, int, int]]
    ) -> None:
        """Keep what *change* makes of what was kept: that, until when nothing is sent, and how
        much may be in flight. Nobody else changes it in between.
        """
