"""Hears the flushes of every session, and puts what they changed into the inbox."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from contextvars import ContextVar
from time import monotonic
from typing import Any
from weakref import WeakSet

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy import orm

from ...errors import AuditLogError
from ...event import Entry
from ...state import State
from .. import tell_if_slow
from . import heard
from .drafts import Operation
from .entries import context_of
from .entries import entry_of
from .entries import showing_of
from .heard import Change
from .heard import Instance
from .pairs import load_computed
from .plan import Mapper
from .plan import Plan
from .plan import plan_of
from .whose import contained
from .whose import report_lost
from .whose import state_of

# An event about writing an event: what a hook of the host writes while we record.
_recording: ContextVar[bool] = ContextVar("auditlog_recording_changes", default=False)

_NESTED = "A hook of the host wrote a tracked model while an event was recorded."


# The classes that are listened to. None is a base of another: each change is heard once.
_listened: WeakSet[type[Any]] = WeakSet()


def listen(model: type[Any]) -> None:
    """Hear of the changes of *model* and of what inherits from it, in any session."""
    if _listened.isdisjoint(model.__mro__):
        for below in [known for known in _listened if issubclass(known, model)]:
            _listened.remove(below)
            for name, listener in _MAPPER_LISTENERS.items():
                event.remove(below, name, listener)
        for name, listener in _MAPPER_LISTENERS.items():
            event.listen(model, name, listener, raw=True, propagate=True)
        _listened.add(model)
    for name, hear in _SESSION_LISTENERS.items():
        if not event.contains(orm.Session, name, hear):
            event.listen(orm.Session, name, hear)


def _before_update(mapper: Mapper, connection: sa.Connection, instance: Instance) -> None:
    _keep(heard.keep_before_update, mapper, connection, instance)


def _before_delete(mapper: Mapper, connection: sa.Connection, instance: Instance) -> None:
    _keep(heard.keep_before_delete, mapper, connection, instance)


def _keep(keep: Any, mapper: Mapper, connection: sa.Connection, instance: Instance) -> None:
    with contained(mapper.class_):
        session = instance.session
        plan = None if session is None else _plan(mapper, session)
        if plan is not None:
            keep(plan, connection, instance, session)


def _created(mapper: Mapper, connection: sa.Connection, instance: Instance) -> None:
    _hear("CREATE", mapper, connection, instance)


def _updated(mapper: Mapper, connection: sa.Connection, instance: Instance) -> None:
    _hear("UPDATE", mapper, connection, instance)


def _deleted(mapper: Mapper, connection: sa.Connection, instance: Instance) -> None:
    _hear("DELETE", mapper, connection, instance)


def _hear(
    operation: Operation, mapper: Mapper, connection: sa.Connection, instance: Instance
) -> None:
    with contained(mapper.class_):
        session = instance.session
        if session is None:
            return
        plan = _plan(mapper, session)
        if plan is None:
            report_lost(mapper.class_)
        else:
            heard.heard(plan, operation, connection, instance, session)


def _plan(mapper: Mapper, session: orm.Session) -> Plan | None:
    """Return the plan of a mapped class, found once in each flush."""
    plans = heard.flush_of(session).plans
    try:
        return plans[mapper]
    except KeyError:
        state = state_of(mapper.class_)
        found = plans[mapper] = None if state is None else plan_of(mapper, state.tracked)
    return found


def _begin(session: orm.Session, *_: Any) -> None:
    heard.begin(session)


def _end(session: orm.Session, *_: Any) -> None:
    """Write what was heard, in the transaction it was done in."""
    flush = heard.taken(session)
    if flush is None or not flush.changes:
        return
    with contained(flush.changes[0].plan.tracked.model, len(flush.changes)):
        if _recording.get():
            raise AuditLogError(_NESTED)
        token = _recording.set(True)
        try:
            _record(flush.changes)
        finally:
            _recording.reset(token)


def _record(changes: Sequence[Change]) -> None:
    with contained(changes[0].plan.tracked.model):
        load_computed(changes)
    plans = dict.fromkeys(change.plan for change in changes)
    states = {plan: state_of(plan.tracked.model) for plan in plans}
    of_each: dict[State, list[Change]] = {}
    for change in changes:
        state = states[change.plan]
        if state is not None:
            of_each.setdefault(state, []).append(change)
    for state, its in of_each.items():
        began, model = monotonic(), its[0].plan.tracked.model
        for connection, entries in _finished(state, its).items():
            with contained(model, len(entries)):
                state.inbox.put(connection, entries)
        tell_if_slow(state, began)


def _finished(state: State, changes: Sequence[Change]) -> dict[sa.Connection, list[Entry]]:
    context, showing = context_of(state), showing_of(state)
    finished: dict[sa.Connection, list[Entry]] = {}
    for change in changes:
        with contained(change.plan.tracked.model):
            entry = entry_of(change, state, context, showing)
            if entry is not None:
                finished.setdefault(change.connection, []).append(entry)

    return finished


_MAPPER_LISTENERS: Mapping[str, Callable[..., None]] = {
    "before_update": _before_update,
    "before_delete": _before_delete,
    "after_insert": _created,
    "after_update": _updated,
    "after_delete": _deleted,
}
_SESSION_LISTENERS: Mapping[str, Callable[..., None]] = {
    "before_flush": _begin,
    "after_flush": _end,
}
