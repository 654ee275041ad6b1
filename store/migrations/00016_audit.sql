-- Why: the audit log must show when a row of it, or a published text, was altered later.
-- Each row gets a link in a chain of hashes (package chain), sealed in the order in which
-- rows become visible: ids are drawn before the commit, so a lower one may come later.
-- What is not sealed yet waits in a table that nobody who serves requests can write;
-- triggers keep it, for every road by which a row may come. Rows of older builds wait
-- too and are chained at the first run; what is published already is recorded now. The
-- digests of exported histories go the same way.
-- +goose Up
SET ROLE kawal_owner;
LOCK TABLE audit, published, published_post IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE audit_chain (
  n         bigint PRIMARY KEY CHECK (n >= 1),
  audit     bigint NOT NULL UNIQUE REFERENCES audit,
  hash      bytea NOT NULL CHECK (octet_length(hash) = 32),
  sealed_at timestamptz NOT NULL
);

CREATE TABLE audit_waiting (
  audit bigint PRIMARY KEY REFERENCES audit,
  since timestamptz NOT NULL DEFAULT now()
);

-- Past row-level security, should it be there already: a row left out here would
-- count as tampering.
SET ROLE kawal_migrate;
SET LOCAL row_security = off;
INSERT INTO audit (at, kind, subject, unit, roles, action, report, allowed, detail)
SELECT now(), 'worker', '', '', '{}', 'publish', p.id, true, jsonb_build_object(
  'title', encode(sha256(convert_to(p.title, 'UTF8')), 'hex'),
  'body', encode(sha256(convert_to(p.body, 'UTF8')), 'hex'))
FROM published p
ORDER BY p.published_at, p.id;

INSERT INTO audit (at, kind, subject, unit, roles, action, report, allowed, detail)
SELECT now(), 'worker', '', '', '{}', 'publish', q.report, true, jsonb_build_object(
  'command', t.command, 'n', t.n, 'sha256', q.sha256)
FROM published_post q
JOIN post t ON t.id = q.post
ORDER BY q.post;

INSERT INTO audit_waiting (audit)
SELECT id FROM audit;
SET ROLE kawal_owner;
SET LOCAL row_security = on;

-- Closed histories that lie in files, since Temporal keeps them for a year only. A
-- history may be of a report that a restored database does not know: no foreign key.
CREATE TABLE history_export (
  report      text NOT NULL,
  run_id      text NOT NULL CHECK (run_id <> ''),
  sha256      text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  exported_at timestamptz NOT NULL,
  PRIMARY KEY (report, run_id)
);

-- +goose StatementBegin
CREATE FUNCTION audit_waits() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO audit_waiting (audit) VALUES (NEW.id);
  RETURN NULL;
END
$$;

CREATE FUNCTION audit_sealed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  DELETE FROM audit_waiting w
  USING sealed s
  WHERE w.audit = s.audit;
  RETURN NULL;
END
$$;
-- +goose StatementEnd

REVOKE EXECUTE ON FUNCTION audit_waits(), audit_sealed() FROM PUBLIC;
CREATE TRIGGER audit_waits AFTER INSERT ON audit
  FOR EACH ROW EXECUTE FUNCTION audit_waits();
CREATE TRIGGER audit_sealed AFTER INSERT ON audit_chain
  REFERENCING NEW TABLE AS sealed
  FOR EACH STATEMENT EXECUTE FUNCTION audit_sealed();

CREATE INDEX audit_newest ON audit (at DESC, id DESC);
CREATE INDEX audit_subject ON audit (subject, at DESC, id DESC);

GRANT SELECT, INSERT ON audit_chain, history_export TO kawal_app;
GRANT SELECT ON audit_waiting TO kawal_app;
GRANT SELECT ON audit_chain, audit_waiting, history_export TO kawal_migrate;
RESET ROLE;
