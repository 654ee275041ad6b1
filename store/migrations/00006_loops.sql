-- Why: what leaves (outbox), what must not happen twice (idempotency), what the
-- reporter thinks (rating), who agreed to open a report (consent), and who did what
-- (audit, which nobody who serves requests can change or delete).
-- +goose Up
SET ROLE kawal_owner;

CREATE TABLE outbox (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  report       text NOT NULL REFERENCES report,
  seq          integer NOT NULL,
  dedup        text NOT NULL UNIQUE,
  template     text NOT NULL CHECK (template <> ''),
  audience     text NOT NULL CHECK (audience IN ('reporter', 'officers', 'admins')),
  unit         text REFERENCES agency,
  clock        text,
  due_at       timestamptz,
  send_at      timestamptz NOT NULL,
  leased_until timestamptz,
  attempts     integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  last_error   text,
  created_at   timestamptz NOT NULL,
  sent_at      timestamptz,
  void_at      timestamptz,
  died_at      timestamptz,
  CHECK ((audience = 'reporter') = (unit IS NULL)),
  CHECK (num_nonnulls(sent_at, void_at, died_at) <= 1)
);
CREATE INDEX outbox_waiting ON outbox (send_at)
  WHERE sent_at IS NULL AND void_at IS NULL AND died_at IS NULL;
CREATE INDEX outbox_report ON outbox (report)
  WHERE sent_at IS NULL AND void_at IS NULL AND died_at IS NULL;
CREATE INDEX outbox_dead ON outbox (died_at) WHERE died_at IS NOT NULL;

-- The last rating counts.
CREATE TABLE rating (
  report   text PRIMARY KEY REFERENCES report,
  score    smallint NOT NULL CHECK (score BETWEEN 1 AND 4),
  text     text,
  rated_at timestamptz NOT NULL
);

-- Less secret takes the reporter and two administrators (RULES.md section 6).
CREATE TABLE consent (
  report  text NOT NULL REFERENCES report,
  role    text NOT NULL CHECK (role IN ('reporter', 'admin')),
  subject text NOT NULL,
  at      timestamptz NOT NULL,
  PRIMARY KEY (report, role, subject),
  CHECK ((role = 'reporter') = (subject = ''))
);

-- Only the key's MAC is kept, and the answer only sealed.
CREATE TABLE idempotency (
  mac         bytea NOT NULL,
  scope       text NOT NULL,
  request_sha bytea NOT NULL,
  sealed      bytea,
  claimed_at  timestamptz NOT NULL,
  PRIMARY KEY (mac, scope)
);
CREATE INDEX idempotency_oldest ON idempotency (claimed_at);

CREATE TABLE audit (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at      timestamptz NOT NULL,
  kind    text NOT NULL,
  subject text NOT NULL,
  unit    text NOT NULL,
  roles   text[] NOT NULL,
  action  text NOT NULL CHECK (action <> ''),
  report  text NOT NULL,
  allowed boolean NOT NULL,
  detail  jsonb NOT NULL
);
CREATE INDEX audit_report ON audit (report, at);

GRANT SELECT, INSERT, UPDATE ON outbox, rating TO kawal_app;
GRANT SELECT, INSERT, DELETE ON consent TO kawal_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency TO kawal_app;
GRANT SELECT, INSERT ON audit TO kawal_app;
RESET ROLE;
