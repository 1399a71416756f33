CREATE TABLE audit_answer (
	token_id TEXT NOT NULL,
	realm TEXT NOT NULL,
	"key" TEXT NOT NULL,
	request_digest BLOB NOT NULL,
	answer TEXT NOT NULL,
	created_time BIGINT NOT NULL,
	CONSTRAINT pk_audit_answer PRIMARY KEY (token_id, realm, "key")
)
-- next
CREATE INDEX ix_audit_answer_created_time ON audit_answer (created_time)
-- next
CREATE TABLE audit_realm (
	name TEXT NOT NULL,
	created_time BIGINT NOT NULL,
	CONSTRAINT pk_audit_realm PRIMARY KEY (name)
)
-- next
CREATE TABLE audit_record (
	position INTEGER NOT NULL,
	uid CHAR(36) NOT NULL,
	received_time BIGINT NOT NULL,
	time BIGINT NOT NULL,
	realm TEXT NOT NULL,
	organization_id TEXT,
	type TEXT NOT NULL,
	operation TEXT,
	resource_type TEXT,
	resource_path TEXT,
	error TEXT,
	user_id TEXT,
	username TEXT,
	client_id TEXT,
	ip BLOB,
	session_id TEXT,
	request_id TEXT,
	source TEXT NOT NULL,
	token_id TEXT,
	body TEXT NOT NULL,
	salt BLOB NOT NULL,
	digest BLOB NOT NULL,
	CONSTRAINT pk_audit_record PRIMARY KEY (position),
	CONSTRAINT uq_audit_record_uid UNIQUE (uid)
)
-- next
CREATE INDEX ix_audit_record_client_id ON audit_record (client_id, time, position) WHERE client_id IS NOT NULL
-- next
CREATE INDEX ix_audit_record_error ON audit_record (time, position) WHERE error IS NOT NULL
-- next
CREATE INDEX ix_audit_record_ip ON audit_record (ip, time, position) WHERE ip IS NOT NULL
-- next
CREATE INDEX ix_audit_record_organization_id ON audit_record (organization_id, time, position) WHERE organization_id IS NOT NULL
-- next
CREATE INDEX ix_audit_record_realm_time ON audit_record (realm, time, position)
-- next
CREATE INDEX ix_audit_record_request_id ON audit_record (request_id, time, position) WHERE request_id IS NOT NULL
-- next
CREATE INDEX ix_audit_record_resource_path ON audit_record (resource_path, time, position) WHERE resource_path IS NOT NULL
-- next
CREATE INDEX ix_audit_record_resource_type ON audit_record (resource_type, time, position) WHERE resource_type IS NOT NULL
-- next
CREATE INDEX ix_audit_record_session_id ON audit_record (session_id, time, position) WHERE session_id IS NOT NULL
-- next
CREATE INDEX ix_audit_record_type ON audit_record (type, time, position)
-- next
CREATE INDEX ix_audit_record_user_id ON audit_record (user_id, time, position) WHERE user_id IS NOT NULL
-- next
CREATE INDEX ix_audit_record_username ON audit_record (username, time, position) WHERE username IS NOT NULL
-- next
CREATE TABLE audit_token (
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	realm TEXT NOT NULL,
	organization_id TEXT,
	permissions TEXT NOT NULL,
	secret_digest BLOB NOT NULL,
	created_time BIGINT NOT NULL,
	created_by TEXT,
	expires_time BIGINT,
	revoked_time BIGINT,
	last_used_time BIGINT,
	CONSTRAINT pk_audit_token PRIMARY KEY (id),
	CONSTRAINT uq_audit_token_secret_digest UNIQUE (secret_digest)
)
-- next
CREATE TRIGGER audit_record_no_update BEFORE UPDATE ON audit_record
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
-- next
CREATE TRIGGER audit_record_no_delete BEFORE DELETE ON audit_record
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
-- next
CREATE TRIGGER audit_record_no_replace BEFORE INSERT ON audit_record
WHEN EXISTS (SELECT 1 FROM audit_record WHERE position = NEW.position OR uid = NEW.uid)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
