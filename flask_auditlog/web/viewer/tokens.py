"""The organization's own tokens, for whoever has a link that allows it: made, shown once, ended.

What is made here reads and sends events of that organization, and ends by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue

from ...errors import InvalidEvent
from ...recorder import Context
from ...store import PUBLISH_EVENTS
from ...store import VIEW_EVENTS
from ...store import ViewerLink
from ..admin import token_lines
from ..admin.asked import Asked
from ..admin.moments import now
from ..admin.webhooks.paging import AT_ONCE
from ..admin.webhooks.paging import first_of
from ..admin.webhooks.paging import page_of
from ..auth import link_context
from ..words import _
from ..words import N_
from ..words import told
from . import forms
from .guest import admitted
from .looks import looks
from .question import unknown

# How long one may live, in days. None is for ever.
LIVES = {"30": N_("30 days"), "90": N_("90 days"), "365": N_("A year")}
GRANTABLE = (VIEW_EVENTS, PUBLISH_EVENTS)
# Most that an organization has at a time.
MOST = 50
# What the address of the page may ask.
PARAMETERS = ("first",)


def tokens(token: str) -> ResponseReturnValue:
    """Show the tokens of the organization, newest first."""
    return _rendered(_asking(token), {})


def create_token(token: str) -> ResponseReturnValue:
    """Make a token, and show its secret: here alone."""
    link = _asking(token)
    sent = forms.check(link)
    try:
        fields = _wanted(link, sent)
    except InvalidEvent as error:
        return _rendered(link, sent, error=told(error)), 400
    made, secret = token_lines.make(fields, _context(link))

    return _rendered(link, {}, made=made, secret=secret)


def revoke_token(token: str, token_id: str) -> ResponseReturnValue:
    """End a token at once. :raises NotFound: when there is none of the organization."""
    link = _asking(token)
    forms.check(link)
    token_lines.end(token_id, link.scope, _context(link))

    return redirect(url_for(".tokens"), 303)


def _asking(token: str) -> ViewerLink:
    link = admitted(token, "tokens")
    for name in request.args:
        if name not in PARAMETERS:
            raise unknown(name)

    return link


def _wanted(link: ViewerLink, sent: Mapping[str, str]) -> dict[str, Any]:
    at = now()
    living = [
        each
        for each in token_lines.visible(link.scope)
        if each.revoked_time is None and not (each.expires_time and each.expires_time <= at)
    ]
    if len(living) >= MOST:
        raise InvalidEvent(f"There are {MOST} tokens already. Revoke one first.")
    fields = token_lines.wanted(
        sent, request.form.getlist("permission"), grantable=GRANTABLE, lives=LIVES
    )

    return fields | {"organization_id": link.organization_id}


def _context(link: ViewerLink) -> Context:
    return replace(link_context(link), trusted=True)


def _rendered(link: ViewerLink, typed: Mapping[str, str], **more: Any) -> str:
    first, at = first_of(request.args.get("first")), now()
    found = page_of(token_lines.visible(link.scope)[first : first + AT_ONCE + 1], first)

    return render_template(
        "auditlog/tokens.html",
        layout="auditlog/viewer_layout.html",
        current_page="tokens",
        is_guest=True,
        asked=Asked(()),
        page=found,
        lines=[token_lines.line_of(each, at) for each in found.items],
        permissions=token_lines.said_of(GRANTABLE),
        chosen=request.form.getlist("permission") if typed else [],
        lives=[(each, _(said)) for each, said in LIVES.items()],
        typed=typed,
        with_org=False,
        hidden=forms.hidden(link),
        **more,
        **looks(link),
    )
