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
from . import display
from . import moments
from .event_page import event
from .export_page import export
from .refusals import refuse
from .search_page import search
from .visitors import shell

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

# Jinja has one set of filters for the whole app, so ours carry our name.
FILTERS: Mapping[str, Callable[..., Any]] = {
    "auditlog_shown": display.shown,
    "auditlog_text": display.text,
    "auditlog_iso": moments.iso,
    "auditlog_clock": moments.hour,
    "auditlog_full": moments.full,
    "auditlog_ago": moments.ago,
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
    pages.add_url_rule("/", view_func=search)
    pages.add_url_rule("/events/<uid>", view_func=event)
    pages.add_url_rule("/export", view_func=export)
    pages.register_error_handler(AuditLogError, refuse)
    pages.context_processor(shell)
    pages.after_request(_closed)
    for name, function in FILTERS.items():
        pages.add_app_template_filter(function, name)

    return pages


def _closed(response: Response) -> Response:
    """Nothing but our own stylesheet may load, and nothing that was shown is kept."""
    response.headers.update(HEADERS)
    if request.endpoint is None or not request.endpoint.endswith(".static"):
        response.headers["Cache-Control"] = "no-store"

    return response
