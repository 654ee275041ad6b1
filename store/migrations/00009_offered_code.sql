-- Why: a new access code must not kill the old one before it has reached the
-- reporter. Until then it stands beside it, and either opens the report.
-- +goose Up
SET ROLE kawal_owner;

ALTER TABLE access ADD COLUMN offered bytea CHECK (octet_length(offered) >= 16);

RESET ROLE;
