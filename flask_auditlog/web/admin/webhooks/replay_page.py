"""The page on which events are sent again to a webhook: counted first, begun, watched, cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from datetime import UTC

from flask import render_template
from flask import request
from flask.typing import ResponseReturnValue

from ....delivery.asking import Asking
from ....errors import InvalidWebhook
from ....errors import NotFound
from ....state import current
from ....state import request_context
from ....store import Count
from ....store import Scope
from ....store.promises.again import Kind
from ....store.promises.again import Replay
from ...ids import is_id
from ...words import _
from ...words import N_
from .. import forms
from .. import zones
from ..dates import span_of
from ..moments import brief
from ..moments import now
from ..search_form import local
from . import asked_again
from .form import faults_by_field
from .links import name_of
from .links import there
from .standing import Tone
from .visitor import acting
from .visitor import find
from .visitor import looking

# Most replays that the page shows: the newest.
SHOWN = 10
MINUTE, DAY = 60_000, 24 * 3600 * 1000
KINDS: Mapping[Kind, str] = {
    "recover": N_("What failed"),
    "missing": N_("What it never had"),
    "replay": N_("Everything it wants"),
}
_TONES: Mapping[str, Tone] = {"running": "warn", "cancelling": "warn", "done": "good"}


@dataclass(frozen=True, slots=True)
class Line:
    """A replay on one line. ``share`` is how far it has come, of 100."""

    replay: Replay
    what: str
    range: str
    tone: Tone
    progress: str
    share: float
    is_running: bool


def replays(endpoint_id: str) -> ResponseReturnValue:
    """Show the replays of a webhook, and count what a new one would send, if one is asked for."""
    visitor = looking()
    endpoint = find(endpoint_id, visitor)
    may_change = visitor.may_change(endpoint)
    typed = asked_again.typed_of(request.args) or {"kind": "recover", "after": _yesterday()}
    count: Count | None = None
    faults: dict[str, list[str]] = {}
    if may_change and visitor.acting is not None and "kind" in request.args:
        count, faults = _counted(endpoint_id, visitor.acting, typed)
    found = current().store.replays.all(endpoint_id, visitor.scope, first=0, limit=SHOWN)

    return render_template(
        "auditlog/webhook_replays.html",
        endpoint=endpoint,
        name=name_of(endpoint),
        typed=typed,
        kinds=KINDS.items(),
        count=count,
        faults=faults,
        lines=[line_of(each, zones.here()) for each in found],
        may_change=may_change,
        **visitor.frame(),
    ), 400 if faults else 200


def begin_replay(endpoint_id: str) -> ResponseReturnValue:
    """Begin what was counted."""
    visitor, _ = acting()
    find(endpoint_id, visitor)
    sent = forms.check(visitor.scope.realm)
    _asking(visitor.scope).begin(
        endpoint_id, asked_again.asked_of(asked_again.typed_of(sent), zones.here())
    )

    return there("replays", visitor, endpoint_id=endpoint_id)


def cancel_replay(endpoint_id: str, replay_id: str) -> ResponseReturnValue:
    """End a replay."""
    visitor, _ = acting()
    find(endpoint_id, visitor)
    forms.check(visitor.scope.realm)
    if not is_id(replay_id):
        raise NotFound("There is no such replay.")
    _asking(visitor.scope).cancel(replay_id, endpoint_id)

    return there("replays", visitor, endpoint_id=endpoint_id)


def line_of(job: Replay, zone: tzinfo = UTC) -> Line:
    """Return a replay as one line of the list, with times of *zone*."""
    planned = f"{job.planned:,}"
    if not job.is_exact:
        planned = _("more than %(number)s", number=planned)
    done = job.state == "done"
    share = 100.0 if done else 100 * min(1.0, job.made / job.planned) if job.planned else 0.0

    return Line(
        replay=job,
        what=KINDS[job.kind],
        range=_range(job, zone),
        tone=_TONES.get(job.state, "none"),
        progress=f"{job.made:,}"
        if done
        else _("%(made)s of %(planned)s", made=f"{job.made:,}", planned=planned),
        share=round(share, 1),
        is_running=job.state == "running",
    )


def _yesterday() -> str:
    return local((now() - DAY) // MINUTE * MINUTE, zones.here())


def _range(job: Replay, zone: tzinfo) -> str:
    """``since 7 Jul 2023, 00:00``, ``7 Jul 2023, 00:00 to 8 Jul 2023, 00:00``."""
    after, before = job.after_time, job.before_time
    if after is None:
        if before is None:
            return _("by position")
        return _("until %(time)s", time=brief(before, zone=zone))
    if before is None:
        return _("since %(time)s", time=brief(after, zone=zone))
    return span_of(brief(after, zone=zone), brief(before, zone=zone))


def _counted(
    endpoint_id: str, scope: Scope, typed: Mapping[str, str]
) -> tuple[Count | None, dict[str, list[str]]]:
    """How much would be sent, or what is wrong with what was asked."""
    try:
        return _asking(scope).count(endpoint_id, asked_again.asked_of(typed, zones.here())), {}
    except InvalidWebhook as error:
        faults = faults_by_field(error.faults)
        # On the page one field says from when on, whatever is asked.
        if "since" in faults:
            faults["after"] = faults.pop("since")
        return None, faults


def _asking(scope: Scope) -> Asking:
    return Asking(current(), scope, request_context("system"))
