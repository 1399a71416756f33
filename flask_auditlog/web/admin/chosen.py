"""The events whose rows somebody ticked, as a file."""

from __future__ import annotations

from flask import request
from flask import Response
from flask import url_for

from ...errors import NotFound
from ...errors import QueryError
from ...event import Record
from ...export import format_of
from ...state import current
from ...store import Scope
from ..download import download
from ..ids import is_id
from . import forms
from .asked import asked_of
from .columns import file_columns
from .visitors import scope_of

# They stand in the two events that the log has of an export.
MOST = 500


def export_chosen() -> Response:
    """Send the events that a form names as ``uid``, newest first.

    What the visitor may not see, or is not there any more, is left out.

    :raises QueryError: when it names none, or too many.
    :raises NotFound: when nothing is left.
    """
    asked = asked_of(request.args.items(multi=True))
    scope = scope_of(asked)
    sent = forms.check(scope.realm)
    kind = format_of(sent.get("format"))

    return download(
        _chosen(scope),
        scope,
        kind,
        columns=file_columns(asked.columns) if kind.is_table else None,
        manifest_url=lambda uid: url_for(".export_manifest", uid=uid, realm=asked.realm),
    )


def _chosen(scope: Scope) -> list[Record]:
    uids = dict.fromkeys(each for each in request.form.getlist("uid") if is_id(each))
    if not uids:
        raise QueryError("No event is chosen.", field="uid")
    if len(uids) > MOST:
        hint = "Search for them, and export what is found."
        raise QueryError(f"At most {MOST} events are chosen at once. {hint}", field="uid")
    store = current().store
    found = [record for uid in uids if (record := store.get(uid, scope)) is not None]
    if not found:
        raise NotFound("None of these events is there.")

    return sorted(found, key=lambda it: (it.time, it.position), reverse=True)
