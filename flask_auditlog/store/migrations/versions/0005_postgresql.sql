CREATE TABLE auditlog.audit_hour (
	realm TEXT COLLATE "C" NOT NULL,
	hour BIGINT NOT NULL,
	own BOOLEAN NOT NULL,
	records BIGINT NOT NULL,
	errors BIGINT NOT NULL,
	CONSTRAINT pk_audit_hour PRIMARY KEY (realm, hour, own)
)
-- next
CREATE TABLE auditlog.audit_hour_type (
	realm TEXT COLLATE "C" NOT NULL,
	type TEXT COLLATE "C" NOT NULL,
	hour BIGINT NOT NULL,
	own BOOLEAN NOT NULL,
	records BIGINT NOT NULL,
	errors BIGINT NOT NULL,
	CONSTRAINT pk_audit_hour_type PRIMARY KEY (realm, type, hour, own)
)
-- next
CREATE TABLE auditlog.audit_hour_organization (
	realm TEXT COLLATE "C" NOT NULL,
	organization_id TEXT COLLATE "C" NOT NULL,
	hour BIGINT NOT NULL,
	own BOOLEAN NOT NULL,
	records BIGINT NOT NULL,
	errors BIGINT NOT NULL,
	CONSTRAINT pk_audit_hour_organization PRIMARY KEY (realm, organization_id, hour, own)
)
