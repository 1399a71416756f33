"""What every store promises, in words. One contract test says it for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Protocol

import msgspec

from ...event import Copy
from ...event import Entry
from ...event import Record
from ..query import Count
from ..query import Page
from ..query import Query
from ..query import Scope
from .again import Replays
from .files import Files
from .keeping import Keyring
from .keeping import Measures
from .keeping import Upkeep
from .looking import Around
from .looking import Feed
from .looking import Figures
from .looking import Hours
from .looking import Sieve
from .outward import Deliveries
from .outward import Endpoints
from .outward import Followers
from .outward import Healths
from .outward import Sent
from .saving import SavedViews
from .viewing import ViewerLinks

VIEW_EVENTS = "view-events"
MANAGE_EVENTS = "manage-events"
PUBLISH_EVENTS = "publish-events"
PUBLISH_AS = "publish-as"
PERMISSIONS = (VIEW_EVENTS, MANAGE_EVENTS, PUBLISH_EVENTS, PUBLISH_AS)


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A bearer token, without its secret. Times are epoch milliseconds.

    A token with an ``organization_id`` is bound to it for ever: it reads and writes
    that organization's events and no others.
    """

    id: str
    name: str
    realm: str
    organization_id: str | None = None
    permissions: frozenset[str]
    created_time: int
    created_by: str | None = None
    expires_time: int | None = None
    revoked_time: int | None = None
    last_used_time: int | None = None


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """An ``Idempotency-Key``, and the answer to give to everyone who sends it again.

    ``request_digest`` is a hash of the body it came with.
    """

    token_id: str
    realm: str
    value: str
    request_digest: bytes
    answer: str


class Appended(msgspec.Struct, frozen=True, kw_only=True):
    """What an append did. ``answer`` is the first answer when the key was known."""

    records: tuple[Record, ...]
    answer: str | None = None


class Upgrade(msgspec.Struct, frozen=True, kw_only=True):
    """The migrations that were run, oldest first.

    ``since`` is the one the log was at before; ``None`` when there was no log.
    """

    since: str | None
    ran: tuple[str, ...]


class Tokens(Protocol):
    """The register of bearer tokens. Secrets are stored hashed and shown once."""

    def create(
        self,
        *,
        name: str,
        realm: str,
        permissions: Sequence[str],
        organization_id: str | None = None,
        expires_time: int | None = None,
        created_by: str | None = None,
    ) -> tuple[Token, str]:
        """Add a token; return it and its secret, which cannot be had again.

        :raises NotFound: when the realm is not registered.
        """

    def find(self, secret: str) -> Token | None:
        """The living token of this secret, or ``None`` when unknown, expired or revoked.

        A revocation in another process is seen within a few seconds; one in this
        process at once. Also notes that the token was used, at most once a minute.
        """

    def ended(self, secret: str) -> Token | None:
        """The expired or revoked token of this secret, if :meth:`find` has just met it here."""

    def all(self) -> list[Token]:
        """Every token, newest first, with the expired and the revoked."""

    def revoke(self, token_id: str) -> Token:
        """End a token at once. :raises NotFound: when there is none."""


class Answers(Protocol):
    """What was answered to those who named their request by an ``Idempotency-Key``."""

    def first(self, token_id: str, realm: str, value: str, request_digest: bytes) -> str | None:
        """The answer to that key, or ``None`` when it is not known, or no longer.

        :raises KeyReused: when it was used with another request.
        """


class Realms(Protocol):
    """The register of realms: a typing error in a path must not make a tenant."""

    def add(self, name: str) -> bool:
        """Register a realm; return whether it is new."""

    def add_all(self, names: Iterable[str]) -> None:
        """Register what is not there yet."""

    def all(self) -> list[str]:
        """The registered realms, in alphabetical order."""

    def __contains__(self, name: object) -> bool:
        """Whether the realm is registered."""

    def check(self, name: str) -> None:
        """:raises NotFound: when the realm is not registered."""


class TypeCount(msgspec.Struct, frozen=True, kw_only=True):
    """One type in the log: how many records it has, and when the first and last happened.

    Times are epoch milliseconds.
    """

    type: str
    records: int
    first_time: int
    last_time: int


class Types(Protocol):
    """The types of the events in the log."""

    def seen(self, scope: Scope, *, at_most: int) -> list[TypeCount]:
        """The first *at_most* types within *scope*, by name: those of reads too.

        :raises QueryTimeout: when it takes longer than ``AUDITLOG_LIMITS``' ``query_seconds``.
        """


class Store(Protocol):
    """Where records live. Records are only ever added.

    Every implementation passes ``StoreContract`` (``tests/store/contract.py``).
    """

    answers: Answers
    realms: Realms
    tokens: Tokens
    viewer_links: ViewerLinks
    saved_views: SavedViews
    types: Types
    feed: Feed
    around: Around
    figures: Figures
    hours: Hours
    sieve: Sieve
    followers: Followers
    endpoints: Endpoints
    healths: Healths
    deliveries: Deliveries
    sent: Sent
    replays: Replays
    files: Files
    upkeep: Upkeep
    measures: Measures
    keyring: Keyring

    def append(self, entries: Sequence[Entry], *, key: Key | None = None) -> Appended:
        """Add *entries* in their order, all or none, and return them as records.

        Durable, and seen by every later read, once it returns. Positions are gap-free
        and in order of commit. An entry whose uid is in the log with the same body is
        the same event: it gets the record that is there. May be called from any thread.

        :raises Conflict: when a uid is there with another body.
        :raises KeyReused: when *key* was used with another request.
        :raises StoreUnavailable: when the log cannot be reached or is busy for too
            long. Whether the entries are in the log is then unknown; appending the
            same entries again is safe.
        """

    def find(self, query: Query, scope: Scope, *, limit: int, cursor: str | None = None) -> Page:
        """At most *limit* records, by ``(time, position)`` descending.

        *cursor* is a page's ``next``, of the same query and scope. It pins the end of
        the log as it was at the first page, so paging is stable while events arrive.

        :raises QueryError: when the cursor is not one, or of another query or scope.
        :raises QueryTimeout: when it takes longer than ``AUDITLOG_LIMITS``' ``query_seconds``.
        """

    def get(self, uid: str, scope: Scope, query: Query | None = None) -> Record | None:
        """The record of this uid, or ``None`` when there is none within *scope*.

        :param query: what it must match as well. Reads of the log are not left out: it is named.
        """

    def count(self, query: Query, scope: Scope, *, at_most: int) -> Count:
        """How many records match; counting stops at *at_most*."""

    def stream(self, query: Query, scope: Scope) -> Iterator[Copy]:
        """All that match, in the order of :meth:`find`, as the log was at the call.

        Memory does not grow with the number of records.
        """

    def after(self, position: int, query: Query, scope: Scope, *, limit: int) -> list[Record]:
        """At most *limit* records past *position* that match, in order of position.

        For those who follow the log: what was returned once never changes, and nothing is
        ever inserted before it.
        """
