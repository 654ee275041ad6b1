-- Why: a sealed identity was sealed under a key of the API, so that whoever had that
-- key and the database read it alone. Now only two custodians together open one
-- (RULES.md section 5): the data key lies here once for every pair, and who asked,
-- who agreed and when it was opened is a trace that nobody who serves requests can
-- change, and that the reporter reads.
-- +goose Up
SET ROLE kawal_owner;

-- first opens the outer layer, second the inner one. It goes with the identity. A
-- sealed identity without one is of the build before; the API seals it anew.
CREATE TABLE envelope (
  report text NOT NULL REFERENCES identity ON DELETE CASCADE,
  first  text NOT NULL CHECK (first <> ''),
  second text NOT NULL CHECK (second <> ''),
  sealed bytea NOT NULL,
  PRIMARY KEY (report, first, second),
  CHECK (first < second COLLATE "C")
);
CREATE INDEX identity_sealed ON identity (report) WHERE kind = 'sealed' AND person IS NOT NULL;

CREATE TABLE identity_request (
  id           text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'),
  report       text NOT NULL REFERENCES report,
  requested_by text NOT NULL CHECK (requested_by <> ''),
  reason       text NOT NULL CHECK (reason <> ''),
  at           timestamptz NOT NULL,
  UNIQUE (id, requested_by)
);
CREATE INDEX identity_request_report ON identity_request (report, at);

-- Two people, never one: here too.
CREATE TABLE identity_consent (
  request      text PRIMARY KEY,
  requested_by text NOT NULL,
  consented_by text NOT NULL CHECK (consented_by <> ''),
  at           timestamptz NOT NULL,
  FOREIGN KEY (request, requested_by) REFERENCES identity_request (id, requested_by),
  CHECK (consented_by <> requested_by)
);

-- That the envelope was handed out, the first time. Without it none is.
CREATE TABLE identity_opening (
  request   text PRIMARY KEY REFERENCES identity_consent,
  opened_by text NOT NULL CHECK (opened_by <> ''),
  at        timestamptz NOT NULL
);

-- Who reads the audit log must not be among those whom it watches. NOT VALID: an
-- earlier build let one person be both, and must be able to go on until told apart.
ALTER TABLE staff ADD CONSTRAINT staff_custodian_not_auditor CHECK (NOT roles @> ARRAY['custodian', 'auditor']) NOT VALID;

GRANT SELECT, INSERT, DELETE ON envelope TO kawal_app;
GRANT SELECT, INSERT ON identity_request, identity_consent, identity_opening TO kawal_app;
GRANT SELECT ON envelope, identity_request, identity_consent, identity_opening TO kawal_migrate;
RESET ROLE;
