"""Bearer tokens for the API: listed, made and shown once, ended.

Nobody gives a token what they may not do themselves, and what somebody of an organization makes
is bound to that organization.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue

from ...errors import InvalidEvent
from ...errors import ScopeError
from ...recorder import Context
from ...recorder.given import organization_of
from ...state import request_context
from ...store import MANAGE_EVENTS
from ...store import PERMISSIONS
from ...store import Scope
from ..auth import page_scope
from ..words import _
from ..words import N_
from ..words import told
from . import forms
from . import token_lines
from .asked import Asked
from .asked import asked_of
from .display import shown
from .links_page import living
from .moments import now
from .notices import notices_for
from .visitors import realms_for
from .webhooks.paging import AT_ONCE
from .webhooks.paging import first_of
from .webhooks.paging import page_of

# How long one may live, in days; empty for ever.
LIVES = {
    "30": N_("30 days"),
    "90": N_("90 days"),
    "365": N_("A year"),
    "": N_("Until it is revoked"),
}


def tokens() -> ResponseReturnValue:
    """Show the tokens of the realm, or of one's organization, newest first."""
    asked, scope = _asked_and_scope()
    return _rendered(asked, scope, {})


def create_token() -> ResponseReturnValue:
    """Make a token, and show its secret: here alone."""
    asked, scope = _asked_and_scope()
    sent = forms.check(scope.realm)
    try:
        wanted = _wanted(sent, request.form.getlist("permission"), scope)
    except InvalidEvent as error:
        return _rendered(asked, scope, sent, error=told(error)), 400
    made, secret = token_lines.make(wanted, _context(scope))

    return _rendered(asked, scope, {}, made=made, secret=secret)


def revoke_token(token_id: str) -> ResponseReturnValue:
    """End a token at once. :raises NotFound: when there is none that the visitor may see."""
    asked, scope = _asked_and_scope()
    forms.check(scope.realm)
    token_lines.end(token_id, scope, _context(scope))

    return redirect(url_for(".tokens", realm=asked.realm), 303)


def _asked_and_scope() -> tuple[Asked, Scope]:
    asked = asked_of(request.args.items(multi=True))
    return asked, page_scope(MANAGE_EVENTS, asked.realm or request_context().realm)


def _grantable(scope: Scope) -> list[str]:
    """The permissions that the visitor has in all of the scope."""
    return [each for each in PERMISSIONS if _has(each, scope)]


def _has(permission: str, scope: Scope) -> bool:
    try:
        mine = page_scope(permission, scope.realm)
    except ScopeError:
        return False

    return mine.organization_id in (None, scope.organization_id)


def _wanted(sent: Mapping[str, str], permissions: Sequence[str], scope: Scope) -> dict[str, Any]:
    """What the form says. :raises InvalidEvent: when it cannot be."""
    fields = token_lines.wanted(sent, permissions, grantable=_grantable(scope), lives=LIVES)
    organization = scope.organization_id or organization_of(
        sent.get("organization", "").strip() or None
    )

    return fields | {"organization_id": organization}


def _context(scope: Scope) -> Context:
    return replace(
        request_context("system"),
        realm=scope.realm,
        organization_id=scope.organization_id,
        trusted=True,
    )


def _rendered(asked: Asked, scope: Scope, typed: Mapping[str, str], **more: Any) -> str:
    first, at = first_of(request.args.get("first")), now()
    found = page_of(token_lines.visible(scope)[first : first + AT_ONCE + 1], first)

    return render_template(
        "auditlog/tokens.html",
        current_page="tokens",
        page=found,
        lines=[token_lines.line_of(each, at) for each in found.items],
        links=living(scope),
        permissions=token_lines.said_of(_grantable(scope)),
        chosen=request.form.getlist("permission"),
        lives=[(each, _(said)) for each, said in LIVES.items()],
        typed=typed,
        with_org=scope.organization_id is None,
        hidden=forms.hidden(),
        asked=asked,
        now=at,
        shown=shown,
        notices=notices_for(scope),
        **realms_for(scope),
        **more,
    )
