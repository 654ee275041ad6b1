-- Why: the desk of administrators works on many reports at once. The redacted copy of
-- a report can be prepared before it is forwarded, and lies here until the forward
-- carries it. An act on many reports is kept as a job with one item for each, so that
-- it can be resumed where it broke and never acts twice on one.
-- +goose Up
SET ROLE kawal_owner;

-- Sealed under the key of the report; goes when it is forwarded or erased.
CREATE TABLE prepared_copy (
  report       text PRIMARY KEY REFERENCES report,
  title_sealed bytea NOT NULL,
  body_sealed  bytea NOT NULL,
  subject      text NOT NULL CHECK (subject <> ''),
  at           timestamptz NOT NULL
);

-- What is to be done may hold text and lies sealed under a key of the API.
CREATE TABLE bulk (
  id         text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'),
  subject    text NOT NULL CHECK (subject <> ''),
  action     text NOT NULL CHECK (action <> ''),
  sealed     bytea NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX bulk_own ON bulk (subject, created_at);
CREATE INDEX bulk_oldest ON bulk (created_at);

-- report is what its owner named, whether or not there is one. An item is taken for a
-- while by whoever carries it out.
CREATE TABLE bulk_item (
  bulk        text NOT NULL REFERENCES bulk ON DELETE CASCADE,
  n           smallint NOT NULL CHECK (n BETWEEN 1 AND 500),
  report      text NOT NULL,
  command     text NOT NULL UNIQUE,
  state       text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'waiting', 'applied', 'refused')),
  fault_kind  text CHECK (fault_kind <> ''),
  reason      text,
  taken_until timestamptz,
  settled_at  timestamptz,
  PRIMARY KEY (bulk, n),
  UNIQUE (bulk, report),
  CHECK ((state = 'refused') = (fault_kind IS NOT NULL)),
  CHECK ((state = 'pending') = (settled_at IS NULL))
);

GRANT SELECT, INSERT, UPDATE, DELETE ON prepared_copy, bulk, bulk_item TO kawal_app;
GRANT SELECT ON prepared_copy, bulk, bulk_item TO kawal_migrate;

-- +goose StatementBegin
DO $$
DECLARE
  tab text;
BEGIN
  FOREACH tab IN ARRAY ARRAY['prepared_copy', 'bulk', 'bulk_item'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tab);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tab);
  END LOOP;
END
$$;
-- +goose StatementEnd

CREATE POLICY sees ON prepared_copy TO kawal_app
  USING (actor_is('worker') OR actor_is('staff') AND actor_sees(report));
-- A job is its owner's alone.
CREATE POLICY owns ON bulk TO kawal_app
  USING (actor_is('worker') OR actor_is('staff') AND subject = current_setting('kawal.subject', true));
CREATE POLICY owns ON bulk_item TO kawal_app
  USING (actor_is('worker') OR EXISTS (SELECT FROM bulk b WHERE b.id = bulk));
RESET ROLE;
