-- Why: a revision that gives a clock an earlier date leaves its date and revision as
-- they are (running maximum). Which revision it was last held against is kept beside
-- them, so that each running clock is looked at once for each revision.
-- +goose Up
SET ROLE kawal_owner;

ALTER TABLE clock ADD COLUMN confirmed integer NOT NULL DEFAULT 0 CHECK (confirmed >= 0);

RESET ROLE;
