"""The tables, their indexes, and the triggers that keep the log append-only.

PostgreSQL holds them in a schema of their own, so that a host's Alembic autogenerate does
not see them; SQLite has no schemas, hence the prefix in the names.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

SCHEMA = "auditlog"

metadata = sa.MetaData(
    schema=SCHEMA,
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    },
)

# The C collation makes prefixes a range of the index and compares bytes, as SQLite does.
Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
# Not the dialect's own type: importing the dialect costs a third of importing this package.
Uuid = sa.CHAR(36).with_variant(sa.UUID(as_uuid=False), "postgresql")
# Only an INTEGER primary key is SQLite's rowid, by which its table is ordered.
Position = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

record = sa.Table(
    "audit_record",
    metadata,
    sa.Column("position", Position, primary_key=True, autoincrement=False),
    sa.Column("uid", Uuid, nullable=False, unique=True),
    sa.Column("received_time", sa.BigInteger, nullable=False),
    sa.Column("time", sa.BigInteger, nullable=False),
    sa.Column("realm", Text, nullable=False),
    sa.Column("organization_id", Text),
    sa.Column("type", Text, nullable=False),
    sa.Column("operation", Text),
    sa.Column("resource_type", Text),
    sa.Column("resource_path", Text),
    sa.Column("error", Text),
    sa.Column("user_id", Text),
    sa.Column("username", Text),
    sa.Column("client_id", Text),
    # 16 bytes, IPv4 as ::ffff:a.b.c.d, so that a network is one range on both databases.
    sa.Column("ip", sa.LargeBinary),
    sa.Column("session_id", Text),
    sa.Column("request_id", Text),
    sa.Column("source", Text, nullable=False),
    sa.Column("token_id", Text),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
)

# What a caller hands to the append; position and received_time are given by the log.
APPENDED = tuple(c.name for c in record.columns if c.name not in {"position", "received_time"})

realm = sa.Table(
    "audit_realm",
    metadata,
    sa.Column("name", Text, primary_key=True),
    sa.Column("created_time", sa.BigInteger, nullable=False),
)

token = sa.Table(
    "audit_token",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("name", Text, nullable=False),
    sa.Column("realm", Text, nullable=False),
    sa.Column("organization_id", Text),
    sa.Column("permissions", Text, nullable=False),
    sa.Column("secret_digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("created_time", sa.BigInteger, nullable=False),
    sa.Column("created_by", Text),
    sa.Column("expires_time", sa.BigInteger),
    sa.Column("revoked_time", sa.BigInteger),
    sa.Column("last_used_time", sa.BigInteger),
)

# The first answer to each Idempotency-Key, committed with the events it speaks of.
answer = sa.Table(
    "audit_answer",
    metadata,
    sa.Column("token_id", Text, primary_key=True),
    sa.Column("realm", Text, primary_key=True),
    sa.Column("key", Text, primary_key=True),
    sa.Column("request_digest", sa.LargeBinary, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("created_time", sa.BigInteger, nullable=False, index=True),
)

# Any number will do that no other program takes.
LOCK = int.from_bytes(b"audit", "big")
# How long an Idempotency-Key is remembered, in milliseconds.
KEEP_ANSWERS = 24 * 3600 * 1000

_SQLITE = (
    """
CREATE TRIGGER audit_record_no_update BEFORE UPDATE ON audit_record
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
""",
    """
CREATE TRIGGER audit_record_no_delete BEFORE DELETE ON audit_record
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
""",
    # INSERT OR REPLACE deletes without firing the trigger above.
    """
