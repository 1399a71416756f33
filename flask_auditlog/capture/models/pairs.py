"""What a flush has written of one row, as pairs of old and new values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import orm

from .heard import Change
from .heard import new_key_of
from .loading import Key
from .loading import load
from .plan import Plan
from .values import UNKNOWN

Pair = tuple[Any, Any]

# A collection that is not loaded stays so: what was added to it and removed is known.
_HISTORY = orm.PassiveFlag.PASSIVE_NO_INITIALIZE | orm.PassiveFlag.INCLUDE_PENDING_MUTATIONS


def pairs_of(change: Change) -> dict[str, Pair]:
    """Return ``{attribute: (old, new)}`` of what was written, changed or not."""
    return _PAIRS[change.operation](change)


def _created(change: Change) -> dict[str, Pair]:
    held, plan = change.instance.dict, change.plan
    expired = change.instance.expired_attributes
    values = {
        # What the database gave by itself is known only if it told.
        name: held.get(name, UNKNOWN)
        for name in plan.columns
        if name in held or name in expired
    }
    return {
        name: (None, _read(plan, name, value))
        for name, value in values.items()
        if not _is_in_path(plan, name)
    }


def _updated(change: Change) -> dict[str, Pair]:
    plan, held, before = change.plan, change.instance.dict, change.before
    values = dict(before.values)
    for name, old in change.instance.committed_state.items():
        # Written by the unit of work after the row's own UPDATE (post_update).
        if name in plan.columns and (name not in values or name in before.refreshed):
            values[name] = UNKNOWN if isinstance(old, orm.LoaderCallableStatus) else old

    now = {name: held.get(name, change.after.get(name, UNKNOWN)) for name in values}

    return {
        name: (old, _read(plan, name, now[name]))
        for name, old in values.items()
        if now[name] is not UNKNOWN or name not in before.refreshed
    }


def _deleted(change: Change) -> dict[str, Pair]:
    plan = change.plan
    return {
        name: (old, None)
        for name, old in change.before.values.items()
        if not _is_in_path(plan, name)
    }


_PAIRS = {"CREATE": _created, "UPDATE": _updated, "DELETE": _deleted}


def _is_in_path(plan: Plan, name: str) -> bool:
    """Whether the resource path says it already."""
    return plan.key == (name,) and not plan.columns[name].foreign_keys


def _read(plan: Plan, name: str, value: Any) -> Any:
    reading = plan.readings.get(name)

    return value if reading is None or value is UNKNOWN else reading(value)


def load_computed(changes: Sequence[Change]) -> None:
    """Read what became of the expressions that the host has set, one SELECT for each class."""
    groups: dict[tuple[Any, Plan], list[Change]] = {}
    for change in changes:
        computed = change.before.computed
        if computed and computed - change.instance.dict.keys():
            groups.setdefault((change.connection, change.plan), []).append(change)
    for (connection, plan), group in groups.items():
        names = {name for change in group for name in change.before.computed}
        keys: list[Key] = [new_key_of(plan, change.instance) for change in group]
        rows = load(connection, plan, keys, names & plan.columns.keys())
        for change, key in zip(group, keys, strict=True):
            change.after = rows.get(key, {})


def members_changed(change: Change) -> dict[str, tuple[list[Any], list[Any]]]:
    """Return ``{relationship: (added, removed)}`` of the many-to-many ones that changed."""
    instance, found = change.instance, {}
    if change.operation == "DELETE":
        touched = change.plan.collections & instance.dict.keys()
    else:
        touched = change.plan.collections & instance.committed_state.keys()
    for name in touched:
        added, unchanged, deleted = instance.get_history(name, _HISTORY)
        if change.operation == "DELETE":
            added, deleted = (), [*unchanged, *deleted]
        if added or deleted:
            found[name] = list(added), list(deleted)

    return found
