-- Why: what reporters and staff wrote lay readable in the database and in every copy
-- of it. From here on texts, attributes and open identities lie sealed, each report
-- under a key of its own that is kept wrapped (package seal); what is published stays
-- readable, since anyone may read it. Deleting a report's key erases it (UU 27/2022).
-- SQL cannot seal: what an earlier build left lies in the old columns until the next
-- start of API or worker moves it (store.SealOld), before either serves anybody.
-- +goose Up
SET ROLE kawal_owner;

CREATE TABLE report_key (
  report  text PRIMARY KEY REFERENCES report,
  wrapped bytea NOT NULL
);

-- A report whose personal data was erased. Its key is gone and stays gone.
CREATE TABLE erasure (
  report text PRIMARY KEY REFERENCES report,
  at     timestamptz NOT NULL
);

-- The redacted copy is the post that brought it, not a copy of that.
ALTER TABLE content
  ADD COLUMN title_sealed bytea,
  ADD COLUMN body_sealed bytea,
  ADD COLUMN attributes_sealed bytea,
  ADD COLUMN copy_title bigint CONSTRAINT content_copy_title_fkey REFERENCES post ON DELETE SET NULL,
  ADD COLUMN copy_body bigint CONSTRAINT content_copy_body_fkey REFERENCES post ON DELETE SET NULL,
  ALTER COLUMN title DROP NOT NULL,
  ALTER COLUMN body DROP NOT NULL,
  ALTER COLUMN attributes DROP NOT NULL,
  ADD CONSTRAINT content_lies_once CHECK (num_nonnulls(title, title_sealed) <= 1 AND num_nonnulls(body, body_sealed) <= 1);
ALTER TABLE post
  ADD COLUMN body_sealed bytea,
  ALTER COLUMN body DROP NOT NULL,
  ADD CONSTRAINT post_lies_once CHECK (num_nonnulls(body, body_sealed) <= 1);
ALTER TABLE rating ADD COLUMN text_sealed bytea;
CREATE INDEX content_copies ON content (copy_title, copy_body);

SET ROLE kawal_migrate;
SET LOCAL row_security = off;
UPDATE content c
SET copy_title = (
    SELECT p.id FROM post p
    WHERE p.report = c.report AND p.kind = 'public_title' AND p.seq IS NOT NULL
    ORDER BY p.seq DESC, p.n DESC
    LIMIT 1),
  copy_body = (
    SELECT p.id FROM post p
    WHERE p.report = c.report AND p.kind = 'public_body' AND p.seq IS NOT NULL
    ORDER BY p.seq DESC, p.n DESC
    LIMIT 1)
WHERE c.public_title IS NOT NULL OR c.public_body IS NOT NULL;
SET ROLE kawal_owner;
SET LOCAL row_security = on;

ALTER TABLE content DROP COLUMN public_title, DROP COLUMN public_body;

-- +goose StatementBegin
DO $$
DECLARE
  tab text;
BEGIN
  FOREACH tab IN ARRAY ARRAY['report_key', 'erasure'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tab);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tab);
    EXECUTE format('CREATE POLICY sees ON %1$I TO kawal_app USING (actor_is(''worker'') OR actor_sees(report))', tab);
  END LOOP;
END
$$;
-- +goose StatementEnd

GRANT SELECT, INSERT, UPDATE, DELETE ON report_key TO kawal_app;
GRANT SELECT, INSERT ON erasure TO kawal_app;
GRANT SELECT ON report_key, erasure TO kawal_migrate;
RESET ROLE;
