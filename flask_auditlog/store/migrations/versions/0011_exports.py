"""Exports that are made in the background, and their chunks."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Run the file of this database."""
    connection = op.get_bind()
    script = Path(__file__).with_name(f"0011_{connection.dialect.name}.sql").read_text()
    for statement in script.split("\n-- next\n"):
        connection.exec_driver_sql(statement.replace("%", "%%"))
