"""The searches that people keep."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add their table. On SQLite there are no schemas, and texts compare as they are."""
    is_postgres = op.get_bind().dialect.name == "postgresql"
    schema, text = ("auditlog.", 'TEXT COLLATE "C"') if is_postgres else ("", "TEXT")
    op.execute(
        f"CREATE TABLE {schema}audit_saved_view (\n"
        f"\tid {text} NOT NULL,\n"
        f"\trealm {text} NOT NULL,\n"
        f"\torganization_id {text},\n"
        f"\towner {text} NOT NULL,\n"
        "\tis_shared BOOLEAN NOT NULL,\n"
        "\tname TEXT NOT NULL,\n"
        "\tsearch TEXT NOT NULL,\n"
        "\tcreated_time BIGINT NOT NULL,\n"
        "\tCONSTRAINT pk_audit_saved_view PRIMARY KEY (id)\n"
        ")"
    )
    op.execute(f"CREATE INDEX ix_audit_saved_view_realm ON {schema}audit_saved_view (realm)")
