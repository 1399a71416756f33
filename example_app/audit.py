"""All that Ledgerly says to the audit log. The rest is a line where something happens that no
table shows.
"""

from __future__ import annotations

from typing import Any

from flask_login import current_user
from marshmallow import fields
from marshmallow import Schema

from flask_auditlog import AuditLog

from .models import Base
from .models import Customer
from .models import Invoice
from .models import Line
from .models import Mail
from .models import Membership
from .models import Organization
from .models import Role
from .models import User

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


def slug_of(model: Any) -> str | None:
    """The organization of what is changed. Who registers is not signed in yet."""
    return model.organization.slug if model.organization else None


def slug_of_user(user: Any) -> str | None:
    return slug_of(user.membership) if user.membership else None


# Every table is audited, also the next one that somebody adds.
audit.track_all(
    Base, exclude={Mail: "Stands in for a mail server. That it was sent is an event of its own."}
)
# `last_number` counts invoices, which are told of anyway.
audit.track(Organization, label="name", ignore={"last_number"}, organization="slug")
# What is done to these two is UPDATE_PASSWORD and VERIFY_EMAIL.
audit.track(
    User, label="email", ignore={"password_hash", "email_verified"}, organization=slug_of_user
)
audit.track(Membership, resource_type="ORGANIZATION_MEMBERSHIP", organization=slug_of)
audit.track(Customer, label="name")
audit.track(Line, resource_type="INVOICE_LINE", label="description")
# A new status is one of the types below.
audit.track(Invoice, label="number", ignore={"status"})


class InvoiceFacts(Schema):
    """What the log says of an invoice."""

    number = fields.String(required=True)
    customer = fields.String(required=True)
    amount = fields.Integer(required=True, metadata={"description": "In cents."})
    currency = fields.String(required=True)
    due = fields.Date(required=True)
    lines = fields.Integer(required=True)


class InvoicePaid(InvoiceFacts):
    """What it says of one that was paid."""

    method = fields.String(required=True)
    reference = fields.String(allow_none=True)


FACTS = {
    "number": "INV-0001",
    "customer": "Blue Door Café",
    "amount": 3025,
    "currency": "EUR",
    "due": "2026-03-31",
    "lines": 1,
}

audit.define(
    "invoice.sent", schema=InvoiceFacts, description="It went to the customer.", example=FACTS
)
audit.define(
    "invoice.voided", schema=InvoiceFacts, description="It is not to be paid.", example=FACTS
)
audit.define(
    "invoice.reminded",
    schema=InvoiceFacts,
    description="The customer was reminded of it, by mail.",
    example=FACTS,
)
audit.define(
    "invoice.paid",
    schema=InvoicePaid,
    description="It was paid, as somebody here has seen.",
    example={**FACTS, "method": "card", "reference": "R100"},
)
