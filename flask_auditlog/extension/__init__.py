"""``AuditLog``, and how it finds the log of an app."""

from __future__ import annotations

from .auditlog import AuditLog

__all__ = ["AuditLog"]
