"""Whose link opened the page: looked up once in each request, before anything else."""

from __future__ import annotations

from flask import g

from ...errors import NotFound
from ...store import ViewerLink
from ...store.promises.viewing import Allowed
from ..auth import link_context
from ..auth import viewer_link
from ..denied import record_denied

_KEPT = "_auditlog_viewer_link"


def opened(token: str) -> ViewerLink:
    """Return the living link of *token*, and keep it for the rest of the request.

    :raises NotFound: when there is none.
    """
    link = viewer_link(token)
    setattr(g, _KEPT, link)

    return link


def admitted(token: str, need: Allowed) -> ViewerLink:
    """Return the living link of *token*, if *need* may be changed with it.

    :raises NotFound: when there is none, or it allows no such thing. That is on record.
    """
    link = opened(token)
    if need not in link.allow:
        error = NotFound("There is no such page.")
        record_denied(error, "not_permitted", link.realm, context=link_context(link))
        raise error

    return link


def kept() -> ViewerLink | None:
    """The link of this request; ``None`` where nothing was opened."""
    link: ViewerLink | None = g.get(_KEPT)

    return link
