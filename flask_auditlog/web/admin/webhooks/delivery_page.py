"""The page of one delivery: what was sent, what was answered, at each attempt."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from ....event import family
from ....state import current
from ...words import _
from .. import moments
from .links import name_of
from .links import there
from .standing import CAUSES
from .standing import state_of
from .standing import status_line
from .timing import timing_of
from .timing import took
from .visitor import acting
from .visitor import find
from .visitor import find_sent
from .visitor import looking


def delivery(endpoint_id: str, delivery_id: str) -> ResponseReturnValue:
    """Show one delivery. :raises NotFound: when there is none that the visitor may see."""
    visitor = looking()
    endpoint = find(endpoint_id, visitor)
    sent = find_sent(endpoint_id, delivery_id, visitor)
    it, at = sent.delivery, moments.now()
    attempts = current().store.sent.attempts(delivery_id, visitor.scope)

    return render_template(
        "auditlog/delivery.html",
        endpoint=endpoint,
        name=name_of(endpoint),
        sent=sent,
        delivery=it,
        family=family(it.type),
        state=state_of(it.state, it.attempts),
        cause=_(CAUSES[it.cause]),
        due=moments.span(it.due_time - at) if it.due_time > at else "",
        # The last one is what somebody comes for.
        attempts=[(each, timing_of(each)) for each in reversed(attempts)],
        status_line=status_line,
        took=took,
        # Its name is of the operator's machines.
        with_worker=visitor.scope.organization_id is None,
        may_change=visitor.may_change(endpoint),
        **visitor.frame(),
    )


def resend(endpoint_id: str, delivery_id: str) -> ResponseReturnValue:
    """Send it once more, and show what is sent now."""
    visitor, desk = acting()
    find(endpoint_id, visitor)
    find_sent(endpoint_id, delivery_id, visitor)
    force = visitor.sent().get("force") == "on"
    made = desk.resend(delivery_id, force=force)

    return there("delivery", visitor, endpoint_id=endpoint_id, delivery_id=made.id)
