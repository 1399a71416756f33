CREATE TABLE audit_viewer_link (
	id TEXT NOT NULL,
	realm TEXT NOT NULL,
	organization_id TEXT NOT NULL,
	organization_name TEXT,
	user_id TEXT,
	username TEXT,
	embed TEXT NOT NULL,
	secret_digest BLOB NOT NULL,
	created_time BIGINT NOT NULL,
	created_by TEXT,
	expires_time BIGINT NOT NULL,
	revoked_time BIGINT,
	last_used_time BIGINT,
	CONSTRAINT pk_audit_viewer_link PRIMARY KEY (id),
	CONSTRAINT uq_audit_viewer_link_secret_digest UNIQUE (secret_digest)
)
-- next
CREATE INDEX ix_audit_viewer_link_expires_time ON audit_viewer_link (expires_time)
