"""The sieve: which blocks of records hold which pieces of text."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Run the file of this database."""
    connection = op.get_bind()
    script = Path(__file__).with_name(f"0012_{connection.dialect.name}.sql").read_text()
    for statement in script.split("\n-- next\n"):
        connection.exec_driver_sql(statement.replace("%", "%%"))
