-- Why: a command that is brought to its workflow again and again fills the history
-- with signals and keeps younger ones waiting. How often and when it was last tried
-- lets the sweeper go on to the others and come back later.
-- +goose Up
SET ROLE kawal_owner;

ALTER TABLE command
  ADD COLUMN tries integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
  ADD COLUMN next_try_at timestamptz;

DROP INDEX command_oldest;
CREATE INDEX command_undelivered ON command (coalesce(next_try_at, received_at)) WHERE state = 'waiting';
CREATE INDEX command_refused ON command (settled_at) WHERE state = 'refused';

RESET ROLE;
