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
from ...event import Finished
from ...state import State
from .. import tell_if_slow
from . import heard
from .drafts import Operation
from .entries import context_of
from .entries import event_of
from .entries import showing_of
from .heard import Change
from .heard import Instance
from .heard import Mine
from .pairs import load_computed
from .plan import Mapper
from .plan import plan_of
from .whose import failed
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
    try:
        session = instance.session
        mine = None if session is None else _mine(mapper, session)
        if mine is not None:
            keep(mine.plan, connection, instance, session)
    except Exception as error:  # noqa: BLE001 (the host's flush goes on, whatever we do)
        failed(mapper.class_, error)


def _created(mapper: Mapper, connection: sa.Connection, instance: Instance) -> None:
    _hear("CREATE", mapper, connection, instance)


def _updated(mapper: Mapper, connection: sa.Connection, instance: Instance) -> None:
    _hear("UPDATE", mapper, connection, instance)


def _deleted(mapper: Mapper, connection: sa.Connection, instance: Instance) -> None:
    _hear("DELETE", mapper, connection, instance)


def _hear(
    operation: Operation, mapper: Mapper, connection: sa.Connection, instance: Instance
) -> None:
    try:
        session = instance.session
        if session is None:
            return
        mine = _mine(mapper, session)
        if mine is None:
            report_lost(mapper.class_)
        else:
            heard.heard(mine, operation, connection, instance, session)
    except Exception as error:  # noqa: BLE001 (as above)
        failed(mapper.class_, error)


def _mine(mapper: Mapper, session: orm.Session) -> Mine | None:
    """Return whose a mapped class is and its plan, found once in each flush."""
    known = heard.flush_of(session).mine
    try:
        return known[mapper]
    except KeyError:
        state = state_of(mapper.class_)
        plan = None if state is None else plan_of(mapper, state.tracked)
        found = known[mapper] = None if state is None or plan is None else Mine(state, plan)
    return found


def _begin(session: orm.Session, *_: Any) -> None:
    heard.begin(session)


def _end(session: orm.Session, *_: Any) -> None:
    """Write what was heard, in the transaction it was done in."""
    flush = heard.taken(session)
    if flush is None or not flush.changes:
        return
    try:
        if _recording.get():
            raise AuditLogError(_NESTED)
        token = _recording.set(True)
        try:
            _record(flush.changes)
        finally:
            _recording.reset(token)
    except Exception as error:  # noqa: BLE001 (as above)
        failed(flush.changes[0].plan.tracked.model, error, len(flush.changes))


def _record(changes: Sequence[Change]) -> None:
    try:
        load_computed(changes)
    except Exception as error:  # noqa: BLE001 (as above)
        failed(changes[0].plan.tracked.model, error)
    of_each: dict[State, list[Change]] = {}
    for change in changes:
        of_each.setdefault(change.state, []).append(change)
    for state, its in of_each.items():
        began, model = monotonic(), its[0].plan.tracked.model
        for connection, events in _finished(state, its).items():
            try:
                state.inbox.put(connection, events)
            except Exception as error:  # noqa: BLE001 (as above)
                failed(model, error, len(events))
        tell_if_slow(state, began)


def _finished(state: State, changes: Sequence[Change]) -> dict[sa.Connection, list[Finished]]:
    context, showing = context_of(state), showing_of(state)
    finished: dict[sa.Connection, list[Finished]] = {}
    for change in changes:
        try:
            done = event_of(change, context, showing)
        except Exception as error:  # noqa: BLE001 (as above)
            failed(change.plan.tracked.model, error)
        else:
            if done is not None:
                finished.setdefault(change.connection, []).append(done)

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
