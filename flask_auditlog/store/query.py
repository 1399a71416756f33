"""What was asked, and what may be seen: two values, always two arguments."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from ipaddress import IPv6Network

from ..event import Record

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
    started, upgraded. They are left out otherwise, unless ``type`` begins with
    ``admin.AUDIT_LOG`` or ``system.``.
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
    after: int | None = None
    before: int | None = None
    details: tuple[tuple[str, str], ...] = ()
    text: str | None = None
    reads: bool = False


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
class Count:
    """How many records match. ``exact`` is false where counting stopped at ``value``."""

    value: int
    exact: bool
