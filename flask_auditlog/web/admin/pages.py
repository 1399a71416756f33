"""The pages' blueprint: their addresses, headers, filters, and what happens when they fail."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from flask import Blueprint
from flask import request
from flask import Response
from flask.typing import ResponseReturnValue

from ...errors import AuditLogError
from ...settings import Settings
from .. import watch
from .. import words
from ..policies import SCRIPTED
from . import display
from . import forms
from . import moments
from . import webhooks
from . import zones
from .chosen import export_chosen
from .completing import complete
from .coverage_page import coverage
from .event_page import drawer
from .event_page import event
from .export_page import export
from .export_page import export_manifest
from .exports_page import begin_export
from .exports_page import cancel_export
from .exports_page import exports
from .exports_page import fetch_export
from .history_page import actor
from .history_page import resource
from .links_page import revoke_link
from .overview_page import overview
from .refusals import refuse
from .saved_views import delete_view
from .saved_views import save_view
from .script_words import script_words
from .search_page import search
from .settings_page import settings as settings_page
from .tail_page import tail
from .tokens_page import create_token
from .tokens_page import revoke_token
from .tokens_page import tokens
from .types_page import types
from .visitors import shell

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

VIEWS: Mapping[str, Callable[..., ResponseReturnValue]] = {
    "/": search,
    "/tail": tail,
    "/complete": complete,
    "/events/<uid>": event,
    "/events/<uid>/drawer": drawer,
    "/actor": actor,
    "/resource": resource,
    "/overview": overview,
    "/coverage": coverage,
    "/settings": settings_page,
    "/tokens": tokens,
    "/types": types,
    "/export": export,
    "/export/<uid>/manifest": export_manifest,
    "/exports": exports,
    "/exports/<file_id>/file": fetch_export,
    "/healthz": watch.healthz,
    "/metrics": watch.metrics,
}
ACTS: Mapping[str, Callable[..., ResponseReturnValue]] = {
    "/tokens": create_token,
    "/export": export_chosen,
    "/exports": begin_export,
    "/exports/<file_id>/cancel": cancel_export,
    "/views": save_view,
    "/views/<view_id>/delete": delete_view,
    "/tokens/<token_id>/revoke": revoke_token,
    "/viewer-links/<link_id>/revoke": revoke_link,
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
        pages.add_url_rule(rule, view_func=view)
    for rule, act in ACTS.items():
        pages.add_url_rule(rule, view_func=act, methods=["POST"])
    for rule, (methods, view) in webhooks.ROUTES.items():
        pages.add_url_rule(rule, view_func=view, methods=methods)
    pages.register_error_handler(AuditLogError, refuse)
    pages.before_request(words.choose)
    pages.before_request(zones.check)
    pages.url_defaults(zones.keep)
    pages.context_processor(shell)
    pages.after_request(_closed)
    pages.after_request(forms.keep_cookie)
    for name, function in FILTERS.items():
        pages.add_app_template_filter(function, name)
    for name, function in WORDS.items():
        pages.add_app_template_global(function, name)

    return pages


def _closed(response: Response) -> Response:
    """Nothing but our own stylesheet and scripts may load, and nothing that was shown is kept."""
    response.headers.update(HEADERS)
    if request.endpoint is None or not request.endpoint.endswith(".static"):
        response.headers["Cache-Control"] = "no-store"

    return response
