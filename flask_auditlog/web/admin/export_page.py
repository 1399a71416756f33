"""Everything that was found, as a file: at once, or made in the background where it is large."""

from __future__ import annotations

from flask import redirect
from flask import request
from flask import Response
from flask import url_for
from flask.typing import ResponseReturnValue

from ...export import format_of
from ...state import current
from ...state import request_context
from ...store import Scope
from .. import manifests
from ..download import download
from ..exports.desk import Desk
from ..reads import record_read
from .asked import asked_of
from .links import exports_url
from .searched import query_of
from .visitors import scope_of


def export() -> ResponseReturnValue:
    """Stream what the filters find, in the format that is asked for. What is too large for that
    is asked for on the page of exports.
    """
    # The form of the page sends its query and its paths also when they are empty.
    asked = asked_of(request.args.items(multi=True), form=("q", "columns"))
    scope = scope_of(asked)
    kind, query = format_of(asked.format), query_of(asked)
    columns = asked.columns if kind.is_table else None
    kind.layout(columns, positions=scope.shows_position)
    if desk_of(scope).is_large(query):
        return redirect(exports_url(asked, whole=True))

    return download(
        query,
        scope,
        kind,
        columns=columns,
        manifest_url=lambda uid: url_for(".export_manifest", uid=uid, realm=asked.realm),
    )


def export_manifest(uid: str) -> Response:
    """Give the manifest of an export, as a file."""
    asked = asked_of(request.args.items(multi=True))
    scope = scope_of(asked)
    found = manifests.find(uid, scope)
    record_read(scope, "view", None, 1, uid=found["event"])

    return manifest_file(found["file"], manifests.encoded(found))


def manifest_file(name: str, data: bytes) -> Response:
    """A manifest, to be kept beside its file."""
    answer = Response(data, mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.manifest.json"'

    return answer


def desk_of(scope: Scope) -> Desk:
    """Where the visitor has files made in the background."""
    return Desk(current(), scope, request_context("system"))
