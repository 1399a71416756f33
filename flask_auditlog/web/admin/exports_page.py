"""The page of exports: a new one with its format and columns, those that are made, and who took what."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace

import msgspec
from flask import make_response
from flask import redirect
from flask import render_template
from flask import request
from flask import Response
from flask import url_for
from flask.typing import ResponseReturnValue

from ...event import READ_TYPE
from ...export import COLUMNS
from ...export import format_of
from ...export import FORMATS
from ...store.promises.files import File
from ...store.query import Scope
from ..manifests import file_name
from ..reads import exports_of
from ..words import _
from ..words import N_
from . import forms
from . import zones
from .asked import Asked
from .asked import asked_of
from .asked import Pairs
from .chips import chips_of
from .export_page import desk_of
from .links import event_url
from .links import exports_url
from .links import search_url
from .moments import now
from .notices import notices_for
from .rows import words_of
from .searched import query_of
from .taken_lines import DAYS
from .taken_lines import taken_lines
from .visitors import realms_for
from .visitors import scope_of
from .webhooks.standing import Tone

# The page is asked for again by itself after so many seconds, for who wants to watch.
AGAIN = 3
# Whether they do.
WATCH = "watch"

_WORDS: dict[str, tuple[str, Tone]] = {
    "running": (N_("Being made"), "warn"),
    "done": (N_("Ready"), "good"),
    "failed": (N_("Failed"), "bad"),
    "cancelled": (N_("Cancelled"), "none"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """An export on one line. ``share`` is how far it has come, of 100; ``None`` if nobody knows."""

    file: File
    title: str
    query: str | None
    word: str
    tone: Tone
    share: float | None
    is_there: bool


def exports() -> ResponseReturnValue:
    """Show what the visitor has had made, and the form for more."""
    asked, watches = _asked()
    scope = scope_of(asked)
    query_of(asked)
    lines = [line_of(each) for each in desk_of(scope).mine()]
    running = any(line.file.state == "running" for line in lines)
    chosen = (asked.columns or "").split(",") if asked.columns else list(COLUMNS)
    page = render_template(
        "auditlog/exports.html",
        current_page="exports",
        asked=asked,
        lines=lines,
        taken=taken_lines(scope),
        taken_url=search_url(Asked(_taken(scope), realm=asked.realm, zone=asked.zone)),
        days=DAYS,
        running=running,
        watches=watches,
        is_large=asked.format is not None,
        formats=[each for each in FORMATS.values() if each.is_there()],
        names=[name for name in COLUMNS if scope.shows_position or name != "position"],
        chosen=chosen,
        paths=",".join(name for name in chosen if name not in COLUMNS),
        q=next(iter(asked.values("q")), ""),
        kept=[*_filtered(asked).filters, *_rest(asked)],
        chips=chips_of(_filtered(asked), None, zones.here()),
        hidden=forms.hidden(),
        exports_url=exports_url,
        event_url=event_url,
        now=now(),
        notices=notices_for(scope),
        **realms_for(scope),
    )
    answer = make_response(page)
    if running and watches:
        answer.headers["Refresh"] = str(AGAIN)

    return answer


def begin_export() -> ResponseReturnValue:
    """Have it made in the background."""
    asked, _ = _asked()
    scope = scope_of(asked)
    forms.check(scope.realm)
    kind = format_of(asked.format)
    desk_of(scope).begin(query_of(asked), kind, asked.columns if kind.is_table else None)

    return _there(asked, watch="1")


def cancel_export(file_id: str) -> ResponseReturnValue:
    """End it, or let go what is made."""
    asked, _ = _asked()
    scope = scope_of(asked)
    forms.check(scope.realm)
    desk_of(scope).cancel(file_id)

    return _there(asked)


def fetch_export(file_id: str) -> Response:
    """Send what is made. :raises NotFound: when it is not the visitor's, or not there any more."""
    asked, _ = _asked()
    file, chunks = desk_of(scope_of(asked)).fetch(file_id)
    answer = Response(chunks, content_type=FORMATS[file.format].mimetype)
    name = file_name(file.realm, file.created_time, file.format)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.content_length = file.bytes

    return answer


def _asked() -> tuple[Asked, bool]:
    """What the address says, and whether the page is watched."""
    sent = [pair for pair in request.args.items(multi=True) if pair[0] != WATCH]

    return asked_of(sent, form=("q", "columns")), WATCH in request.args


def _filtered(asked: Asked) -> Asked:
    """The same without the query, which has a field of its own."""
    return replace(asked, filters=tuple(pair for pair in asked.filters if pair[0] != "q"))


def _rest(asked: Asked) -> list[tuple[str, str]]:
    return [(name, value) for name in ("realm", "zone") if (value := getattr(asked, name))]


def _there(asked: Asked, *, watch: str | None = None) -> ResponseReturnValue:
    return redirect(url_for(".exports", realm=asked.realm, watch=watch), 303)


def _taken(scope: Scope) -> Pairs:
    """What finds all that was taken away."""
    return (("type", READ_TYPE), ("resource", exports_of(scope.realm)))


def line_of(file: File) -> Line:
    """Return an export as one line of the list."""
    word, tone = _WORDS[file.state]
    if file.state == "cancelled" and file.sha256 is not None:
        word = N_("Deleted")
    over = file.expires_time is not None and file.expires_time <= now()
    if over:
        word, tone = N_("Expired"), "none"
    share = 100.0 if file.state == "done" else None
    if file.state == "running" and file.planned:
        share = min(99.0, 100 * file.records / file.planned)

    return Line(
        file=file,
        title=FORMATS[file.format].title,
        query=words_of(msgspec.json.decode(file.asked)),
        word=_(word),
        tone=tone,
        share=None if share is None else round(share, 1),
        is_there=file.state == "done" and not over,
    )
