CREATE TABLE auditlog.audit_answer (
	token_id TEXT COLLATE "C" NOT NULL,
	realm TEXT COLLATE "C" NOT NULL,
	key TEXT COLLATE "C" NOT NULL,
	request_digest BYTEA NOT NULL,
	answer TEXT NOT NULL,
	created_time BIGINT NOT NULL,
	CONSTRAINT pk_audit_answer PRIMARY KEY (token_id, realm, key)
)
-- next
CREATE INDEX ix_audit_answer_created_time ON auditlog.audit_answer (created_time)
-- next
CREATE TABLE auditlog.audit_realm (
	name TEXT COLLATE "C" NOT NULL,
	created_time BIGINT NOT NULL,
	CONSTRAINT pk_audit_realm PRIMARY KEY (name)
)
-- next
CREATE TABLE auditlog.audit_record (
	position BIGINT NOT NULL,
	uid UUID NOT NULL,
	received_time BIGINT NOT NULL,
	time BIGINT NOT NULL,
	realm TEXT COLLATE "C" NOT NULL,
	organization_id TEXT COLLATE "C",
	type TEXT COLLATE "C" NOT NULL,
	operation TEXT COLLATE "C",
	resource_type TEXT COLLATE "C",
	resource_path TEXT COLLATE "C",
	error TEXT COLLATE "C",
	user_id TEXT COLLATE "C",
	username TEXT COLLATE "C",
	client_id TEXT COLLATE "C",
	ip BYTEA,
	session_id TEXT COLLATE "C",
	request_id TEXT COLLATE "C",
	source TEXT COLLATE "C" NOT NULL,
	token_id TEXT COLLATE "C",
	body TEXT NOT NULL,
	salt BYTEA NOT NULL,
	digest BYTEA NOT NULL,
	CONSTRAINT pk_audit_record PRIMARY KEY (position),
	CONSTRAINT uq_audit_record_uid UNIQUE (uid)
)
-- next
CREATE INDEX ix_audit_record_client_id ON auditlog.audit_record (client_id, time, position) WHERE client_id IS NOT NULL
-- next
CREATE INDEX ix_audit_record_error ON auditlog.audit_record (time, position) WHERE error IS NOT NULL
-- next
CREATE INDEX ix_audit_record_ip ON auditlog.audit_record (ip, time, position) WHERE ip IS NOT NULL
-- next
CREATE INDEX ix_audit_record_organization_id ON auditlog.audit_record (organization_id, time, position) WHERE organization_id IS NOT NULL
-- next
CREATE INDEX ix_audit_record_realm_time ON auditlog.audit_record (realm, time, position)
-- next
CREATE INDEX ix_audit_record_request_id ON auditlog.audit_record (request_id, time, position) WHERE request_id IS NOT NULL
-- next
CREATE INDEX ix_audit_record_resource_path ON auditlog.audit_record (resource_path, time, position) WHERE resource_path IS NOT NULL
-- next
CREATE INDEX ix_audit_record_resource_type ON auditlog.audit_record (resource_type, time, position) WHERE resource_type IS NOT NULL
-- next
CREATE INDEX ix_audit_record_session_id ON auditlog.audit_record (session_id, time, position) WHERE session_id IS NOT NULL
-- next
CREATE INDEX ix_audit_record_type ON auditlog.audit_record (type, time, position)
-- next
CREATE INDEX ix_audit_record_user_id ON auditlog.audit_record (user_id, time, position) WHERE user_id IS NOT NULL
-- next
CREATE INDEX ix_audit_record_username ON auditlog.audit_record (username, time, position) WHERE username IS NOT NULL
-- next
CREATE TABLE auditlog.audit_token (
	id TEXT COLLATE "C" NOT NULL,
	name TEXT COLLATE "C" NOT NULL,
	realm TEXT COLLATE "C" NOT NULL,
	organization_id TEXT COLLATE "C",
	permissions TEXT COLLATE "C" NOT NULL,
	secret_digest BYTEA NOT NULL,
	created_time BIGINT NOT NULL,
	created_by TEXT COLLATE "C",
	expires_time BIGINT,
	revoked_time BIGINT,
	last_used_time BIGINT,
	CONSTRAINT pk_audit_token PRIMARY KEY (id),
	CONSTRAINT uq_audit_token_secret_digest UNIQUE (secret_digest)
)
-- next
CREATE FUNCTION auditlog.audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'AL403'; END $$
-- next
CREATE TRIGGER audit_record_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON auditlog.audit_record
FOR EACH STATEMENT EXECUTE FUNCTION auditlog.audit_refuse()
-- next
CREATE FUNCTION auditlog.audit_append(
  entries json, expected bigint,
  key_token text, key_realm text, key_value text, key_digest text, key_answer text,
  OUT head bigint, OUT received bigint, OUT added bigint, OUT answer text
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  known auditlog.audit_answer;
  now_ms bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
BEGIN
  PERFORM pg_advisory_xact_lock(418581342580);
  IF key_value IS NOT NULL THEN
    DELETE FROM auditlog.audit_answer WHERE created_time < now_ms - 86400000;
    SELECT * INTO known FROM auditlog.audit_answer a
      WHERE a.token_id = key_token AND a.realm = key_realm AND a.key = key_value;
    IF FOUND THEN
      IF known.request_digest <> decode(key_digest, 'hex') THEN
        RAISE EXCEPTION 'key reused' USING ERRCODE = 'AL422';
      END IF;
      answer := known.answer;
      RETURN;
    END IF;
    INSERT INTO auditlog.audit_answer
      VALUES (key_token, key_realm, key_value, decode(key_digest, 'hex'), key_answer, now_ms);
  END IF;
  SELECT r.position, greatest(now_ms, r.received_time) INTO head, received
    FROM auditlog.audit_record r ORDER BY r.position DESC LIMIT 1;
  head := coalesce(head, 0);
  received := coalesce(received, now_ms);
  INSERT INTO auditlog.audit_record (position, received_time, uid, time, realm, organization_id, type, operation, resource_type, resource_path, error, user_id, username, client_id, ip, session_id, request_id, source, token_id, body, salt, digest)
    SELECT head + row_number() OVER (ORDER BY e.n), received, e.uid, e.time, e.realm, e.organization_id, e.type, e.operation, e.resource_type, e.resource_path, e.error, e.user_id, e.username, e.client_id, decode(e.ip, 'hex'), e.session_id, e.request_id, e.source, e.token_id, e.body, decode(e.salt, 'hex'), decode(e.digest, 'hex')
    FROM ROWS FROM (json_to_recordset(entries) AS (uid uuid, time bigint, realm text, organization_id text, type text, operation text, resource_type text, resource_path text, error text, user_id text, username text, client_id text, ip text, session_id text, request_id text, source text, token_id text, body text, salt text, digest text)) WITH ORDINALITY AS e (uid, time, realm, organization_id, type, operation, resource_type, resource_path, error, user_id, username, client_id, ip, session_id, request_id, source, token_id, body, salt, digest, n)
    WHERE NOT EXISTS (SELECT 1 FROM auditlog.audit_record o WHERE o.uid = e.uid);
  GET DIAGNOSTICS added = ROW_COUNT;
  IF added < expected AND EXISTS (
    SELECT 1 FROM json_to_recordset(entries) AS e (uid uuid, body text)
    JOIN auditlog.audit_record r ON r.uid = e.uid
    WHERE r.digest <> sha256(r.salt || convert_to(e.body, 'UTF8'))
  ) THEN
    RAISE EXCEPTION 'uid taken' USING ERRCODE = 'AL409';
  END IF;
END $$
