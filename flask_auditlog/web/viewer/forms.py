"""Forms of the viewer that change something: sent from a page of the same link.

There is no cookie to bind a form to: in a frame on another site the browser keeps none. Nor is
one needed. What opens a page is its address, which a browser sends along to nobody by itself, so
another site can make a visitor send only what it knows the address of. And each form has a token
that is bound to its link and ends: who knows an address, but cannot reach the app to read a page,
sends nothing either. What the browser says of where a form comes from is not asked: a frame with
a ``sandbox`` is of no site.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import request
from itsdangerous import BadData
from itsdangerous import URLSafeTimedSerializer

from ...errors import FormRefused
from ...state import current
from ...store import ViewerLink
from ..admin.forms import is_read
from ..admin.forms import LASTS
from ..admin.forms import NAME
from ..auth import link_context
from ..denied import record_denied


def hidden(link: ViewerLink) -> dict[str, str]:
    """Return the field that every form with an act has beside its own."""
    return {NAME: _signer().dumps(link.id)}


def check(link: ViewerLink) -> Mapping[str, str]:
    """Return the fields of the form that was sent, when it was on a page of *link*.

    :raises FormRefused: when it was not, or is too old. It is on record.
    :raises TooLarge: when no form of ours is so large.
    """
    if not (is_read() and _is_of(link, request.form.get(NAME, ""))):
        error = FormRefused()
        record_denied(error, "form_refused", link.realm, context=link_context(link))
        raise error

    return request.form


def _is_of(link: ViewerLink, token: str) -> bool:
    try:
        return bool(_signer().loads(token, max_age=LASTS) == link.id)
    except BadData:
        return False


def _signer() -> URLSafeTimedSerializer:
    # The newest key is our first, and its last: that one signs.
    return URLSafeTimedSerializer(current().keys("form")[::-1], salt="auditlog.viewer")
