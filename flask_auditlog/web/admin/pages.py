"""The pages' blueprint: their addresses, headers, filters, and what happens when they fail."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from flask import Blueprint
from flask import request
from flask import Response

from ...errors import AuditLogError
from ...settings import Settings
from .. import words
from ..later import View
from ..policies import SCRIPTED
from . import display
from . import forms
from . import moments
from . import webhooks
from . import zones
from .script_words import script_words

HEADERS = {
    "Content-Security-Policy": f"{SCRIPTED}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

# Jinja has one set of filters for the whole app, so ours carry our name.
FILTERS: Mapping[str, Callable[..., Any]] = {
    "auditlog_shown": display.shown,
    "auditlog_text": display.text,
    "auditlog_size": display.size,
    "auditlog_iso": moments.iso,
    "auditlog_clock": zones.in_zone(moments.hour),
    "auditlog_full": zones.in_zone(moments.full),
    "auditlog_ago": moments.ago,
    "auditlog_brief": zones.in_zone(moments.brief),
    "auditlog_near": zones.in_zone(moments.near),
    "auditlog_span": moments.since,
    "auditlog_percent": display.percent,
}
# And so do the words: the host's own `_` speaks of its own messages.
WORDS: Mapping[str, Callable[..., Any]] = {
    "auditlog_": words.in_template,
    "auditlog_n": words.in_template_n,
    "auditlog_told": words.told,
    "auditlog_language": words.language,
    "auditlog_script_words": script_words,
    "auditlog_zone": zones.name,
}

# Where each view is.
VIEWS: Mapping[str, str] = {
    "/": ".search_page.search",
    "/tail": ".tail_page.tail",
    "/complete": ".completing.complete",
    "/events/<uid>": ".event_page.event",
    "/events/<uid>/drawer": ".event_page.drawer",
    "/actor": ".history_page.actor",
    "/resource": ".history_page.resource",
    "/overview": ".overview_page.overview",
    "/coverage": ".coverage_page.coverage",
    "/settings": ".settings_page.settings",
    "/tokens": ".tokens_page.tokens",
    "/types": ".types_page.types",
    "/export": ".export_page.export",
    "/export/<uid>/manifest": ".export_page.export_manifest",
    "/exports": ".exports_page.exports",
    "/exports/<file_id>/file": ".exports_page.fetch_export",
    "/healthz": "..watch.healthz",
    "/metrics": "..watch.metrics",
}
ACTS: Mapping[str, str] = {
    "/tokens": ".tokens_page.create_token",
    "/export": ".chosen.export_chosen",
    "/exports": ".exports_page.begin_export",
    "/exports/<file_id>/cancel": ".exports_page.cancel_export",
    "/views": ".saved_views.save_view",
    "/views/<view_id>/delete": ".saved_views.delete_view",
    "/tokens/<token_id>/revoke": ".tokens_page.revoke_token",
    "/viewer-links/<link_id>/revoke": ".links_page.revoke_link",
}


def blueprint(settings: Settings) -> Blueprint:
    """The admin pages under ``AUDITLOG_URL_PREFIX``. Templates can be extended by the app."""
    pages = Blueprint(
        "auditlog",
        __name__,
        url_prefix=settings.url_prefix,
        template_folder="templates",
        static_folder="static",
    )
    for rule, view in VIEWS.items():
        pages.add_url_rule(rule, view_func=_later(view))
    for rule, act in ACTS.items():
        pages.add_url_rule(rule, view_func=_later(act), methods=["POST"])
    for rule, (methods, view) in webhooks.ROUTES.items():
        pages.add_url_rule(rule, view_func=_later(view), methods=methods)
    pages.register_error_handler(AuditLogError, _later(".refusals.refuse"))
    pages.before_request(words.choose)
    pages.before_request(zones.check)
    pages.url_defaults(zones.keep)
    pages.context_processor(_later(".visitors.shell"))
    pages.after_request(_closed)
    pages.after_request(forms.keep_cookie)
    for name, function in FILTERS.items():
        pages.add_app_template_filter(function, name)
    for name, function in WORDS.items():
        pages.add_app_template_global(function, name)

    return pages


def _later(path: str) -> View:
    return View(path, __package__)


def _closed(response: Response) -> Response:
    """Nothing but our own stylesheet and scripts may load, and nothing that was shown is kept."""
    response.headers.update(HEADERS)
    if request.endpoint is None or not request.endpoint.endswith(".static"):
        response.headers["Cache-Control"] = "no-store"

    return response
