"""Old and new values -> ``details.changes``, without what must not be told. Pure."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec

from ...redact import MASK
from .tracked import Options
from .values import plain
from .values import UNKNOWN

# What stands for a value that would have made the event larger than it may be.
TOO_LARGE = "[too large]"

# Of these none is too long.
_SHORT = frozenset((int, float, bool, type(None)))

# Beyond this many bytes of JSON the beginning is not worth the time to look for secrets in it.
_LOOKED_AT = 256 * 1024

Pairs = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """How one app tells values.

    :param masked: the recorder's rules, for what is cut before it gets there.
    :param matched: the keyed hash that stands for a value.
    :param value_bytes: the longest value; of a longer one the beginning, length and SHA-256.
    :param event_bytes: the largest event.
    """

    masked: Callable[[Any], Any]
    matched: Callable[[str], str]
    value_bytes: int
    event_bytes: int


def changes_of(pairs: Pairs, options: Options, showing: Showing) -> dict[str, list[Any]]:
    """Return ``{field: [old, new]}`` of the *pairs* that differ, as they may be told."""
    changes: dict[str, list[Any]] = {}
    for name, (old, new) in pairs.items():
        if name in options.ignore:
            continue
        was, now = plain(old), plain(new)
        # Two values nobody knows may differ; it is told that something was written.
        if was == now and old is not UNKNOWN:
            continue
        if type(old) is type(new) is Decimal and old == new:
            continue
        if name in options.mask or name in options.hash:
            changes[name] = [_hidden(name, each, options, showing) for each in (was, now)]
        else:
            changes[name] = [
                each if type(each) in _SHORT else cut(each, showing) for each in (was, now)
            ]

    return _fitting(changes, showing)


def _hidden(name: str, value: Any, options: Options, showing: Showing) -> Any:
    if value is None or value is UNKNOWN:
        return value
    if name in options.mask:
        return MASK

    return showing.matched(value if isinstance(value, str) else _text(value))


def cut(value: Any, showing: Showing) -> Any:
    """Return *value*, or of one that is too long the beginning, without its secrets."""
    limit, kind = showing.value_bytes, type(value)
    if kind is str:
        if len(value) * 4 <= limit or len(value.encode()) <= limit:
            return value
        # A secret that lies across the end of what is shown is still whole in twice as much.
        return _beginning(value, showing.masked(value[: 2 * limit]), limit)
    if kind is dict or kind is list:
        text = _text(value)
        if len(text.encode()) <= limit:
            return value
        return _beginning(
            text, _text(showing.masked(value)) if len(text) <= _LOOKED_AT else "", limit
        )

    return value


def _beginning(whole: str, seen: str, limit: int) -> dict[str, Any]:
    return {
        "beginning": seen.encode()[:limit].decode(errors="ignore"),
        "length": len(whole),
        "sha256": sha256(whole.encode()).hexdigest(),
    }


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _fitting(changes: dict[str, list[Any]], showing: Showing) -> dict[str, list[Any]]:
    """Leave out the largest values, until what is left has room in an event."""
    # Beside the changes there is who, where, and what it was.
    room = showing.event_bytes * 3 // 4
    if len(changes) * 3 * showing.value_bytes <= room:
        return changes
    sizes = {name: len(msgspec.json.encode(pair)) for name, pair in changes.items()}
    total = sum(sizes.values()) + sum(map(len, sizes))
    for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if total <= room:
            break
        changes[name] = [None if each is None else TOO_LARGE for each in changes[name]]
        total -= sizes[name] - 2 * len(TOO_LARGE)

    return changes


# Of more than these a reader is told how many there were.
ITEMS = 100


def members_of(
    added: Sequence[Any], removed: Sequence[Any], tell: Callable[[Any], Any]
) -> dict[str, Any]:
    """Return what changed in a collection: ``{"added": […], "removed": […]}``."""
    left_out = max(0, len(added) - ITEMS) + max(0, len(removed) - ITEMS)
    told = {"added": list(map(tell, added[:ITEMS])), "removed": list(map(tell, removed[:ITEMS]))}

    return {**told, "leftOut": left_out} if left_out else told
