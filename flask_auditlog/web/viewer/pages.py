"""The viewer's blueprint: its addresses and headers, and what happens when a page fails.

A blueprint of its own, and not a part of the admin pages': no cookie, no login of the host and no
link to those pages is on its way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint
from flask import has_request_context
from flask import request
from flask import Response

from ...errors import AuditLogError
from ...settings import Settings
from .. import words
from ..policies import PLAIN
from ..policies import SCRIPTED
from . import exports
from . import tokens
from . import views
from . import webhooks
from .guest import kept
from .making import SELF
from .refusals import refuse

HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    # The address is the key: no other server sees it, and no cache keeps what it opened.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
# The one page that a script adds to. On the others, some of which show a secret, none runs.
_SCRIPTED = "auditlog_viewer.activity"


def blueprint(settings: Settings) -> Blueprint:
    """The viewer, under ``AUDITLOG_URL_PREFIX``. Templates can be extended by the app."""
    pages = Blueprint("auditlog_viewer", __name__, url_prefix=f"{settings.url_prefix}/viewer")
    # The name of the parameter is one of a secret's: what records paths leaves it out.
    pages.add_url_rule("/<token>/", view_func=views.activity, strict_slashes=False)
    pages.add_url_rule("/<token>/events/<uid>", view_func=views.event)
    pages.add_url_rule("/<token>/events/<uid>/drawer", view_func=views.drawer)
    pages.add_url_rule("/<token>/export", view_func=views.export)
    pages.add_url_rule("/<token>/exports", view_func=exports.exports)
    pages.add_url_rule("/<token>/exports", view_func=exports.begin_export, methods=["POST"])
    pages.add_url_rule("/<token>/exports/<uid>/manifest", view_func=exports.export_manifest)
    pages.add_url_rule("/<token>/exports/<file_id>/file", view_func=exports.fetch_export)
    pages.add_url_rule(
        "/<token>/exports/<file_id>/cancel", view_func=exports.cancel_export, methods=["POST"]
    )
    pages.add_url_rule("/<token>/tokens", view_func=tokens.tokens)
    pages.add_url_rule("/<token>/tokens", view_func=tokens.create_token, methods=["POST"])
    pages.add_url_rule(
        "/<token>/tokens/<token_id>/revoke", view_func=tokens.revoke_token, methods=["POST"]
    )
    for path, methods, view in webhooks.routes():
        pages.add_url_rule(f"/<token>{path}", view_func=view, methods=methods)
    pages.url_defaults(_within)
    pages.register_error_handler(AuditLogError, refuse)
    pages.before_request(words.choose)
    pages.after_request(_closed)

    return pages


def _within(_: str, values: dict[str, Any]) -> None:
    """Let every address on a page of a link be below that link."""
    here = (request.view_args or {}) if has_request_context() else {}
    if "token" in here:
        values.setdefault("token", here["token"])


def _closed(response: Response) -> Response:
    """Nothing but what the host serves loads, and only those may frame it whom the link names."""
    response.headers.update(HEADERS)
    has_script = kept() is not None and request.endpoint == _SCRIPTED
    policy = SCRIPTED if has_script else PLAIN
    response.headers["Content-Security-Policy"] = (
        f"{policy}; frame-ancestors {_ancestors(response)}"
    )

    return response


def _ancestors(response: Response) -> str:
    link = kept()
    if link is not None:
        return " ".join(f"'{each}'" if each == SELF else each for each in link.embed) or "'none'"
    # Where nothing was opened, nobody knows whose page it stands in, and the page has nothing to
    # show or to press: else a frame whose link ended would be empty, and not say why.
    return "*" if response.status_code < 500 else "'none'"
