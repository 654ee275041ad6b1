-- Why: a reply that may not appear as it was written was held for ever. An
-- administrator now confirms a redacted copy of it, which lies beside the original:
-- the public, and the agency of a reporter who is not open, read the copy.
-- +goose Up
SET ROLE kawal_owner;
ALTER TABLE post
  ADD COLUMN copy_sealed bytea,
  ADD COLUMN copy_sha256 text,
  ADD COLUMN confirmed_at timestamptz,
  ADD CONSTRAINT post_copy CHECK (copy_sealed IS NULL OR copy_sha256 IS NOT NULL);
CREATE INDEX post_held ON post (at, id) WHERE hold AND seq IS NOT NULL AND kind IN ('reply', 'follow_up');
RESET ROLE;
