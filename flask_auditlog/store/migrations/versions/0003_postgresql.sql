CREATE TABLE auditlog.audit_attempt (
	delivery_id TEXT COLLATE "C" NOT NULL,
	number INTEGER NOT NULL,
	started_time BIGINT NOT NULL,
	milliseconds FLOAT,
	phases TEXT COLLATE "C",
	address TEXT COLLATE "C",
	request_headers TEXT COLLATE "C",
	status INTEGER,
	response_headers TEXT COLLATE "C",
	response_body TEXT COLLATE "C",
	error TEXT COLLATE "C",
	message TEXT COLLATE "C",
	worker TEXT COLLATE "C",
	CONSTRAINT pk_audit_attempt PRIMARY KEY (delivery_id, number)
)
-- next
CREATE INDEX ix_audit_attempt_body ON auditlog.audit_attempt (started_time) WHERE response_body IS NOT NULL
-- next
CREATE INDEX ix_audit_attempt_started_time ON auditlog.audit_attempt (started_time)
-- next
CREATE TABLE auditlog.audit_delivery (
	id TEXT COLLATE "C" NOT NULL,
	endpoint_id TEXT COLLATE "C" NOT NULL,
	position BIGINT NOT NULL,
	type TEXT COLLATE "C" NOT NULL,
	batch TEXT COLLATE "C" NOT NULL,
	cause TEXT COLLATE "C" NOT NULL,
	state TEXT COLLATE "C" NOT NULL,
	lane SMALLINT NOT NULL,
	attempts INTEGER NOT NULL,
	lost INTEGER NOT NULL,
	due_time BIGINT NOT NULL,
	lease_time BIGINT,
	lease TEXT COLLATE "C",
	last_status INTEGER,
	last_error TEXT COLLATE "C",
	created_time BIGINT NOT NULL,
	finished_time BIGINT,
	CONSTRAINT pk_audit_delivery PRIMARY KEY (id),
	CONSTRAINT uq_audit_delivery_endpoint_id UNIQUE (endpoint_id, position, batch)
)
-- next
CREATE INDEX ix_audit_delivery_due ON auditlog.audit_delivery (endpoint_id, lane, due_time) WHERE state = 'pending'
-- next
CREATE INDEX ix_audit_delivery_finished ON auditlog.audit_delivery (finished_time) WHERE finished_time IS NOT NULL
-- next
CREATE INDEX ix_audit_delivery_lease ON auditlog.audit_delivery (lease_time) WHERE state = 'inflight'
-- next
CREATE INDEX ix_audit_delivery_list ON auditlog.audit_delivery (endpoint_id, id)
-- next
CREATE INDEX ix_audit_delivery_oldest ON auditlog.audit_delivery (due_time) WHERE state = 'pending'
-- next
CREATE INDEX ix_audit_delivery_position ON auditlog.audit_delivery (position)
-- next
CREATE INDEX ix_audit_delivery_state ON auditlog.audit_delivery (endpoint_id, state, id)
-- next
CREATE TABLE auditlog.audit_endpoint (
	id TEXT COLLATE "C" NOT NULL,
	realm TEXT COLLATE "C" NOT NULL,
	organization_id TEXT COLLATE "C",
	url TEXT COLLATE "C" NOT NULL,
	description TEXT COLLATE "C",
	enabled BOOLEAN NOT NULL,
	disabled_reason TEXT COLLATE "C",
	disabled_time BIGINT,
	event_types TEXT COLLATE "C" NOT NULL,
	exclude_clients TEXT COLLATE "C" NOT NULL,
	attributes TEXT COLLATE "C" NOT NULL,
	auth_type TEXT COLLATE "C" NOT NULL,
	algorithm TEXT COLLATE "C" NOT NULL,
	audience TEXT COLLATE "C",
	signatures TEXT COLLATE "C" NOT NULL,
	headers BYTEA,
	timeout FLOAT,
	rate_limit FLOAT,
	since_position BIGINT NOT NULL,
	version INTEGER NOT NULL,
	created_by TEXT COLLATE "C",
	created_time BIGINT NOT NULL,
	updated_time BIGINT NOT NULL,
	CONSTRAINT pk_audit_endpoint PRIMARY KEY (id)
)
-- next
CREATE INDEX ix_audit_endpoint_realm ON auditlog.audit_endpoint (realm)
-- next
CREATE TABLE auditlog.audit_endpoint_health (
	endpoint_id TEXT COLLATE "C" NOT NULL,
	state TEXT COLLATE "C",
	paused_until BIGINT,
	in_flight_limit INTEGER,
	next_time BIGINT,
	CONSTRAINT pk_audit_endpoint_health PRIMARY KEY (endpoint_id)
)
-- next
CREATE TABLE auditlog.audit_endpoint_secret (
	id TEXT COLLATE "C" NOT NULL,
	endpoint_id TEXT COLLATE "C" NOT NULL,
	kind TEXT COLLATE "C" NOT NULL,
	ciphertext BYTEA NOT NULL,
	created_time BIGINT NOT NULL,
	expires_time BIGINT,
	CONSTRAINT pk_audit_endpoint_secret PRIMARY KEY (id)
)
-- next
CREATE INDEX ix_audit_endpoint_secret_endpoint_id ON auditlog.audit_endpoint_secret (endpoint_id)
-- next
CREATE TABLE auditlog.audit_follower (
	name TEXT COLLATE "C" NOT NULL,
	position BIGINT NOT NULL,
	moved_time BIGINT NOT NULL,
	CONSTRAINT pk_audit_follower PRIMARY KEY (name)
)
-- next
CREATE TABLE auditlog.audit_replay (
	id TEXT COLLATE "C" NOT NULL,
	endpoint_id TEXT COLLATE "C" NOT NULL,
	kind TEXT COLLATE "C" NOT NULL,
	state TEXT COLLATE "C" NOT NULL,
	after_time BIGINT,
	before_time BIGINT,
	after_position BIGINT NOT NULL,
	before_position BIGINT NOT NULL,
	held BOOLEAN NOT NULL,
	rate FLOAT NOT NULL,
	cursor TEXT COLLATE "C" NOT NULL,
	made BIGINT NOT NULL,
	planned BIGINT NOT NULL,
	is_exact BOOLEAN NOT NULL,
	due_time BIGINT NOT NULL,
	created_by TEXT COLLATE "C",
	created_time BIGINT NOT NULL,
	updated_time BIGINT NOT NULL,
	finished_time BIGINT,
	CONSTRAINT pk_audit_replay PRIMARY KEY (id)
)
-- next
CREATE INDEX ix_audit_replay_endpoint_id ON auditlog.audit_replay (endpoint_id)
