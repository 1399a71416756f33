"""The log, its registers, and the triggers that keep it append-only.

The statements stand in two files of plain SQL, one for each database, for those who want
to read or run them by hand. They are never edited: a change is a new migration. There is
no way down: the log is append-only.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the file of this database."""
    connection = op.get_bind()
    script = Path(__file__).with_name(f"0001_{connection.dialect.name}.sql").read_text()
    for statement in script.split("\n-- next\n"):
        connection.exec_driver_sql(statement.replace("%", "%%"))
