CREATE TABLE audit_attempt (
	delivery_id TEXT NOT NULL,
	number INTEGER NOT NULL,
	started_time BIGINT NOT NULL,
	milliseconds FLOAT,
	phases TEXT,
	address TEXT,
	request_headers TEXT,
	status INTEGER,
	response_headers TEXT,
	response_body TEXT,
	error TEXT,
	message TEXT,
	worker TEXT,
	CONSTRAINT pk_audit_attempt PRIMARY KEY (delivery_id, number)
)
-- next
CREATE INDEX ix_audit_attempt_body ON audit_attempt (started_time) WHERE response_body IS NOT NULL
-- next
CREATE INDEX ix_audit_attempt_started_time ON audit_attempt (started_time)
-- next
CREATE TABLE audit_delivery (
	id TEXT NOT NULL,
	endpoint_id TEXT NOT NULL,
	position BIGINT NOT NULL,
	type TEXT NOT NULL,
	batch TEXT NOT NULL,
	cause TEXT NOT NULL,
	state TEXT NOT NULL,
	lane SMALLINT NOT NULL,
	attempts INTEGER NOT NULL,
	lost INTEGER NOT NULL,
	due_time BIGINT NOT NULL,
	lease_time BIGINT,
	lease TEXT,
	last_status INTEGER,
	last_error TEXT,
	created_time BIGINT NOT NULL,
	finished_time BIGINT,
	CONSTRAINT pk_audit_delivery PRIMARY KEY (id),
	CONSTRAINT uq_audit_delivery_endpoint_id UNIQUE (endpoint_id, position, batch)
)
-- next
CREATE INDEX ix_audit_delivery_due ON audit_delivery (endpoint_id, lane, due_time) WHERE state = 'pending'
-- next
CREATE INDEX ix_audit_delivery_finished ON audit_delivery (finished_time) WHERE finished_time IS NOT NULL
-- next
CREATE INDEX ix_audit_delivery_lease ON audit_delivery (lease_time) WHERE state = 'inflight'
-- next
CREATE INDEX ix_audit_delivery_list ON audit_delivery (endpoint_id, id)
-- next
CREATE INDEX ix_audit_delivery_oldest ON audit_delivery (due_time) WHERE state = 'pending'
-- next
CREATE INDEX ix_audit_delivery_position ON audit_delivery (position)
-- next
CREATE INDEX ix_audit_delivery_state ON audit_delivery (endpoint_id, state, id)
-- next
CREATE TABLE audit_endpoint (
	id TEXT NOT NULL,
	realm TEXT NOT NULL,
	organization_id TEXT,
	url TEXT NOT NULL,
	description TEXT,
	enabled BOOLEAN NOT NULL,
	disabled_reason TEXT,
	disabled_time BIGINT,
	event_types TEXT NOT NULL,
	exclude_clients TEXT NOT NULL,
	attributes TEXT NOT NULL,
	auth_type TEXT NOT NULL,
	algorithm TEXT NOT NULL,
	audience TEXT,
	signatures TEXT NOT NULL,
	headers BLOB,
	timeout FLOAT,
	rate_limit FLOAT,
	since_position BIGINT NOT NULL,
	version INTEGER NOT NULL,
	created_by TEXT,
	created_time BIGINT NOT NULL,
	updated_time BIGINT NOT NULL,
	CONSTRAINT pk_audit_endpoint PRIMARY KEY (id)
)
-- next
CREATE INDEX ix_audit_endpoint_realm ON audit_endpoint (realm)
-- next
CREATE TABLE audit_endpoint_health (
	endpoint_id TEXT NOT NULL,
	state TEXT,
	paused_until BIGINT,
	in_flight_limit INTEGER,
	next_time BIGINT,
	CONSTRAINT pk_audit_endpoint_health PRIMARY KEY (endpoint_id)
)
-- next
CREATE TABLE audit_endpoint_secret (
	id TEXT NOT NULL,
	endpoint_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	ciphertext BLOB NOT NULL,
	created_time BIGINT NOT NULL,
	expires_time BIGINT,
	CONSTRAINT pk_audit_endpoint_secret PRIMARY KEY (id)
)
-- next
CREATE INDEX ix_audit_endpoint_secret_endpoint_id ON audit_endpoint_secret (endpoint_id)
-- next
CREATE TABLE audit_follower (
	name TEXT NOT NULL,
	position BIGINT NOT NULL,
	moved_time BIGINT NOT NULL,
	CONSTRAINT pk_audit_follower PRIMARY KEY (name)
)
-- next
CREATE TABLE audit_replay (
	id TEXT NOT NULL,
	endpoint_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	state TEXT NOT NULL,
	after_time BIGINT,
	before_time BIGINT,
	after_position BIGINT NOT NULL,
	before_position BIGINT NOT NULL,
	held BOOLEAN NOT NULL,
	rate FLOAT NOT NULL,
	cursor TEXT NOT NULL,
	made BIGINT NOT NULL,
	planned BIGINT NOT NULL,
	is_exact BOOLEAN NOT NULL,
	due_time BIGINT NOT NULL,
	created_by TEXT,
	created_time BIGINT NOT NULL,
	updated_time BIGINT NOT NULL,
	finished_time BIGINT,
	CONSTRAINT pk_audit_replay PRIMARY KEY (id)
)
-- next
CREATE INDEX ix_audit_replay_endpoint_id ON audit_replay (endpoint_id)
