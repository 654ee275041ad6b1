-- Why: a reporter who is open may choose that his name stands on the public page
-- (show_name, RULES.md section 6). It is copied when the report is published and goes
-- with the public copy.
-- +goose Up
SET ROLE kawal_owner;
ALTER TABLE published ADD COLUMN reporter text CHECK (reporter <> '');
RESET ROLE;
