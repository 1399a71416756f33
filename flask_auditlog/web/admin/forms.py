"""Forms that change something: sent from a page of ours, by whom that was shown to.

Two fences, since one of them may be down. The browser says where a request comes from
(``Sec-Fetch-Site``, or else ``Origin``); and each form has a token that is bound to its visitor,
their session and a cookie of ours, and ends. The token of a host that has Flask-WTF goes along,
so that its own protection lets our forms pass.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import current_app
from flask import g
from flask import request
from flask import Response
from flask import url_for
from itsdangerous import BadData
from itsdangerous import URLSafeTimedSerializer

from ...errors import AuditLogError
from ...errors import FormRefused
from ...errors import TooLarge
from ...state import current
from ...state import request_context
from ..denied import record_denied

# The name of the field, and of the cookie.
NAME = "auditlog_form"
# A form that was left open for a working day can still be sent, in seconds.
LASTS = 12 * 3600
# Most bytes of a form: 200 event types of 255 characters are 51,000.
MOST_BYTES = 256 * 1024

_KEPT = "_auditlog_form"


def hidden() -> dict[str, str]:
    """Return the fields that every form with an act has beside its own."""
    fields = {NAME: _signer().dumps(_bound_to(_cookie()))}
    made = current_app.jinja_env.globals.get("csrf_token")
    if "csrf" in current_app.extensions and callable(made):
        fields[current_app.config.get("WTF_CSRF_FIELD_NAME", "csrf_token")] = str(made())

    return fields


def check(realm: str) -> Mapping[str, str]:
    """Return the fields of the form that was sent, when it is one of ours.

    :param realm: the one that the act is in, for the log.
    :raises FormRefused: when it comes from elsewhere or is too old. It is on record.
    :raises TooLarge: when no form of ours is so large.
    """
    if not (is_read() and _is_from_here() and _is_ours(request.form.get(NAME, ""))):
        raise _refused(realm)

    return request.form


def is_read() -> bool:
    """Whether a form was sent that may be read. :raises TooLarge: when no form is so large."""
    length = request.content_length
    if length is not None and length > MOST_BYTES:
        raise TooLarge("The form is too large.")

    # A browser says how long a form is. What does not might never end.
    return length is not None


def keep_cookie(response: Response) -> Response:
    """Give the browser the cookie that a form of this page is bound to."""
    made = g.get(_KEPT)
    if made is not None and made != request.cookies.get(NAME):
        response.set_cookie(
            NAME,
            made,
            path=url_for("auditlog.search", zone=None),
            httponly=True,
            secure=request.is_secure,
            # Not sent along with a form of another site. A link from there brings it.
            samesite="Lax",
        )

    return response


def _cookie() -> str:
    known: str | None = g.get(_KEPT) or request.cookies.get(NAME)
    if not known:
        known = secrets.token_urlsafe(24)
    g.setdefault(_KEPT, known)

    return known


def _signer() -> URLSafeTimedSerializer:
    # The newest key is our first, and its last: that one signs.
    return URLSafeTimedSerializer(current().keys("form")[::-1], salt="auditlog.form")


def _bound_to(cookie: str) -> list[str | None]:
    """What makes a token of no use to anybody else."""
    actor = request_context().actor
    if actor is None:
        return [cookie, None, None]

    return [cookie, actor.user_id or actor.username, actor.session_id]


def _is_ours(token: str) -> bool:
    cookie = request.cookies.get(NAME)
    if not cookie:
        return False
    try:
        bound_to = _signer().loads(token, max_age=LASTS)
    except BadData:
        return False

    return bool(bound_to == _bound_to(cookie))


def _is_from_here() -> bool:
    """Whether the browser says so, or is too old to say anything."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")

    return origin is None or urlsplit(origin).netloc == request.host


def _refused(realm: str) -> AuditLogError:
    error = FormRefused()
    record_denied(error, "form_refused", realm, context=request_context())

    return error
