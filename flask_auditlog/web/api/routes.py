"""The API's blueprint: its addresses, its headers, and one shape for everything that fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint
from flask import request
from flask import Response
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed

from ...errors import AuditLogError
from ...errors import NotFound
from ...settings import Settings
from ..later import View
from . import webhook_routes

_EVENTS = "/realms/<realm>/events"

# Where the view of each method is.
ROUTES: Mapping[str, Mapping[str, str]] = {
    _EVENTS: {"GET": ".look.search", "POST": ".ingest.ingest"},
    f"{_EVENTS}/count": {"GET": ".look.count"},
    f"{_EVENTS}/export": {"GET": ".look.export"},
    f"{_EVENTS}/export/<uid>": {"GET": ".look.export_manifest"},
    f"{_EVENTS}/facets": {"GET": ".figures.facets"},
    f"{_EVENTS}/feed": {"GET": ".feed.feed"},
    f"{_EVENTS}/histogram": {"GET": ".figures.histogram"},
    f"{_EVENTS}/<uid>": {"GET": ".look.view"},
    f"{_EVENTS}/<uid>/related": {"GET": ".related.related"},
    **webhook_routes.ROUTES,
    "/openapi.json": {"GET": ".described.openapi"},
}

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def blueprint(settings: Settings) -> Blueprint:
    """The API under ``AUDITLOG_API_PREFIX``, or else beside the pages.

    Everything it answers is JSON in one shape, also what is not there and not allowed.
    """
    prefix = settings.api_prefix or settings.url_prefix
    api = Blueprint("auditlog_api", __name__, url_prefix=prefix)
    for rule, views in ROUTES.items():
        _add(api, rule, {method: View(each, __package__) for method, each in views.items()})
    for rule in ("/realms", "/realms/", "/realms/<path:_>"):
        api.add_url_rule(
            rule, "nothing", _nothing, methods=_METHODS, provide_automatic_options=False
        )
    api.register_error_handler(AuditLogError, View("..problems.problem", __package__))
    api.register_error_handler(HTTPException, View("..problems.http_problem", __package__))
    api.after_request(_closed)

    return api


def _add(api: Blueprint, rule: str, views: Mapping[str, View]) -> None:
    for method, view in views.items():
        api.add_url_rule(rule, view_func=view, methods=[method], provide_automatic_options=False)
    allowed = [*views, "HEAD", "OPTIONS"] if "GET" in views else [*views, "OPTIONS"]
    others = [method for method in _METHODS if method not in views and method != "HEAD"]

    # Werkzeug's own 405 knows no blueprint, and would be the host's page.
    def refuse(**_: Any) -> Response:
        if request.method == "OPTIONS":
            return Response(status=204, headers={"Allow": ", ".join(allowed)})
        raise MethodNotAllowed(allowed)

    name = "_".join(view.__name__ for view in views.values())
    api.add_url_rule(
        rule, f"refuse_{name}", refuse, methods=others, provide_automatic_options=False
    )


def _nothing(**_: Any) -> Response:
    raise NotFound("There is nothing at this address.")


def _closed(response: Response) -> Response:
    """What was read is for the caller alone, and is never taken for a page."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"

    return response
