"""What a viewer link may change."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column: the links that live may change nothing, as before."""
    is_postgres = op.get_bind().dialect.name == "postgresql"
    schema = "auditlog." if is_postgres else ""
    op.execute(f"ALTER TABLE {schema}audit_viewer_link ADD COLUMN allow TEXT DEFAULT '' NOT NULL")
