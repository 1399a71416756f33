"""Endpoints with certificates and authorities of their own."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column. On SQLite there are no schemas."""
    postgres = op.get_bind().dialect.name == "postgresql"
    schema, binary = ("auditlog.", "BYTEA") if postgres else ("", "BLOB")
    op.execute(f"ALTER TABLE {schema}audit_endpoint ADD COLUMN tls {binary}")
