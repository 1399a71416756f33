"""What is too large to be sent at once: made in the background, for whom the link was made for.

Nobody else has it, whatever they may see: not by another link of the same organization for
somebody else, and not on the admin pages.
"""

from __future__ import annotations

from flask import make_response
from flask import redirect
from flask import render_template
from flask import request
from flask import Response
from flask import url_for
from flask.typing import ResponseReturnValue

from ...export import format_of
from ...export import FORMATS
from ...state import current
from ...store import ViewerLink
from .. import manifests
from ..admin.asked import Asked
from ..admin.export_page import manifest_file
from ..admin.exports_page import AGAIN
from ..admin.exports_page import line_of
from ..admin.exports_page import WATCH
from ..auth import link_context
from ..exports.desk import Desk
from ..reads import record_read
from . import forms
from .guest import opened
from .looks import looks
from .question import FILE
from .question import file_of
from .question import unknown


def exports(token: str) -> ResponseReturnValue:
    """Show what the guest has had made, and ask whether what is too large shall be."""
    link = opened(token)
    sent = [pair for pair in request.args.items(multi=True) if pair[0] != WATCH]
    watches = WATCH in request.args
    asked = file_of(sent)[0].pairs(FILE) if sent else {}
    lines = [line_of(each) for each in desk_of(link).mine()]
    running = any(line.file.state == "running" for line in lines)
    answer = make_response(
        render_template(
            "auditlog/viewer_exports.html",
            current_page="exports",
            is_guest=True,
            asked=Asked(()),
            begin=url_for(".begin_export", **asked) if asked else None,
            lines=lines,
            running=running,
            watches=watches,
            hidden=forms.hidden(link),
            **looks(link),
        )
    )
    if running and watches:
        answer.headers["Refresh"] = str(AGAIN)

    return answer


def begin_export(token: str) -> ResponseReturnValue:
    """Have it made in the background."""
    link = opened(token)
    question, query = file_of(request.args.items(multi=True))
    forms.check(link)
    desk_of(link).begin(query, format_of(question.format), None)

    return redirect(url_for(".exports", watch=1), 303)


def cancel_export(token: str, file_id: str) -> ResponseReturnValue:
    """End it, or let go what is made."""
    link = _asking_nothing(token)
    forms.check(link)
    desk_of(link).cancel(file_id)

    return redirect(url_for(".exports"), 303)


def fetch_export(token: str, file_id: str) -> Response:
    """Send what is made. :raises NotFound: when it is not the guest's, or not there any more."""
    file, chunks = desk_of(_asking_nothing(token)).fetch(file_id)
    kind = FORMATS[file.format]
    answer = as_file(Response(chunks, content_type=kind.mimetype), kind.name)
    answer.content_length = file.bytes

    return answer


def export_manifest(token: str, uid: str) -> Response:
    """Give the manifest of an export, by the uid of the event it began with.

    :raises NotFound: when there is none in the organization, or it has not ended.
    """
    link = _asking_nothing(token)
    found = manifests.find(uid, link.scope)
    record_read(link.scope, "view", None, 1, reader=link_context(link), uid=found["event"])
    name = _file_name(found["format"])

    return manifest_file(name, manifests.encoded(found | {"file": name}))


def desk_of(link: ViewerLink) -> Desk:
    """Where a guest has files made in the background."""
    return Desk(current(), link.scope, link_context(link), door="viewer ")


def as_file(answer: Response, format_name: str) -> Response:
    """The same, under a name that tells nothing of the realm."""
    answer.headers["Content-Disposition"] = f'attachment; filename="{_file_name(format_name)}"'

    return answer


def _file_name(format_name: str) -> str:
    return f"activity.{format_name}"


def _asking_nothing(token: str) -> ViewerLink:
    link = opened(token)
    for name in request.args:
        raise unknown(name)

    return link
