"""What a test expects of an event, and where an event differs from it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import time
from decimal import Decimal
from importlib import import_module
from typing import Any
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from ..event import Actor
    from ..event import Event

# An actor given as a text is one of these.
NAMES = ("user_id", "username")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where an event is not what was expected."""

    place: str
    expected: Any
    found: Any

    def __str__(self) -> str:
        return f"{self.place}: expected {self.expected!r}, found {self.found!r}"


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()


def differences(event: Event, expected: Mapping[str, Any]) -> list[Difference]:
    """Return where *event* differs from what is expected of it; nothing if it matches.

    :param expected: fields of an event by their Python names; ``type`` may have ``*`` in it,
        ``actor`` is an id, a username or an ``Actor``, ``changes`` and ``details`` name only
        what matters.
    """
    return [
        difference
        for name, wanted in expected.items()
        for difference in _COMPARE.get(name, _field)(event, name, wanted)
    ]


def check_names(names: Iterable[str]) -> None:
    """Raise :class:`TypeError` for a name that is no field of an event."""
    known = {*_COMPARE, *import_module("flask_auditlog.event").Event.__struct_fields__}
    for name in names:
        if name not in known:
            raise TypeError(f"An event has no {name}. Known: {', '.join(sorted(known))}.")


def _field(event: Event, name: str, wanted: Any) -> Iterator[Difference]:
    yield from _inside(name, wanted, getattr(event, name))


def _type(event: Event, name: str, wanted: Any) -> Iterator[Difference]:
    pattern = ".*".join(re.escape(part) for part in wanted.split("*"))
    if not re.fullmatch(pattern, event.type):
        yield Difference(name, wanted, event.type)


def _actor(event: Event, name: str, wanted: Any) -> Iterator[Difference]:
    who = event.auth_details
    if not isinstance(wanted, str) and wanted is not None:
        # An Actor: what it says must be so, what it leaves out may be anything.
        said = {each: v for each in wanted.__struct_fields__ if (v := getattr(wanted, each))}
        for each, value in said.items():
            yield from _inside(f"{name}.{each}", value, getattr(who, each, None))
    elif wanted is None and any(getattr(who, each, None) for each in NAMES):
        yield Difference(name, None, name_of(who))
    elif wanted is not None and wanted not in [getattr(who, each, None) for each in NAMES]:
        yield Difference(name, wanted, name_of(who))


def _changes(event: Event, name: str, wanted: Any) -> Iterator[Difference]:
    found = (event.details or {}).get("changes", MISSING)
    yield from _inside(name, wanted, found)


def _details(event: Event, name: str, wanted: Any) -> Iterator[Difference]:
    found = event.details if wanted is None else event.details or {}
    yield from _inside(name, wanted, found)


_COMPARE = {"type": _type, "actor": _actor, "changes": _changes, "details": _details}


def name_of(who: Actor | None) -> str | None:
    """Return how an actor is called."""
    return (who.username or who.user_id or who.client_id) if who is not None else None


def _inside(place: str, wanted: Any, found: Any) -> Iterator[Difference]:
    """Compare; of a dict only the keys that are wanted."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for key, value in wanted.items():
            yield from _inside(f"{place}.{key}", value, found.get(key, MISSING))
    elif not _equal(wanted, found):
        yield Difference(place, wanted, found)


def _equal(wanted: Any, found: Any) -> bool:
    if _is_list(wanted) and _is_list(found):
        return len(wanted) == len(found) and all(map(_equal, wanted, found))
    # True is no 1 in JSON.
    if isinstance(wanted, bool) is not isinstance(found, bool) and isinstance(wanted, int):
        return False

    return bool(wanted == found or (found is not None and _as_stored(wanted) == found))


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _as_stored(value: Any) -> Any:
    """Return *value* as the log keeps it: JSON has no dates."""
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, UUID | Decimal) else value
