CREATE TABLE auditlog.audit_sieve (
	line INTEGER NOT NULL,
	segment INTEGER NOT NULL,
	bits BYTEA NOT NULL,
	CONSTRAINT pk_audit_sieve PRIMARY KEY (line, segment)
)
