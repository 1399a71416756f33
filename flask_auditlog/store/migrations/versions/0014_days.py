"""How many records there are of each day, by type and by organization."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"

_TABLE = """
CREATE TABLE {schema}audit_day_{name} (
	realm TEXT {bytes} NOT NULL,
	day BIGINT NOT NULL,
	{column} TEXT {bytes} NOT NULL,
	own BOOLEAN NOT NULL,
	records BIGINT NOT NULL,
	errors BIGINT NOT NULL,
	CONSTRAINT pk_audit_day_{name} PRIMARY KEY (realm, day, {column}, own)
)"""
# Rounded down, before 1970 too. The condition is what tells SQLite where the question ends.
_FILL = """
INSERT INTO {schema}audit_day_{name} (realm, day, {column}, own, records, errors)
SELECT realm, (hour - ((hour % 24) + 24) % 24) / 24, {column}, own, sum(records), sum(errors)
FROM {schema}audit_hour_{name} WHERE true GROUP BY 1, 2, 3, 4"""


def upgrade() -> None:
    """Make both tables, with what the hours say."""
    is_postgres = op.get_bind().dialect.name == "postgresql"
    about = {
        "schema": "auditlog." if is_postgres else "",
        "bytes": 'COLLATE "C"' if is_postgres else "",
    }
    for name, column in (("type", "type"), ("organization", "organization_id")):
        for statement in (_TABLE, _FILL):
            op.execute(statement.format(name=name, column=column, **about))
