"""Refusals are many, and mostly the same one again: those beyond a rate become one event.

Somebody who tries a hundred doors is found by one event that says so; a log that they fill
with a hundred thousand finds nobody.
"""

from __future__ import annotations

import atexit
import math
from collections.abc import Hashable
from dataclasses import replace
from ipaddress import ip_address
from ipaddress import ip_network
from time import monotonic as clock
from time import time_ns
from weakref import WeakSet

import msgspec
from flask import has_request_context

from ..errors import StoreError
from ..event import Actor
from ..event import Draft
from ..recorder import Context
from ..state import Counted
from ..state import State
from ..state import Told
from ..state import visit
from ..work.embedded import background_of
from . import captured
from . import harmless

DENIED = "access.PERMISSION_DENIED"

# How often to look whether something counted is due, in seconds.
LOOK = 30.0


def init(state: State) -> None:
    """Tell what was counted: in the background, and when the process ends."""
    _counting.add(state)

    def tell() -> None:
        with state.app.app_context():
            flush(state)

    background_of(state).register("refusals", tell, every=LOOK)


def refused(
    state: State,
    draft: Draft,
    context: Context | None = None,
    *,
    at_once: int | None = None,
    once: bool = True,
) -> None:
    """Record a refusal, or count it when its like was recorded often enough.

    Equal are those of one caller with the same endpoint and outcome (``details.endpoint``,
    ``error``). What is counted becomes one event, at most a minute later.

    :param context: who and where; without it the current request.
    :param at_once: so many a minute are recorded one by one; without it as
        ``AUDITLOG_LIMITS`` says.
    :param once: at most once in a request. Each function that is refused is an act of its own.
    """
    # A signal and the answer may tell of the same refusal.
    here = visit() if has_request_context() else None
    if once and here is not None and here.refused:
        return
    context = context or captured()
    if at_once is None:
        at_once = state.settings.limits.refusals
    told = Told(draft=draft, context=context)
    repeats = state.refusals if _is_known(context) else state.strangers
    now = clock()
    if repeats.passes(_key(told), told, at_once=at_once, now=now, time=_now()):
        state.recorder.record(draft, context)
    # Counted or recorded: it is told, and the request needs no other event.
    if here is not None:
        here.recorded += 1
        here.refused = True


def flush(state: State, now: float | None = None) -> None:
    """Record what was counted in the minutes that are over.

    :param now: ``math.inf`` for those too that are not.
    """
    if state.refusals.due == state.strangers.due == math.inf:
        return
    moment = clock() if now is None else now
    for repeats in (state.refusals, state.strangers):
        if moment < repeats.due:
            continue
        for counted in repeats.collect(moment):
            with harmless(state):
                try:
                    _tell(state, counted)
                except StoreError:
                    # It can be recorded later; what is wrong with an event never changes.
                    repeats.put_back(counted, clock())
                    raise


def _tell(state: State, counted: Counted) -> None:
    if counted.told is None:
        return
    draft, context = counted.told.draft, counted.told.context
    details = {
        **(draft.details or {}),
        "repeated": counted.number,
        "firstTime": counted.first,
        "lastTime": counted.last,
    }
    # One request's own id and duration say nothing of the others.
    details.pop("durationMs", None)
    state.recorder.record(
        msgspec.structs.replace(draft, time=counted.last, details=details),
        replace(context, request_id=None, traceparent=None),
    )


def _key(told: Told) -> Hashable:
    draft, context = told.draft, told.context
    details = draft.details or {}

    return (
        context.realm,
        context.organization_id,
        context.token_id,
        _caller(context.actor),
        draft.type,
        draft.error,
        details.get("endpoint"),
        details.get("status"),
    )


def _caller(actor: Actor | None) -> Hashable:
    if actor is None:
        return None
    return actor.user_id or actor.username or actor.client_id or _network(actor.ip_address)


def _network(address: str | None) -> str | None:
    """The address; of IPv6, what one customer of a provider has: at least 2**64 of them."""
    if address is None or ":" not in address:
        return address
    return str(ip_network((ip_address(address), 64), strict=False))


def is_somebody(actor: Actor | None) -> bool:
    """Whether *actor* is known by more than an address."""
    return actor is not None and bool(actor.user_id or actor.username or actor.client_id)


def _is_known(context: Context) -> bool:
    """Whether the caller is somebody. Strangers can be many, and must not hide whom we know."""
    return context.token_id is not None or is_somebody(context.actor)


def _now() -> int:
    return time_ns() // 1_000_000


_counting: WeakSet[State] = WeakSet()


def _at_exit() -> None:
    for state in list(_counting):
        # The log of a test is in memory, and gone.
        if not state.app.testing and min(state.refusals.due, state.strangers.due) < math.inf:
            with harmless(state), state.app.app_context():
                flush(state, math.inf)


atexit.register(_at_exit)
