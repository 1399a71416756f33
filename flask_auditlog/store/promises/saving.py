"""What the store promises of saved views. Pure."""

from __future__ import annotations

from typing import Protocol

import msgspec

from ..query import Scope


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """A search under a name. ``created_time`` is in epoch milliseconds.

    It belongs to one scope, since its name and its search tell of what is seen there: who sees
    another part of the log does not see it, and what it finds is within the reader's scope anyway.

    ``owner`` is the user id of who saved it, or else their username; ``search`` the query string
    of its page.
    """

    id: str
    realm: str
    organization_id: str | None
    owner: str
    is_shared: bool
    name: str
    search: str
    created_time: int

    @property
    def scope(self) -> Scope:
        """Where it is seen."""
        return Scope(realm=self.realm, organization_id=self.organization_id)


class SavedViews(Protocol):
    """The searches that people keep, for themselves or for all who see the same."""

    def add(self, new: SavedView, *, at_most: int) -> None:
        """Keep *new*.

        :param at_most: how many its owner may have in its scope.
        :raises Conflict: when they have as many.
        :raises NotFound: when the realm is not registered.
        """

    def seen(self, scope: Scope, owner: str | None, *, at_most: int) -> list[SavedView]:
        """Those of *owner* and the shared ones, of exactly this scope, by name."""

    def remove(self, view_id: str, scope: Scope, owner: str | None, *, others: bool) -> SavedView:
        """Forget one of *owner*.

        :param others: also a shared one of somebody else.
        :raises NotFound: when there is none.
        """
