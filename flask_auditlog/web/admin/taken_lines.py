"""Who took what out of the log, on one line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...errors import QueryTimeout
from ...export import FORMATS
from ...store.query import Scope
from ..exports.told import taken_away
from ..exports.told import Told
from ..words import _
from .display import value_text
from .moments import now
from .rows import words_of
from .sentence import who
from .webhooks.standing import Tone

DAY = 24 * 3600 * 1000
# So far back, in days, and so many are shown.
DAYS, SHOWN = 30, 20
# What began so long ago at most, in milliseconds, may still be being sent. Its end is on record
# some seconds after it even of a small file.
UNDER_WAY = 10 * 60 * 1000


@dataclass(frozen=True, slots=True)
class TakenLine:
    """An export by anybody.

    :param client: the program or token it was done with, if that is not ``who`` itself.
    :param records: how many were taken, and ``bytes`` how much that was; ``None`` where nobody
        knows.
    """

    told: Told
    who: str | None
    client: str | None
    title: str
    query: str | None
    word: str
    tone: Tone
    records: int | None
    bytes: int | None
    sha256: str | None
    in_background: bool
    by_hand: bool


def taken_lines(scope: Scope) -> list[TakenLine] | None:
    """The exports of the last days, newest first; ``None`` where that takes too long."""
    try:
        found = taken_away(scope, after=now() - DAYS * DAY, limit=SHOWN)
    except QueryTimeout:
        return None

    return [_line(each) for each in found]


def _line(told: Told) -> TakenLine:
    details, actor = told.details, told.tells.auth_details
    name, kind = who(told.tells), value_text(details.get("format", ""))
    client = actor.client_id if actor else None
    word, tone = _state(told)

    return TakenLine(
        told=told,
        who=name,
        client=client if client != name else None,
        title=FORMATS[kind].title if kind in FORMATS else kind,
        query=words_of(details.get("query")),
        word=word,
        tone=tone,
        records=_number(details.get("records")),
        bytes=_number(details.get("bytes")),
        # That of what was cut off is no file's.
        sha256=value_text(details["sha256"]) if details.get("complete") else None,
        in_background="export" in details,
        by_hand="uids" in details,
    )


def _state(told: Told) -> tuple[str, Tone]:
    if told.ended is None and told.time > now() - UNDER_WAY:
        return _("Under way"), "none"
    if told.ended is None:
        return _("No end on record"), "warn"
    if told.details.get("complete"):
        return _("Complete"), "good"

    return (_("Cancelled"), "none") if told.details.get("cancelled") else (_("Cut off"), "warn")


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None
