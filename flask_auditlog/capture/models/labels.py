"""What people call the objects a change names: only what is loaded already."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm.attributes import instance_state as _instance

from ...redact import MASK
from .changes import ITEMS
from .heard import Instance
from .plan import Plan
from .tracked import Options
from .tracked import Registry
from .values import plain

# In characters.
LONGEST = 200


class Loaded:
    """The loaded attributes of an object, and ``None`` for all others: reading them can not
    query.
    """

    __slots__ = ("_held",)

    def __init__(self, held: Mapping[str, Any]) -> None:
        self._held = held

    def __getattr__(self, name: str) -> Any:
        return self._held.get(name)


def _label_of(instance: Instance, registry: Registry) -> str | None:
    """Return the label of *instance*, if its model has one that may be told."""
    tracked = registry.of_mapper(instance.mapper)
    if tracked is None or tracked.options.label is None:
        return None
    return label_in(instance.dict, tracked.options)


def label_in(held: Mapping[str, Any], options: Options) -> str | None:
    """Return the label of the object with those attributes, if it has one that may be told."""
    name = options.label
    if isinstance(name, str):
        value = held.get(name) if name not in options.mask | options.hash else None
    else:
        value = None if name is None else name(Loaded(_without_secrets(held, options)))
    text = None if value is None else plain(value)

    return text[:LONGEST] if isinstance(text, str) else None if text is None else str(text)


def _without_secrets(held: Mapping[str, Any], options: Options) -> dict[str, Any]:
    hidden = options.mask | options.hash

    return {name: MASK if name in hidden else value for name, value in held.items()}


def reference_labels(
    plan: Plan, instance: Instance, pairs: Mapping[str, tuple[Any, Any]], registry: Registry
) -> dict[str, list[str | None]]:
    """Return ``{field: [old, new]}`` for the foreign keys of *pairs* whose objects have labels."""
    found: dict[str, list[str | None]] = {}
    hidden = plan.tracked.options.mask | plan.tracked.options.hash
    for name in pairs.keys() & plan.references.keys() - hidden:
        other = registry.of_mapper(plan.references[name].mapper)
        if other is None or other.options.label is None:
            continue
        labels = [_followed(plan, instance, name, value, registry) for value in pairs[name]]
        if any(labels):
            found[name] = labels

    return found


def _followed(
    plan: Plan, instance: Instance, name: str, value: Any, registry: Registry
) -> str | None:
    if value is None:
        return None
    prop = plan.references[name]
    for seen in (instance.dict.get(prop.key), instance.committed_state.get(prop.key)):
        other = _instance(seen) if isinstance(seen, prop.mapper.class_) else None
        if other is not None and identity_of(other) == (value,):
            return _label_of(other, registry)
    session = instance.session
    key = prop.mapper.identity_key_from_primary_key((value,))
    kept = None if session is None else session.identity_map.get(key)

    return None if kept is None else _label_of(_instance(kept), registry)


def members_labels(
    name: str, added: Sequence[Any], removed: Sequence[Any], registry: Registry
) -> dict[str, dict[str, list[str | None]]]:
    """Return the labels of the members of a collection, in the form of its changes."""
    labels = {
        "added": [_label_of(_instance(each), registry) for each in added[:ITEMS]],
        "removed": [_label_of(_instance(each), registry) for each in removed[:ITEMS]],
    }
    return {name: labels} if any(each for side in labels.values() for each in side) else {}


def identity_of(instance: Instance) -> tuple[Any, ...]:
    """Return the primary key of *instance*, of any mapped class."""
    if instance.key is not None:
        return tuple(instance.key[1])
    mapper = instance.mapper
    names = (mapper.get_property_by_column(column).key for column in mapper.primary_key)

    return tuple(instance.dict.get(name) for name in names)