CREATE TRIGGER audit_record_no_replace BEFORE INSERT ON audit_record
WHEN EXISTS (SELECT 1 FROM audit_record WHERE position = NEW.position OR uid = NEW.uid)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
""",
)

_TYPES = {"uid": "uuid", "time": "bigint", "ip": "text", "salt": "text", "digest": "text"}
_FIELDS = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in APPENDED)
_COLUMNS = ", ".join(APPENDED)
_BYTES = {"ip", "salt", "digest"}
# One row of the table, in its order; what the log gives is not known yet.
_ROW = ", ".join(
    f"decode(e.{n}, 'hex')" if n in _BYTES else f"e.{n}" if n in APPENDED else "NULL"
    for n in record.columns.keys()  # noqa: SIM118 (its items are columns)
)
_ORDER = ", ".join(record.columns.keys())

# One call, so that the lock is never held while a client thinks. The lock comes first and
# the statements after it take new snapshots: one statement that does both would look for
# uids in a snapshot older than the lock, and ON CONFLICT would leave gaps after a retry.
# The batch is read before the lock is taken: that is a third of the work of a large one.
# One short row comes back: the lock is held until the answer is sent, and a client that has
# stopped reads no more of it than fits its socket.
_APPEND = f"""
CREATE FUNCTION {SCHEMA}.audit_append(
  entries json, expected bigint,
  key_token text, key_realm text, key_value text, key_digest text, key_answer text,
  OUT head bigint, OUT received bigint, OUT added bigint, OUT answer text
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  known {SCHEMA}.audit_answer;
  batch {SCHEMA}.audit_record[];
  now_ms bigint;
BEGIN
  batch := ARRAY(
    SELECT ROW({_ROW})::{SCHEMA}.audit_record
    FROM ROWS FROM (json_to_recordset(entries) AS ({_FIELDS})) WITH ORDINALITY AS e ({_COLUMNS}, n)
    ORDER BY e.n);
  PERFORM pg_advisory_xact_lock({LOCK});
  now_ms := floor(extract(epoch FROM clock_timestamp()) * 1000);
  IF key_value IS NOT NULL THEN
    DELETE FROM {SCHEMA}.audit_answer WHERE created_time < now_ms - {KEEP_ANSWERS};
    SELECT * INTO known FROM {SCHEMA}.audit_answer a
      WHERE a.token_id = key_token AND a.realm = key_realm AND a.key = key_value;
    IF FOUND THEN
      IF known.request_digest <> decode(key_digest, 'hex') THEN
        RAISE EXCEPTION 'key reused' USING ERRCODE = 'AL422';
      END IF;
      answer := known.answer;
      RETURN;
    END IF;
    INSERT INTO {SCHEMA}.audit_answer
      VALUES (key_token, key_realm, key_value, decode(key_digest, 'hex'), key_answer, now_ms);
  END IF;
  SELECT r.position, greatest(now_ms, r.received_time) INTO head, received
    FROM {SCHEMA}.audit_record r ORDER BY r.position DESC LIMIT 1;
  head := coalesce(head, 0);
  received := coalesce(received, now_ms);
  INSERT INTO {SCHEMA}.audit_record (position, received_time, {_COLUMNS})
    SELECT head + row_number() OVER (ORDER BY e.n), received, {_COLUMNS}
    FROM unnest(batch) WITH ORDINALITY AS e ({_ORDER}, n)
    WHERE NOT EXISTS (SELECT 1 FROM {SCHEMA}.audit_record o WHERE o.uid = e.uid);
  GET DIAGNOSTICS added = ROW_COUNT;
  IF added < expected AND EXISTS (
    SELECT 1 FROM unnest(batch) AS e
    JOIN {SCHEMA}.audit_record r ON r.uid = e.uid
    WHERE r.digest <> sha256(r.salt || convert_to(e.body, 'UTF8'))
  ) THEN
    RAISE EXCEPTION 'uid taken' USING ERRCODE = 'AL409';
  END IF;
END $$
"""  # noqa: S608 (names of ours; values are parameters)

_POSTGRES = (
    f"""
CREATE FUNCTION {SCHEMA}.audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'AL403'; END $$
""",
    f"""
CREATE TRIGGER audit_record_append_only
BEFORE UPDATE OR DELETE OR TRUNCATE ON {SCHEMA}.audit_record
FOR EACH STATEMENT EXECUTE FUNCTION {SCHEMA}.audit_refuse()
""",
    _APPEND,
)

GUARDS: dict[str, Sequence[str]] = {"sqlite": _SQLITE, "postgresql": _POSTGRES}
