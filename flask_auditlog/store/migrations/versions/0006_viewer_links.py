"""Links to the viewer, each for one organization."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Run the file of this database."""
    connection = op.get_bind()
    script = Path(__file__).with_name(f"0006_{connection.dialect.name}.sql").read_text()
    for statement in script.split("\n-- next\n"):
        connection.exec_driver_sql(statement.replace("%", "%%"))
