"""What a guest sees instead: an honest page, which tells nothing that they may not know."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from flask import make_response
from flask import render_template
from flask import Response

from ...errors import AuditLogError
from ...errors import Busy
from ...errors import ConfigError
from ...errors import Conflict
from ...errors import FormRefused
from ...errors import InvalidEvent
from ...errors import NotFound
from ...errors import QueryError
from ...errors import QueryTimeout
from ...errors import StoreUnavailable
from ...errors import WebhookDisabled
from ...logs import logger
from ..problems import RETRY_AFTER
from ..problems import status_of
from ..words import _
from ..words import N_
from ..words import told
from .guest import kept
from .looks import looks

# The words are ours: the message of an error of the store may name hosts and databases. Where
# there are none, its message is for the guest.
_WORDS: Mapping[type[AuditLogError], tuple[str, str]] = {
    NotFound: (N_("There is no such page"), N_("It does not exist, or it is not yours to see.")),
    Conflict: (N_("Nothing was done"), ""),
    FormRefused: (N_("Nothing was done"), ""),
    InvalidEvent: (N_("Nothing was done"), ""),
    WebhookDisabled: (N_("Nothing was sent"), ""),
    QueryError: (N_("That cannot be searched for"), ""),
    Busy: (
        N_("Too many at once"),
        N_("As many files as may be are being made. Try again in a moment."),
    ),
    QueryTimeout: (N_("The search took too long"), N_("It was stopped. Choose a shorter time.")),
    StoreUnavailable: (
        N_("Not now"),
        N_("The events cannot be read at the moment. Try again soon."),
    ),
    AuditLogError: (
        N_("That did not work"),
        N_("The events cannot be read. It is known, and looked into."),
    ),
}
# Of every link that opens nothing, whatever the reason.
_ENDED = (
    N_("This link does not open anything"),
    N_("It has ended, was withdrawn, or is not whole. Open the activity from the app again."),
)


def refuse(error: AuditLogError) -> Response:
    """Answer an error of ours with a page in the look of the others."""
    if isinstance(error, ConfigError):
        # The developer's mistake: they, and not the guest, should read the sentence.
        raise error
    link, status = kept(), status_of(error)
    title, words = _said(error)
    if link is None and isinstance(error, NotFound):
        title, words = _ENDED
    html = render_template(
        "auditlog/viewer_problem.html",
        title=_(title),
        words=_(words) or told(error),
        status=status,
        **looks(link),
    )
    answer = make_response(html, status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("Answered %s: %s", status, error, exc_info=error)
    if isinstance(error, (StoreUnavailable, Busy)):
        answer.headers["Retry-After"] = str(RETRY_AFTER)

    return answer


def _said(error: AuditLogError) -> tuple[str, str]:
    return next(_WORDS[kind] for kind in type(error).__mro__ if kind in _WORDS)
