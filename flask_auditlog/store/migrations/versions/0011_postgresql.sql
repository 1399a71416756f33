CREATE TABLE auditlog.audit_export (
	id TEXT COLLATE "C" NOT NULL,
	realm TEXT COLLATE "C" NOT NULL,
	organization_id TEXT COLLATE "C",
	owner TEXT COLLATE "C" NOT NULL,
	actor TEXT COLLATE "C" NOT NULL,
	request_id TEXT COLLATE "C",
	format TEXT COLLATE "C" NOT NULL,
	columns TEXT COLLATE "C",
	query TEXT COLLATE "C" NOT NULL,
	asked TEXT COLLATE "C" NOT NULL,
	began TEXT COLLATE "C",
	state TEXT COLLATE "C" NOT NULL,
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
	sha256 TEXT COLLATE "C",
	failures INTEGER NOT NULL,
	error TEXT COLLATE "C",
	lease TEXT COLLATE "C",
	lease_time BIGINT NOT NULL,
	created_time BIGINT NOT NULL,
	finished_time BIGINT,
	expires_time BIGINT,
	CONSTRAINT pk_audit_export PRIMARY KEY (id)
)
-- next
CREATE INDEX ix_audit_export_owner ON auditlog.audit_export (owner)
-- next
CREATE TABLE auditlog.audit_export_chunk (
	export_id TEXT COLLATE "C" NOT NULL,
	number INTEGER NOT NULL,
	data BYTEA NOT NULL,
	CONSTRAINT pk_audit_export_chunk PRIMARY KEY (export_id, number)
)
