"""What an endpoint wants beside types: a query in the language."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column. On SQLite there are no schemas, and texts compare as they are."""
    is_postgres = op.get_bind().dialect.name == "postgresql"
    schema, collation = ("auditlog.", ' COLLATE "C"') if is_postgres else ("", "")
    op.execute(f"ALTER TABLE {schema}audit_endpoint ADD COLUMN filter TEXT{collation}")
