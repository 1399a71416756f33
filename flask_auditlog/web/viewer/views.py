"""The viewer's pages: what happened, one event, and all of it as a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask.typing import ResponseReturnValue

from ...errors import NotFound
from ...errors import QueryError
from ...errors import QueryTimeout
from ...export import format_of
from ...state import current
from ...store import Count
from ...store import Query
from ...store import ViewerLink
from ..admin.moments import now
from ..admin.search_form import fault_of
from ..auth import link_context
from ..denied import record_denied
from ..download import download
from ..manifests import beginning_of
from ..reads import Action
from ..reads import record_read
from ..words import _
from ..words import ngettext
from .entries import days_of
from .entries import entry_of
from .exports import as_file
from .exports import desk_of
from .guest import opened
from .looks import looks
from .question import FILE
from .question import file_of
from .question import files
from .question import KINDS
from .question import PAGE
from .question import Question
from .question import question_of
from .question import SPANS

MOST_ON_PAGE = 50
# Further is not counted: "more than 10,000 events".
MOST_COUNTED = 10_000


def activity(token: str) -> ResponseReturnValue:
    """Show the organization's events that are asked for, newest first."""
    link = opened(token)
    question = Question()
    try:
        asked = question_of(request.args.items(multi=True), PAGE)
        # What is open belongs to this address alone, and to none that it leads to.
        question = replace(asked, open=None)
        found = _found(link, question) | {"opened": asked.open}
    except QueryError as error:
        typed = replace(question, q=question.q or request.args.get("q", "")[:2000])
        return _rendered(link, typed, {"fault": fault_of(error)}), 400

    return _rendered(link, question, found)


def event(token: str, uid: str) -> str:
    """Show one event. :raises NotFound: when there is none in the organization."""
    return _looked_at(token, uid)


def drawer(token: str, uid: str) -> str:
    """Show the same as a part of the list's page, for a script to put there.

    :raises NotFound: as :func:`event`.
    """
    return _looked_at(token, uid, in_drawer=True)


def _looked_at(token: str, uid: str, **frame: Any) -> str:
    """Record that it is looked at, and show it in *frame*."""
    link = opened(token)
    question_of(request.args.items(multi=True), ())
    record = current().store.get(uid, link.scope)
    if record is None:
        error = NotFound("There is no such event.")
        record_denied(error, "not_found", link.realm, context=link_context(link), uid=uid)
        raise error
    _record_read(link, "view", None, 1, uid=record.event.uid)

    return render_template(
        "auditlog/viewer_event.html",
        entry=entry_of(record.event),
        exported=beginning_of(record.event),
        **frame,
        **looks(link),
    )


def export(token: str) -> ResponseReturnValue:
    """Stream what is asked for, in the format that is asked for. What is too large for that is
    asked for on the page of exports.
    """
    link = opened(token)
    question, query = file_of(request.args.items(multi=True))
    kind = format_of(question.format)
    if desk_of(link).is_large(query):
        return redirect(url_for(".exports", **question.pairs(FILE)))

    sent = download(
        query,
        link.scope,
        kind,
        link_context(link),
        manifest_url=lambda uid: url_for(".export_manifest", uid=uid),
    )

    return as_file(sent, kind.name)


def _found(link: ViewerLink, question: Question) -> dict[str, Any]:
    """Search, record that it was done, and give what the page shows of it."""
    state, query = current(), question.query
    limit = min(state.settings.limits.page_size, MOST_ON_PAGE)
    page = state.store.find(query, link.scope, limit=limit, cursor=question.cursor)
    count = _count(query, link) if page.records else None
    _record_read(link, "search", query, len(page.records))

    return {
        "days": days_of(page.records, now()),
        "shown": len(page.records),
        "counted": _in_words(count),
        "next": page.next,
    }


def _record_read(
    link: ViewerLink, action: Action, query: Query | None, records: int, **more: Any
) -> None:
    reader = link_context(link)
    record_read(link.scope, action, query, records, reader=reader, **more)


def _count(query: Query, link: ViewerLink) -> Count | None:
    try:
        return current().store.count(query, link.scope, at_most=MOST_COUNTED)
    except QueryTimeout:
        # The rows are there; only their number would take too long.
        return None


def _in_words(count: Count | None) -> str:
    if count is None:
        return _("All of them")
    if count.exact:
        return ngettext("%(number)s event", "%(number)s events", count.value)
    return ngettext("More than %(number)s event", "More than %(number)s events", count.value)


def _rendered(link: ViewerLink, question: Question, found: dict[str, Any]) -> str:
    return render_template(
        "auditlog/viewer.html",
        question=question,
        kinds=KINDS.items(),
        spans=SPANS.items(),
        files=files(),
        **found,
        **looks(link),
    )
