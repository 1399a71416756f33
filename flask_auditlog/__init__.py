"""An audit log for Flask: who did what, when, from where.

A name is imported when it is asked for: the pytest plugin lies in this package, and a run of
tests must not load Flask before its own imports do.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .errors import AuditLogError
    from .errors import Veto
    from .event import Actor
    from .event import Copy
    from .event import Event
    from .event import Receipt
    from .event import Record
    from .extension import AuditLog
    from .signals import event_failed
    from .signals import event_recorded
    from .store import Query
    from .store import Scope
    from .store import Token
    from .store.inbox.table import include_name
    from .store.language import parse_query

__all__ = [
    "Actor",
    "AuditLog",
    "AuditLogError",
    "Copy",
    "Event",
    "Query",
    "Receipt",
    "Record",
    "Scope",
    "Token",
    "Veto",
    "event_failed",
    "event_recorded",
    "include_name",
    "parse_query",
]

# Where a name is: the same as above, for when the program runs.
_ROOMS: Mapping[str, str] = {
    "Actor": "event",
    "AuditLog": "extension",
    "AuditLogError": "errors",
    "Copy": "event",
    "Event": "event",
    "Query": "store",
    "Receipt": "event",
    "Record": "event",
    "Scope": "store",
    "Token": "store",
    "Veto": "errors",
    "event_failed": "signals",
    "event_recorded": "signals",
    "include_name": "store.inbox.table",
    "parse_query": "store.language",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f".{_ROOMS[name]}", __name__), name)

    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
