"""All that Ledgerly says to the audit log. The rest is one call where something happens."""

from __future__ import annotations

from typing import Any

from flask_login import current_user

from flask_auditlog import AuditLog

from .models import Role

audit = AuditLog()


@audit.authorizer
def allow(permission: str, realm: str, organization_id: str | None) -> bool:  # noqa: ARG001 (one realm)
    """Staff see everything; owners and admins see what happened in their organization."""
    if not current_user.is_authenticated:
        return False
    if current_user.is_staff:
        return True

    return (
        permission == "view-events"
        and organization_id is not None
        and organization_id == own_organization()
        and current_user.is_at_least(Role.ADMIN)
    )


@audit.organization_loader
def own_organization() -> str | None:
    """The customer that this request's events belong to."""
    own = current_user.organization if current_user.is_authenticated else None
    return own.slug if own else None


def update(target: Any, **values: Any) -> dict[str, list[Any]]:
    """Set attributes of a model, and return what changed as ``{field: [old, new]}``."""
    changes = {}
    for field, new in values.items():
        old = getattr(target, field)
        if old != new:
            changes[field] = [old, new]
            setattr(target, field, new)

    return changes
