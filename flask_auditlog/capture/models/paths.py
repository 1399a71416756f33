"""Where a row is found: its resource path, without a secret that is its key."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from ...redact import MASK
from .changes import Showing
from .heard import Instance
from .labels import identity_of
from .plan import Plan
from .tracked import Options
from .tracked import path_of
from .tracked import Registry
from .values import plain

# In characters: what is longer is told by its beginning and a hash.
LONGEST = 200


def told_key(plan: Plan, key: Iterable[Any], showing: Showing) -> list[Any]:
    """Return the primary key as it may be told."""
    return told_parts(zip(plan.key, key, strict=True), plan.tracked.options, showing)


def told_parts(key: Iterable[tuple[str, Any]], options: Options, showing: Showing) -> list[Any]:
    """Return the values of a primary key, given with their names, as they may be told."""
    return [_part(name, value, options, showing) for name, value in key]


def member_path(instance: Instance, registry: Registry, showing: Showing) -> str:
    """Return the resource path of an object that is named beside another: ``roles/3``."""
    tracked = registry.of_mapper(instance.mapper)
    mapper = instance.mapper
    names = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
    options = Options() if tracked is None else tracked.options
    key = [
        _part(name, value, options, showing)
        for name, value in zip(names, identity_of(instance), strict=True)
    ]
    if tracked is not None:
        return tracked.path_of(key)
    return path_of(getattr(mapper.local_table, "name", mapper.class_.__name__), key)


def _part(name: str, value: Any, options: Options, showing: Showing) -> Any:
    if type(value) is int and name not in options.mask and name not in options.hash:
        return value
    shown = value.hex() if isinstance(value, bytes) else str(plain(value))
    if name in options.hash:
        return showing.matched(shown)
    if name in options.mask or showing.masked({name: shown}) != {name: shown}:
        return MASK
    if len(shown) <= LONGEST:
        return shown
    return f"{shown[:LONGEST]}~{sha256(shown.encode()).hexdigest()[:16]}"
