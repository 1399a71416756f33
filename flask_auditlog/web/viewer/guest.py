"""Whose link opened the page: looked up once in each request, before anything else."""

from __future__ import annotations

from flask import g

from ...store import ViewerLink
from ..auth import viewer_link

_KEPT = "_auditlog_viewer_link"


def opened(token: str) -> ViewerLink:
    """Return the living link of *token*, and keep it for the rest of the request.

    :raises NotFound: when there is none.
    """
    link = viewer_link(token)
    setattr(g, _KEPT, link)

    return link


def kept() -> ViewerLink | None:
    """The link of this request; ``None`` where nothing was opened."""
    link: ViewerLink | None = g.get(_KEPT)

    return link
