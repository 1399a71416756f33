"""The viewer links that live: a section of the page of tokens, where they are ended."""

from __future__ import annotations

from flask import redirect
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue

from ...state import current
from ...state import request_context
from ...store import MANAGE_EVENTS
from ...store import Scope
from ...store import ViewerLink
from ..auth import page_scope
from ..viewer import making
from . import forms
from .asked import asked_of

MOST = 50


def living(scope: Scope) -> list[ViewerLink]:
    """The newest links that live, of the realm or of one's organization."""
    return current().store.viewer_links.living(scope, at_most=MOST)


def revoke_link(link_id: str) -> ResponseReturnValue:
    """End a link at once. :raises NotFound: when there is none that the visitor may see."""
    asked = asked_of(request.args.items(multi=True))
    scope = page_scope(MANAGE_EVENTS, asked.realm or request_context().realm)
    forms.check(scope.realm)
    making.end(link_id, scope)

    return redirect(url_for(".tokens", realm=asked.realm), 303)
