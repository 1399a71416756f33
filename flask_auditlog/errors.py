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
    counted from 0, or ``None`` outside a batch; ``column`` the place in the text of a query,
    counted from 1. The message never repeats the value.
    """

    field: str | None
    message: str
    index: int | None = None
    column: int | None = None


class InvalidEvent(AuditLogError):
    """The event is not one the log can store."""

    def __init__(self, message: str | None = None, *, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message or (faults[0].message if faults else None))
        self.faults = tuple(faults)


class ReservedType(InvalidEvent):
    """The type is reserved: ``access.``, ``admin.`` and ``system.`` are ours."""


class InvalidWebhook(InvalidEvent):
    """The webhook is not one that can be kept."""


class InvalidLink(InvalidEvent):
    """The viewer link is not one that can be made."""


class TooLarge(InvalidEvent):
    """The event or the batch is larger than ``AUDITLOG_LIMITS`` allows."""


class UnsupportedMedia(AuditLogError):
    """Send JSON (application/json) or one event a line (application/x-ndjson), in UTF-8."""


class QueryError(AuditLogError):
    """The search is not one the log can run."""

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str | None = None,
        column: int | None = None,
        width: int = 0,
        meant: str | None = None,
    ) -> None:
        super().__init__(message)
        self.field = field
        # Where in the text of a query, counted from 1, and how many characters from there on;
        # None and 0 where it is no matter of a place. And what was rather meant there.
        self.column = column
        self.width = width
        self.meant = meant


class ScopeError(AuditLogError):
    """The caller may not see or do this."""


class Unauthenticated(AuditLogError):
    """The request carries no valid token."""


class ProviderUnavailable(AuditLogError):
    """The OpenID provider cannot be asked for its keys, so no token of it can be verified. Try again."""


class RateLimited(AuditLogError):
    """Too many requests. Try again after as many seconds as Retry-After says."""

    def __init__(self, seconds: int = 1, status: int = 429) -> None:
        super().__init__()
        self.seconds = seconds
        self.status = status


class Busy(RateLimited):
    """As many exports as may be are being made. Try again in a moment."""


class NotFound(AuditLogError):
    """There is no such thing, or it is not yours to see."""


class Gone(NotFound):
    """It is not in the log any more."""


class Conflict(AuditLogError):
    """An event with this uid is already in the log, with another content."""


class WebhookDisabled(AuditLogError):
    """The webhook is disabled, so nothing is sent to it. Enable it first."""


class WebhookPolled(WebhookDisabled):
    """Nothing is sent to this webhook: it is only polled."""


class FormRefused(AuditLogError):
    """The form is too old, or was not sent from our own page. Open the page and send it again."""


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
