-- Why: whoever reads pages does not send his access code or token with each of
-- them. What he has shown once is kept here for a short while, sealed under the
-- token in his cookie and the server's key: of the token only a keyed hash is kept,
-- so neither the table nor a copy of it opens a session.
-- +goose Up
SET ROLE kawal_owner;

CREATE TABLE web_session (
  mac        bytea PRIMARY KEY CHECK (octet_length(mac) >= 16),
  sealed     bytea NOT NULL,
  idle       interval NOT NULL CHECK (idle > interval '0'),
  expires_at timestamptz NOT NULL,
  ends_at    timestamptz NOT NULL,
  CHECK (expires_at <= ends_at)
);
CREATE INDEX web_session_oldest ON web_session (expires_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON web_session TO kawal_app;

-- It is found by its keyed hash only.
ALTER TABLE web_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE web_session FORCE ROW LEVEL SECURITY;
CREATE POLICY found ON web_session TO kawal_app USING (current_setting('kawal.actor', true) <> '');

RESET ROLE;
