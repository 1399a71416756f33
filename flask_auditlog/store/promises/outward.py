"""What every store promises to followers and webhooks, in words. See :mod:`.promises`."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Protocol

from ...event import Record
from ..query import Scope
from ..webhooks import Attempt
from ..webhooks import Delivery
from ..webhooks import DisabledReason
from ..webhooks import Ending
from ..webhooks import Endpoint
from ..webhooks import Secret
from ..webhooks import SecretKind
from ..webhooks import SentDelivery
from ..webhooks import State

# Makes deliveries of records, for the endpoints that there are.
Expand = Callable[[Sequence[Record], Sequence[Endpoint]], Sequence[Delivery]]

# Given an endpoint's id and what was kept: what is kept now, until when nothing is sent, and
# how much may be in flight.
Change = Callable[[str, str | None], tuple[str, int, int]]


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

    def at(self, positions: Collection[int]) -> list[Record]:
        """The records at these positions, of all realms."""

    def named(self, uids: Collection[str]) -> dict[str, Record]:
        """The records of these uids, of all realms, by their uid."""

    def turn(self, name: str, *, every: float) -> bool:
        """Whether it is our turn to do what is done once in so many seconds, by whichever
        process comes first.
        """

    def begin(self, name: str, position: int) -> bool:
        """Let a follower begin behind *position*, unless it has begun; return whether it was new."""


class Deliveries(Protocol):
    """The queue of deliveries."""

    def fan_out(self, expand: Expand, *, limit: int) -> int | None:
        """Add what *expand* makes of the next records, at most *limit*: of each exactly once.

        Return how many records there were; ``None`` while another process is at it.
        """

    def is_any_due(self) -> bool:
        """Whether :meth:`fan_out` or :meth:`claim` may find something. It writes nothing."""

    def clock(self) -> int:
        """What time it is, in epoch milliseconds, by the clock that says what is due."""

    def claim(
        self,
        *,
        limit: int,
        lease_seconds: float,
        but: Collection[str] = (),
        last_chances: int = 1,
        expand: Expand | None = None,
        records: int = 0,
    ) -> list[Delivery]:
        """Claim at most *limit* deliveries that are due, for so long; each is counted as begun.

        Endpoints get fair shares, what is fresh goes before what is replayed. Nothing is
        claimed of one that is disabled or paused, or has as much in flight as it may have,
        or as its rate allows; of one with an order only the first, see :mod:`.foremost`.

        :param but: endpoints that get nothing this time.
        :param last_chances: how many of those may be among them that are quarantined if their
            process dies once more. Claimed one at a time, the one that kills it takes no
            other with it.
        :param expand: makes deliveries of the next *records* first, as :meth:`fan_out` does, and
            in the same transaction: what was recorded is on its way one commit later.
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

    def allowed_in(self) -> float | None:
        """In how many seconds an endpoint with a rate may have what is due, if any has such."""

    def oldest_due(self) -> int | None:
        """Since when the delivery that waits longest is due, or when the next one will be."""


class Endpoints(Protocol):
    """The register of endpoints, and of the secrets they are signed with.

    Secrets come sealed and stay sealed. What is not within the scope is not there.
    """

    def create(
        self, new: Endpoint, *, sealed: bytes | None, kind: SecretKind, at_most: int
    ) -> Endpoint:
        """Add an endpoint, which gets the events that are recorded from now on.

        Its version and times are given here, and its id if it has none.

        :param sealed: its first secret.
        :raises NotFound: when the realm is not registered.
        :raises InvalidWebhook: when its organization, or the realm of one without, has *at_most*.
        """

    def get(self, endpoint_id: str, scope: Scope) -> Endpoint | None:
        """The endpoint of this id, if it is within *scope*."""

    def all(self, scope: Scope, *, first: int, limit: int) -> list[Endpoint]:
        """At most *limit* within *scope*, the newest first, without the *first* ones."""

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

    def retire(self, endpoint_id: str, scope: Scope) -> int:
        """End at once all secrets of it but the current; return how many there were.

        :raises NotFound: when there is none within *scope*.
        """

    def number(self) -> int:
        """How many there are, in all realms."""

    def named(self, endpoint_ids: Collection[str]) -> dict[str, Endpoint]:
        """Those of these ids, of all realms: for who sends to them."""


class Healths(Protocol):
    """How endpoints do: kept as text, with what a claim must know of it."""

    def of(self, endpoint_ids: Collection[str]) -> dict[str, str]:
        """How they do, as it was kept last. Not those of which nothing is known yet."""

    def change(self, endpoint_ids: Collection[str], change: Change) -> None:
        """Keep what *change* makes of what was kept of each. Nobody else changes it in between.

        An endpoint that is not there any more is not asked for.
        """


class Sent(Protocol):
    """What became of deliveries, for those who may see their endpoint.

    Of an endpoint that is deleted nothing is seen any more.
    """

    def get(self, delivery_id: str, scope: Scope) -> SentDelivery | None:
        """The delivery of this id, if its endpoint is within *scope*."""

    def attempts(self, delivery_id: str, scope: Scope) -> list[Attempt]:
        """The attempts of a delivery, the first one first; none if it is not within *scope*."""

    def to_endpoint(
        self,
        endpoint_id: str,
        scope: Scope,
        *,
        state: State | None = None,
        first: int = 0,
        limit: int = 100,
    ) -> list[SentDelivery]:
        """At most *limit* of an endpoint, the newest first, without the *first* ones."""

    def of_record(
        self, position: int, scope: Scope, *, first: int = 0, limit: int = 100
    ) -> list[SentDelivery]:
        """At most *limit* of a record, to whichever endpoint, as :meth:`to_endpoint`."""

    def ping(self, endpoint_id: str, scope: Scope, *, position: int, type: str) -> Delivery:  # noqa: A002
        """Send the record at *position*, which is a test, to this endpoint.

        :raises NotFound: when there is none within *scope*.
        :raises WebhookDisabled: when it is disabled.
        """

    def resend(self, delivery_id: str, scope: Scope, *, force: bool = False) -> Delivery:
        """Send what this delivery sent once more, in whichever state it is; return the new one.

        :param force: also to an endpoint that is disabled: it is held until that is enabled.
        :raises NotFound: when there is none within *scope*, or its record is gone.
        :raises WebhookDisabled: when the endpoint is disabled.
        """

    def hold(self, endpoint_id: str, scope: Scope) -> int:
        """Hold what is pending of a disabled endpoint; return how many there were."""

    def resume(self, endpoint_id: str, scope: Scope, *, since: int = 0) -> int:
        """Let what is held of an endpoint go, and enable it with the last of it; return how many.

        :param since: only what was made then or later, in epoch milliseconds.
        :raises NotFound: when there is none within *scope*.
        """
