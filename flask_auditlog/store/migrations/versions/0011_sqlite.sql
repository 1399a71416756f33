CREATE TABLE audit_export (
	id TEXT NOT NULL,
	realm TEXT NOT NULL,
	organization_id TEXT,
	owner TEXT NOT NULL,
	actor TEXT NOT NULL,
	request_id TEXT,
	format TEXT NOT NULL,
	columns TEXT,
	"query" TEXT NOT NULL,
	asked TEXT NOT NULL,
	began TEXT,
	state TEXT NOT NULL,
	pin BIGINT NOT NULL,
	now BIGINT NOT NULL,
	planned BIGINT,
	records BIGINT NOT NULL,
	bytes BIGINT NOT NULL,
	chunks INTEGER NOT NULL,
	cursor_time BIGINT,
	cursor_position BIGINT,
	newest_time BIGINT,
	first_position BIGINT,
	last_position BIGINT,
	sha256 TEXT,
	failures INTEGER NOT NULL,
	error TEXT,
	lease TEXT,
	lease_time BIGINT NOT NULL,
	created_time BIGINT NOT NULL,
	finished_time BIGINT,
	expires_time BIGINT,
	CONSTRAINT pk_audit_export PRIMARY KEY (id)
)
-- next
CREATE INDEX ix_audit_export_owner ON audit_export (owner)
-- next
CREATE TABLE audit_export_chunk (
	export_id TEXT NOT NULL,
	number INTEGER NOT NULL,
	data BLOB NOT NULL,
	CONSTRAINT pk_audit_export_chunk PRIMARY KEY (export_id, number)
)
