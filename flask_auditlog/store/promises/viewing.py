"""What the store promises of viewer links. Pure."""

from __future__ import annotations

from typing import get_args
from typing import Literal
from typing import Protocol

import msgspec

from ..query import Scope

# What a link may open beside the events: the organization's own webhooks and tokens.
Allowed = Literal["webhooks", "tokens"]
ALLOWED: tuple[Allowed, ...] = get_args(Allowed)


class ViewerLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link to the viewer, without its secret. Times are epoch milliseconds.

    It is bound to one organization of one realm for ever, and ends by itself.

    ``user_id`` and ``username`` are whom it was made for: the actor of what is read with it.
    ``embed`` are the origins whose pages may show it in a frame; none, and none may. ``allow`` is
    what may be changed with it; nothing, if nobody said so.
    """

    id: str
    realm: str
    organization_id: str
    organization_name: str | None = None
    user_id: str | None = None
    username: str | None = None
    embed: tuple[str, ...] = ()
    allow: tuple[Allowed, ...] = ()
    created_time: int
    created_by: str | None = None
    expires_time: int
    revoked_time: int | None = None
    last_used_time: int | None = None

    @property
    def scope(self) -> Scope:
        """What may be seen with it."""
        return Scope(realm=self.realm, organization_id=self.organization_id)


class ViewerLinks(Protocol):
    """The register of viewer links. Secrets are stored hashed and shown once."""

    def add(self, new: ViewerLink) -> str:
        """Keep *new*; return its secret, which cannot be had again.

        Links that ended more than a day ago are forgotten by this.

        :raises NotFound: when the realm is not registered.
        """

    def find(self, secret: str) -> ViewerLink | None:
        """The living link of this secret, or ``None`` when unknown, expired or revoked.

        A revocation is seen at once, by every process. Also notes that the link was used, at
        most once a minute.
        """

    def living(self, scope: Scope, *, at_most: int) -> list[ViewerLink]:
        """Those within *scope* that have not ended, newest first."""

    def revoke(self, link_id: str, scope: Scope) -> ViewerLink:
        """End a link at once. :raises NotFound: when there is none within *scope*."""
