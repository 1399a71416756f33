"""The append reads its batch before it takes the lock, and not under it.

SQLite has no such function: there is nothing to do.
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Put the new function in the place of the old one."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        script = Path(__file__).with_name("0002_postgresql.sql").read_text()
        connection.exec_driver_sql(script.replace("%", "%%"))
