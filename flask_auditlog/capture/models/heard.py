"""What one flush of a session has written so far, and what it was before."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import orm

from .drafts import Operation
from .loading import Key
from .loading import load
from .loading import Row
from .plan import Plan
from .values import UNKNOWN

if TYPE_CHECKING:
    from ...state import State

# In ``Session.info``.
_NAME = "flask_auditlog.flush"

Instance = orm.InstanceState[Any]


@dataclass(slots=True)
class Before:
    """What a row was, under the names that may differ afterwards.

    ``computed`` are those that the host set to an expression: only the database knows what
    they became. ``refreshed`` are those that change with any other, and are no change alone.
    """

    values: dict[str, Any] = field(default_factory=dict)
    computed: frozenset[str] = frozenset()
    refreshed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mine:
    """The app in whose log a mapped class is told of, and how."""

    state: State
    plan: Plan


@dataclass(slots=True)
class Change:
    """A row that was written."""

    operation: Operation
    instance: Instance
    connection: sa.Connection
    state: State
    plan: Plan
    before: Before
    # What became of the computed ones.
    after: Row = field(default_factory=dict)


@dataclass(slots=True)
class Flush:
    """The changes of one flush, in the order they were written."""

    changes: list[Change] = field(default_factory=list)
    before: dict[Instance, Before] = field(default_factory=dict)
    loaded: dict[Instance, Row] = field(default_factory=dict)
    asked: set[tuple[Plan, Operation]] = field(default_factory=set)
    mine: dict[orm.Mapper[Any], Mine | None] = field(default_factory=dict)


def begin(session: orm.Session) -> None:
    """Forget what a flush that failed has left."""
    session.info.pop(_NAME, None)


def taken(session: orm.Session) -> Flush | None:
    """Return what the flush that ends has written, once."""
    found: Flush | None = session.info.pop(_NAME, None)
    return found


def flush_of(session: orm.Session) -> Flush:
    """Return what the current flush of *session* has written so far."""
    found: Flush | None = session.info.get(_NAME)
    if found is None:
        found = session.info[_NAME] = Flush()
    return found


def keep_before_update(
    plan: Plan, connection: sa.Connection, instance: Instance, session: orm.Session
) -> None:
    """Keep what *instance* was, before its UPDATE."""
    columns, held = plan.columns, instance.dict
    values = {name: old for name, old in instance.committed_state.items() if name in columns}
    if not values:
        return
    unloaded = [name for name, old in values.items() if isinstance(old, orm.LoaderCallableStatus)]
    computed = [name for name in values if isinstance(held.get(name), sa.ClauseElement)]
    refreshed = [name for name in plan.refreshed if name not in values]
    for name in refreshed:
        values[name] = held.get(name, UNKNOWN)
    flush = flush_of(session)
    if unloaded:
        values.update(dict.fromkeys(unloaded, UNKNOWN))
        if unknown := _overwritten(plan, instance):
            values.update(_row(flush, plan, connection, instance, "UPDATE", unknown))
    flush.before[instance] = Before(values, frozenset(computed), frozenset(refreshed))


def keep_before_delete(
    plan: Plan, connection: sa.Connection, instance: Instance, session: orm.Session
) -> None:
    """Keep the last known values of *instance*, before its DELETE."""
    flush = flush_of(session)
    values = last_known(plan, instance)
    if unknown := _missing(plan, instance):
        values.update(_row(flush, plan, connection, instance, "DELETE", unknown))
    flush.before[instance] = Before(values)


def heard(
    mine: Mine,
    operation: Operation,
    connection: sa.Connection,
    instance: Instance,
    session: orm.Session,
) -> None:
    """Note that the row of *instance* was written."""
    flush, plan = flush_of(session), mine.plan
    before = flush.before.pop(instance, None)
    if before is None and operation == "UPDATE" and instance.key is None:
        before = _of_other_object(plan, instance, session)
    change = Change(operation, instance, connection, mine.state, plan, before or Before())
    flush.changes.append(change)


def _of_other_object(plan: Plan, instance: Instance, session: orm.Session) -> Before:
    """A new object took the row of one that was deleted in the same flush."""
    held = instance.dict
    key = plan.tracked.mapper.identity_key_from_primary_key(new_key_of(plan, instance))
    deleted = session.identity_map.get(key)
    known = {} if deleted is None else last_known(plan, sa.inspect(deleted))

    return Before({name: known.get(name, UNKNOWN) for name in plan.columns if name in held})


def last_known(plan: Plan, instance: Instance) -> dict[str, Any]:
    """Return what is loaded of *instance*, as it is stored: without what was set since."""
    held, committed = instance.dict, instance.committed_state
    values: dict[str, Any] = {}
    for name in plan.columns:
        value = committed.get(name, held.get(name, UNKNOWN))
        if not isinstance(value, orm.LoaderCallableStatus) and value is not UNKNOWN:
            values[name] = value

    return values


def key_of(plan: Plan, instance: Instance) -> Key:
    """Return the primary key of the row that *instance* was loaded from, or was inserted as."""
    if instance.key is not None:
        return tuple(instance.key[1])
    return new_key_of(plan, instance)


def new_key_of(plan: Plan, instance: Instance) -> Key:
    """Return the primary key that *instance* has now."""
    held = instance.dict
    known = instance.key[1] if instance.key is not None else (None,) * len(plan.key)

    return tuple(held.get(name, old) for name, old in zip(plan.key, known, strict=True))


def _overwritten(plan: Plan, instance: Instance) -> set[str]:
    """What was set without having been loaded, and what comes with it for the same price."""
    names = {
        name
        for name, old in instance.committed_state.items()
        if name in plan.columns
        and name not in plan.deferred
        and isinstance(old, orm.LoaderCallableStatus)
    }
    if names:
        names |= {name for name in plan.refreshed if name not in instance.dict}

    return names


def _missing(plan: Plan, instance: Instance) -> set[str]:
    known = last_known(plan, instance)

    return {name for name in plan.columns if name not in known and name not in plan.deferred}


def _row(
    flush: Flush,
    plan: Plan,
    connection: sa.Connection,
    instance: Instance,
    operation: Operation,
    names: Collection[str],
) -> Row:
    """Return what is stored of *instance* under *names*: with the first of its class that is
    asked for, all others of this flush are loaded too.
    """
    if instance not in flush.loaded or not flush.loaded[instance].keys() >= set(names):
        wanted = {instance: set(names), **dict(_others(flush, plan, instance, operation))}
        rows = load(
            connection,
            plan,
            [key_of(plan, each) for each in wanted],
            set().union(*wanted.values()),
        )
        for each in wanted:
            flush.loaded[each] = rows.get(key_of(plan, each), {})

    return {name: value for name, value in flush.loaded[instance].items() if name in names}


def _others(
    flush: Flush, plan: Plan, instance: Instance, operation: Operation
) -> Iterator[tuple[Instance, set[str]]]:
    session = instance.session
    # Sharded sessions have a connection for each row.
    sharded = getattr(session, "connection_callable", None) is not None
    if session is None or sharded or (plan, operation) in flush.asked:
        return
    flush.asked.add((plan, operation))
    missing = _missing if operation == "DELETE" else _overwritten
    for found in session.deleted if operation == "DELETE" else session.dirty:
        other: Instance = sa.inspect(found)
        alike = other is not instance and other.mapper is instance.mapper and other.key is not None
        if alike and (names := missing(plan, other)):
            yield other, names
