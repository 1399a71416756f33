"""The viewer's blueprint: its addresses and headers, and what happens when a page fails.

A blueprint of its own, and not a part of the admin pages': no cookie, no login of the host and no
link to those pages is on its way.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from functools import update_wrapper
from typing import Any

from flask import Blueprint
from flask import has_request_context
from flask import request
from flask import Response

from ...errors import AuditLogError
from ...settings import Settings
from .. import admin
from .. import words
from ..admin import webhooks
from ..later import View
from ..policies import PLAIN
from ..policies import SCRIPTED
from .guest import kept
from .making import SELF

HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    # The address is the key: no other server sees it, and no cache keeps what it opened.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
# The one page that a script adds to. On the others, some of which show a secret, none runs.
_SCRIPTED = "auditlog_viewer.activity"


# Where each view is. The name of the parameter is one of a secret's: what records paths leaves it out.
VIEWS: Mapping[str, str] = {
    "/<token>/events/<uid>": ".views.event",
    "/<token>/events/<uid>/drawer": ".views.drawer",
    "/<token>/export": ".views.export",
    "/<token>/exports": ".exports.exports",
    "/<token>/exports/<uid>/manifest": ".exports.export_manifest",
    "/<token>/exports/<file_id>/file": ".exports.fetch_export",
    "/<token>/tokens": ".tokens.tokens",
}
ACTS: Mapping[str, str] = {
    "/<token>/exports": ".exports.begin_export",
    "/<token>/exports/<file_id>/cancel": ".exports.cancel_export",
    "/<token>/tokens": ".tokens.create_token",
    "/<token>/tokens/<token_id>/revoke": ".tokens.revoke_token",
}
# Those of the admin's pages of webhooks that a guest has.
FOR_GUESTS = frozenset(
    {
        "webhooks",
        "new_webhook",
        "webhook",
        "edit_webhook",
        "delete_webhook",
        "test_webhook",
        "enable_webhook",
        "disable_webhook",
        "rotate",
        "retire",
        "delivery",
        "resend",
    }
)


def blueprint(settings: Settings) -> Blueprint:
    """The viewer, under ``AUDITLOG_URL_PREFIX``. Templates can be extended by the app."""
    pages = Blueprint("auditlog_viewer", __name__, url_prefix=f"{settings.url_prefix}/viewer")
    pages.add_url_rule("/<token>/", view_func=_later(".views.activity"), strict_slashes=False)
    for rule, view in VIEWS.items():
        pages.add_url_rule(rule, view_func=_later(view))
    for rule, act in ACTS.items():
        pages.add_url_rule(rule, view_func=_later(act), methods=["POST"])
    for path, (methods, view) in webhooks.ROUTES.items():
        shown = View(view, admin.__name__)
        if shown.__name__ in FOR_GUESTS:
            answer = update_wrapper(partial(_later(".webhooks.answer"), shown), shown, updated=())
            pages.add_url_rule(f"/<token>{path}", view_func=answer, methods=methods)
    pages.url_defaults(_within)
    pages.register_error_handler(AuditLogError, _later(".refusals.refuse"))
    pages.before_request(words.choose)
    pages.after_request(_closed)

    return pages


def _later(path: str) -> View:
    return View(path, __package__)


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
