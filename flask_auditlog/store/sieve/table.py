"""The table of the sieve, and who fills it.

A segment that is not in it has not been sifted: its records are all looked at. So whoever removes
or erases records removes the lines of their segments, and need not know what these say.
"""

from __future__ import annotations

import sqlalchemy as sa

from ..tables import metadata

FOLLOWER = "sieve"

line = sa.Table(
    "audit_sieve",
    metadata,
    sa.Column("line", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("segment", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("bits", sa.LargeBinary, nullable=False),
)
