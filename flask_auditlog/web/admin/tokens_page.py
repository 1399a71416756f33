"""Bearer tokens for the API: listed, made and shown once, ended.

Nobody gives a token what they may not do themselves, and what somebody of an organization makes
is bound to that organization.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue

from ...errors import InvalidEvent
from ...errors import NotFound
from ...errors import ScopeError
from ...recorder import Context
from ...recorder.given import organization_of
from ...state import current
from ...state import request_context
from ...store import MANAGE_EVENTS
from ...store import PERMISSIONS
from ...store import Scope
from ...store import Token
from ..auth import page_scope
from ..registered import record_token
from ..words import _
from ..words import N_
from ..words import told
from . import forms
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

DAY = 24 * 3600 * 1000
# How long one may live, in days; empty for ever.
LIVES = {
    "30": N_("30 days"),
    "90": N_("90 days"),
    "365": N_("A year"),
    "": N_("Until it is revoked"),
}
NAME_CHARS = 255
SAYS: Mapping[str, str] = {
    "view-events": N_("read events"),
    "manage-events": N_("change webhooks"),
    "publish-events": N_("send events"),
    "publish-as": N_("send events in the name of others"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A token, and whether it still opens anything."""

    token: Token
    word: str
    tone: str


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
    context = _context(scope)
    made, secret = current().store.tokens.create(
        realm=scope.realm, created_by=_name_of(context), **wanted
    )
    try:
        record_token("CREATE", made, context)
    except Exception:
        # Nobody saw it, and nobody knows who made it.
        current().store.tokens.revoke(made.id)
        raise

    return _rendered(asked, scope, {}, made=made, secret=secret)


def revoke_token(token_id: str) -> ResponseReturnValue:
    """End a token at once. :raises NotFound: when there is none that the visitor may see."""
    asked, scope = _asked_and_scope()
    forms.check(scope.realm)
    if token_id not in {each.id for each in _visible(scope)}:
        raise NotFound("There is no such token.")
    ended = current().store.tokens.revoke(token_id)
    record_token("DELETE", ended, _context(scope))

    return redirect(url_for(".tokens", realm=asked.realm), 303)


def _asked_and_scope() -> tuple[Asked, Scope]:
    asked = asked_of(request.args.items(multi=True))
    return asked, page_scope(MANAGE_EVENTS, asked.realm or request_context().realm)


def _visible(scope: Scope) -> list[Token]:
    return [
        each
        for each in current().store.tokens.all()
        if each.realm == scope.realm and scope.organization_id in (None, each.organization_id)
    ]


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
    name = sent.get("name", "").strip()
    if not 0 < len(name) <= NAME_CHARS or not name.isprintable():
        raise InvalidEvent(f"A token's name is a text of 1 to {NAME_CHARS} characters.")
    if not permissions or not set(permissions) <= set(_grantable(scope)):
        raise InvalidEvent("Choose at least one permission, of those that you have yourself.")
    days = sent.get("days", "")
    if days not in LIVES:
        raise InvalidEvent("Choose how long it lives.")
    organization = scope.organization_id or organization_of(
        sent.get("organization", "").strip() or None
    )

    return {
        "name": name,
        "permissions": list(permissions),
        "organization_id": organization,
        "expires_time": now() + int(days) * DAY if days else None,
    }


def _context(scope: Scope) -> Context:
    return replace(
        request_context("system"),
        realm=scope.realm,
        organization_id=scope.organization_id,
        trusted=True,
    )


def _name_of(context: Context) -> str | None:
    actor = context.actor
    return (actor.user_id or actor.username) if actor else None


def _line(token: Token, at: int) -> Line:
    if token.revoked_time is not None:
        return Line(token, _("Revoked"), "none")
    if token.expires_time is not None and token.expires_time <= at:
        return Line(token, _("Expired"), "none")

    return Line(token, _("Works"), "good")


def _rendered(asked: Asked, scope: Scope, typed: Mapping[str, str], **more: Any) -> str:
    first, at = first_of(request.args.get("first")), now()
    found = page_of(_visible(scope)[first : first + AT_ONCE + 1], first)

    return render_template(
        "auditlog/tokens.html",
        current_page="tokens",
        page=found,
        lines=[_line(each, at) for each in found.items],
        links=living(scope),
        permissions=[(each, _(SAYS[each])) for each in _grantable(scope)],
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
