"""Everything that can go wrong, as one tree.

A message says what was wrong and what to do about it. The web room turns each class
into a status by one table (``web/problems.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class AuditLogError(Exception):
    """The audit log could not do what was asked."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


class ConfigError(AuditLogError):
    """An ``AUDITLOG_*`` value is missing, unknown or out of range."""


class NotInitialized(AuditLogError):
    """This app has no audit log. Call ``AuditLog(app)`` or ``audit.init_app(app)``."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with what was sent.

    ``field`` is the wire name, dotted for nested ones; ``index`` the place in a batch,
    counted from 0, or ``None`` outside a batch. The message never repeats the value.
    """

    field: str | None
    message: str
    index: int | None = None


class InvalidEvent(AuditLogError):
    """The event is not one the log can store."""

    def __init__(self, message: str | None = None, *, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message or (faults[0].message if faults else None))
        self.faults = tuple(faults)


class ReservedType(InvalidEvent):
    """The type is reserved: ``access.``, ``admin.`` and ``system.`` are ours."""


class TooLarge(InvalidEvent):
    """The event or the batch is larger than ``AUDITLOG_LIMITS`` allows."""


class UnsupportedMedia(AuditLogError):
    """Send JSON (application/json) or one event a line (application/x-ndjson), in UTF-8."""


class QueryError(AuditLogError):
    """The search is not one the log can run."""

    def __init__(self, message: str | None = None, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class ScopeError(AuditLogError):
    """The caller may not see or do this."""


class Unauthenticated(AuditLogError):
    """The request carries no valid token."""


class NotFound(AuditLogError):
    """There is no such thing, or it is not yours to see."""


class Conflict(AuditLogError):
    """An event with this uid is already in the log, with another content."""


class Disabled(AuditLogError):
    """The audit log is switched off: ``AUDITLOG_ENABLED`` is ``False``."""


class KeyReused(AuditLogError):
    """This Idempotency-Key was used before, with another body."""


class StoreError(AuditLogError):
    """The log's database refused what was asked."""


class StoreUnavailable(StoreError):
    """The log's database cannot be reached, or is too busy. Try again."""


class QueryTimeout(StoreError):
    """The search took too long. Add a time range, or name a type or an actor."""


class SchemaMissing(StoreError):
    """The log's tables are missing or old. Run ``flask auditlog upgrade``."""


class Veto(Exception):
    """Raised by a ``before_record`` hook: do not record this event."""
