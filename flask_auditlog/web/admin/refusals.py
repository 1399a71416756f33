"""What a visitor sees instead of the log: not allowed, not found, not now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask import current_app
from flask import make_response
from flask import render_template
from flask import request
from flask import Response
from werkzeug.exceptions import HTTPException

from ...capture.noise import is_somebody
from ...errors import AuditLogError
from ...errors import Busy
from ...errors import ConfigError
from ...errors import Conflict
from ...errors import FormRefused
from ...errors import InvalidEvent
from ...errors import NotFound
from ...errors import QueryError
from ...errors import QueryTimeout
from ...errors import SchemaMissing
from ...errors import ScopeError
from ...errors import StoreError
from ...errors import StoreUnavailable
from ...errors import WebhookDisabled
from ...logs import logger
from ...state import current
from ...state import request_context
from ...state import visit
from ..denied import record_denied
from ..problems import RETRY_AFTER
from ..problems import status_of
from ..words import _
from ..words import N_
from ..words import told
from .asked import asked_of

# The words are ours: the message of an error of the store may name hosts and databases. Where
# there are none, its message is for the visitor.
_WORDS: Mapping[type[AuditLogError], tuple[str, str]] = {
    ScopeError: (N_("Access denied"), N_("You may not see this log.")),
    NotFound: (N_("There is no such page"), N_("It does not exist, or it is not yours to see.")),
    StoreUnavailable: (
        N_("The log cannot be reached"),
        N_("Its database does not answer, or is too busy. Nothing is lost by trying again."),
    ),
    QueryTimeout: (
        N_("The search took too long"),
        N_("It was stopped. Add a range of time, or name a type or an actor."),
    ),
    SchemaMissing: (
        N_("The log is not set up"),
        N_("Its tables are missing or old. Run: flask auditlog upgrade"),
    ),
    StoreError: (
        N_("The log's database refused"),
        N_("What you asked for could not be read. The app's own log says why."),
    ),
    QueryError: (N_("That cannot be searched for"), ""),
    Busy: (N_("Too many at once"), ""),
    FormRefused: (N_("Nothing was done"), ""),
    WebhookDisabled: (N_("Nothing was sent"), ""),
    Conflict: (N_("That cannot be done now"), ""),
    InvalidEvent: (N_("That cannot be kept"), ""),
    AuditLogError: (N_("That did not work"), N_("The app's own log says why.")),
}


def refuse(error: AuditLogError) -> Response:
    """Answer an error of ours with a page in the look of the others."""
    if isinstance(error, ConfigError):
        # The developer's mistake: they, and not the visitor, should read the sentence.
        raise error
    denied = isinstance(error, ScopeError)
    if denied and (answer := _login_page()) is not None:
        return answer
    if denied:
        _record_denied(error)
    if denied and "authorizer" not in current().hooks:
        return _page(403, _("Nobody may see this log yet"), "", template="auditlog/forbidden.html")
    title, words = _said(error)
    status = status_of(error)
    answer = _page(status, title, words, back=not denied)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("Answered %s: %s", status, error, exc_info=error)
    if isinstance(error, StoreUnavailable):
        answer.headers["Retry-After"] = str(RETRY_AFTER)
    if isinstance(error, Busy):
        answer.headers["Retry-After"] = str(error.seconds)

    return answer


def _said(error: AuditLogError) -> tuple[str, str]:
    """Return a title and a sentence. Without words of ours it is the error's own, which is for
    whom it is shown to.
    """
    if isinstance(error, ScopeError) and request.method == "POST":
        return _("Access denied"), _("You may not change this.")
    title, words = next(_WORDS[kind] for kind in type(error).__mro__ if kind in _WORDS)

    return _(title), _(words) or told(error)


def _page(
    status: int,
    title: str,
    words: str,
    *,
    back: bool = False,
    template: str = "auditlog/problem.html",
) -> Response:
    html = render_template(
        template, status=status, title=title, words=words, back=back, realm=_realm()
    )

    return make_response(html, status)


def _realm() -> str:
    """The realm that was asked for."""
    return asked_of(request.args.items(multi=True)).realm or request_context().realm


def _record_denied(error: AuditLogError) -> None:
    """A visitor whom the host does not know is asked who they are, which is no refusal."""
    context = request_context()
    if is_somebody(context.actor):
        # Of no organization: which one a visitor is in is what was not believed.
        record_denied(
            error,
            "not_permitted",
            _realm(),
            context=replace(context, organization_id=None),
        )


def _login_page() -> Response | None:
    """The host's login page for somebody who is not logged in, where flask-login knows one.

    The extension is found on the app and not imported: a host need not have it.
    """
    manager: Any = getattr(current_app, "login_manager", None)
    if manager is None or is_somebody(request_context().actor):
        return None
    by_blueprint = getattr(manager, "blueprint_login_views", {})
    if not (manager.login_view or manager.unauthorized_callback or by_blueprint.get("auditlog")):
        return None

    # Its signal tells of visitors who are refused; this one is asked who they are.
    visit().refused = True
    try:
        return make_response(manager.unauthorized())
    except HTTPException as error:
        # Raised in here, in the handler of an error, it would be a 500.
        return make_response(error.get_response(request.environ))
