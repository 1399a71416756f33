"""Endpoints that get their events in order, and an index by which the first one is found."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column and the index. On SQLite there are no schemas, and one collation."""
    postgres = op.get_bind().dialect.name == "postgresql"
    schema, text = ("auditlog.", 'TEXT COLLATE "C"') if postgres else ("", "TEXT")
    op.execute(
        f"ALTER TABLE {schema}audit_endpoint ADD COLUMN ordering {text} DEFAULT 'none' NOT NULL"
    )
    op.execute(
        "CREATE INDEX ix_audit_delivery_order "
        f"ON {schema}audit_delivery (endpoint_id, lane, position) WHERE state = 'pending'"
    )
