"""An audit log for Flask: who did what, when, from where."""

from __future__ import annotations

from .errors import AuditLogError
from .errors import Veto
from .event import Actor
from .event import Event
from .event import Receipt
from .event import Record
from .extension import AuditLog
from .signals import event_failed
from .signals import event_recorded
from .store import Query
from .store import Scope
from .store import Token

__all__ = [
    "Actor",
    "AuditLog",
    "AuditLogError",
    "Event",
    "Query",
    "Receipt",
    "Record",
    "Scope",
    "Token",
    "Veto",
    "event_failed",
    "event_recorded",
]
