CREATE OR REPLACE FUNCTION auditlog.audit_append(
  entries json, expected bigint,
  key_token text, key_realm text, key_value text, key_digest text, key_answer text,
  OUT head bigint, OUT received bigint, OUT added bigint, OUT answer text
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  known auditlog.audit_answer;
  batch auditlog.audit_record[];
  now_ms bigint;
BEGIN
  batch := ARRAY(
    SELECT ROW(NULL, e.uid, NULL, e.time, e.realm, e.organization_id, e.type, e.operation, e.resource_type, e.resource_path, e.error, e.user_id, e.username, e.client_id, decode(e.ip, 'hex'), e.session_id, e.request_id, e.source, e.token_id, e.body, decode(e.salt, 'hex'), decode(e.digest, 'hex'))::auditlog.audit_record
    FROM ROWS FROM (json_to_recordset(entries) AS (uid uuid, time bigint, realm text, organization_id text, type text, operation text, resource_type text, resource_path text, error text, user_id text, username text, client_id text, ip text, session_id text, request_id text, source text, token_id text, body text, salt text, digest text)) WITH ORDINALITY AS e (uid, time, realm, organization_id, type, operation, resource_type, resource_path, error, user_id, username, client_id, ip, session_id, request_id, source, token_id, body, salt, digest, n)
    ORDER BY e.n);
  PERFORM pg_advisory_xact_lock(418581342580);
  now_ms := floor(extract(epoch FROM clock_timestamp()) * 1000);
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
    SELECT head + row_number() OVER (ORDER BY e.n), received, uid, time, realm, organization_id, type, operation, resource_type, resource_path, error, user_id, username, client_id, ip, session_id, request_id, source, token_id, body, salt, digest
    FROM unnest(batch) WITH ORDINALITY AS e (position, uid, received_time, time, realm, organization_id, type, operation, resource_type, resource_path, error, user_id, username, client_id, ip, session_id, request_id, source, token_id, body, salt, digest, n)
    WHERE NOT EXISTS (SELECT 1 FROM auditlog.audit_record o WHERE o.uid = e.uid);
  GET DIAGNOSTICS added = ROW_COUNT;
  IF added < expected AND EXISTS (
    SELECT 1 FROM unnest(batch) AS e
    JOIN auditlog.audit_record r ON r.uid = e.uid
    WHERE r.digest <> sha256(r.salt || convert_to(e.body, 'UTF8'))
  ) THEN
    RAISE EXCEPTION 'uid taken' USING ERRCODE = 'AL409';
  END IF;
END $$
