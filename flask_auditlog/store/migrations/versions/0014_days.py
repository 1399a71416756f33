"""How many records there are of each day: of all, by type and by organization."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"

_TABLE = """
CREATE TABLE {schema}{days} (
	realm TEXT {bytes} NOT NULL,
	day BIGINT NOT NULL,
	{column_made}own BOOLEAN NOT NULL,
	records BIGINT NOT NULL,
	errors BIGINT NOT NULL,
	CONSTRAINT pk_{days} PRIMARY KEY (realm, day, {column}own)
)"""
# Rounded down, before 1970 too. The condition is what tells SQLite where the question ends.
_FILL = """
INSERT INTO {schema}{days} (realm, day, {column}own, records, errors)
SELECT realm, (hour - ((hour % 24) + 24) % 24) / 24 AS day, {column}own, sum(records), sum(errors)
FROM {schema}{hours} WHERE true GROUP BY realm, day, {column}own"""
_COLUMNS = {"": "", "_type": "type", "_organization": "organization_id"}


def upgrade() -> None:
    """Make the tables, with what the hours say."""
    is_postgres = op.get_bind().dialect.name == "postgresql"
    schema, collate = ("auditlog.", 'COLLATE "C"') if is_postgres else ("", "")
    for name, column in _COLUMNS.items():
        names = {
            "schema": schema,
            "bytes": collate,
            "days": f"audit_day{name}",
            "hours": f"audit_hour{name}",
            "column": f"{column}, " if column else "",
            "column_made": f"{column} TEXT {collate} NOT NULL,\n\t" if column else "",
        }
        op.execute(_TABLE.format(**names))
        op.execute(_FILL.format(**names))
