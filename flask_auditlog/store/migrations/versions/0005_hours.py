"""How many records there are of each hour, by type and by organization."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Run the file of this database."""
    connection = op.get_bind()
    script = Path(__file__).with_name(f"0005_{connection.dialect.name}.sql").read_text()
    for statement in script.split("\n-- next\n"):
        connection.exec_driver_sql(statement.replace("%", "%%"))
