CREATE TABLE audit_hour (
	realm TEXT NOT NULL,
	hour BIGINT NOT NULL,
	own BOOLEAN NOT NULL,
	records BIGINT NOT NULL,
	errors BIGINT NOT NULL,
	CONSTRAINT pk_audit_hour PRIMARY KEY (realm, hour, own)
)
-- next
CREATE TABLE audit_hour_type (
	realm TEXT NOT NULL,
	type TEXT NOT NULL,
	hour BIGINT NOT NULL,
	own BOOLEAN NOT NULL,
	records BIGINT NOT NULL,
	errors BIGINT NOT NULL,
	CONSTRAINT pk_audit_hour_type PRIMARY KEY (realm, type, hour, own)
)
-- next
CREATE TABLE audit_hour_organization (
	realm TEXT NOT NULL,
	organization_id TEXT NOT NULL,
	hour BIGINT NOT NULL,
	own BOOLEAN NOT NULL,
	records BIGINT NOT NULL,
	errors BIGINT NOT NULL,
	CONSTRAINT pk_audit_hour_organization PRIMARY KEY (realm, organization_id, hour, own)
)
