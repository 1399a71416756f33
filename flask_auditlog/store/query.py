"""What was asked, and what may be seen: two values, always two arguments."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from ipaddress import IPv6Network

from ..event import OWN_PREFIXES
from ..event import Record
from .language.expression import Expression
from .language.expression import terms

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What the caller asked for. Never trusted. Conditions are joined by "and".

    Names are those of the glossary. ``type`` may hold ``*`` anywhere; ``actor`` is a
    user id or a username; ``resource`` is a path and all below it; ``after`` is
    inclusive and ``before`` exclusive, both epoch milliseconds; ``details`` holds pairs
    of a dotted path and the value that must stand there; ``text`` is found anywhere in
    the record's JSON, ASCII letters in either case. ``reads`` includes what people did to
    the log itself (reads of it, changes of its tokens and realms), and its own news:
    started, upgraded. They are left out otherwise, unless a ``type`` that is asked for
    begins with ``admin.AUDIT_LOG`` or ``system.``.

    ``more`` is what the query language says (from ``parse_query``), joined by "and" to the
    rest; the days and times in it that name no time zone are those of ``zone``, an IANA name.
    """

    type: str | None = None
    actor: str | None = None
    user: str | None = None
    username: str | None = None
    client: str | None = None
    session: str | None = None
    ip: IPv4Network | IPv6Network | None = None
    org: str | None = None
    resource: str | None = None
    resource_type: str | None = None
    operation: str | None = None
    error: bool | None = None
    request: str | None = None
    source: str | None = None
    after: int | None = None
    before: int | None = None
    details: tuple[tuple[str, str], ...] = ()
    text: str | None = None
    reads: bool = False
    more: Expression | None = None
    zone: str = "UTC"

    @property
    def names_own(self) -> bool:
        """Whether a type that is asked for is one of the log's own news."""
        wanted = (
            term.value for term, positive in terms(self.more) if positive and term.field == "type"
        )

        return any((each or "").startswith(OWN_PREFIXES) for each in (self.type, *wanted))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the caller may see. Never made from the request.

    ``organization_id`` ``None`` is the whole realm; otherwise only that organization's
    records are there, and their positions are not shown.
    """

    realm: str
    organization_id: str | None

    @property
    def shows_position(self) -> bool:
        """Whether positions may be told: they tell the volume of other organizations."""
        return self.organization_id is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some records, newest first, and the cursor of the next page."""

    records: tuple[Record, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some records in order of position, and the position up to which the log was read for them.

    ``more`` is true where the log went on behind it.
    """

    records: tuple[Record, ...]
    position: int
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The records on both sides of one, newest first. ``more`` is true where there are others."""

    newer: tuple[Record, ...]
    older: tuple[Record, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many records match. ``exact`` is false where counting stopped at ``value``."""

    value: int
    exact: bool
