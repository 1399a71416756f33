"""An index by which one organization's records are read on from a position."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the index. On SQLite there are no schemas."""
    schema = "auditlog." if op.get_bind().dialect.name == "postgresql" else ""
    op.execute(
        "CREATE INDEX ix_audit_record_organization_position "
        f"ON {schema}audit_record (organization_id, position) WHERE organization_id IS NOT NULL"
    )
