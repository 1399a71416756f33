CREATE TABLE audit_sieve (
	line INTEGER NOT NULL,
	segment INTEGER NOT NULL,
	bits BLOB NOT NULL,
	CONSTRAINT pk_audit_sieve PRIMARY KEY (line, segment)
)
