-- Why: what anyone may read lies in tables of its own, redacted and snapped, so that
-- lists, map, search and statistics need no policy (policies turn box and text search
-- into full scans) and a forgotten WHERE cannot publish a secret. The foreign key on
-- (id, secret) makes a row of a secret report impossible, not merely wrong.
-- +goose Up
SET ROLE kawal_owner;

CREATE TABLE published (
  id             text PRIMARY KEY,
  secret         boolean NOT NULL DEFAULT false CHECK (NOT secret),
  title          text NOT NULL CHECK (title <> ''),
  body           text NOT NULL CHECK (body <> ''),
  category       text NOT NULL REFERENCES category,
  agency         text NOT NULL REFERENCES agency,
  region         text NOT NULL REFERENCES region,
  class          text NOT NULL,
  channel        text NOT NULL,
  stage          text NOT NULL,
  round          integer NOT NULL,
  accepted       boolean NOT NULL,
  merged_to      text,
  late           boolean NOT NULL,
  due_at         timestamptz,
  lat            double precision,
  long           double precision,
  clocks         jsonb NOT NULL,
  late_units     text[] NOT NULL,
  concluded_days integer,
  rating         smallint CHECK (rating BETWEEN 1 AND 4),
  rated_at       timestamptz,
  published_at   timestamptz NOT NULL,
  updated_at     timestamptz NOT NULL,
  words          tsvector NOT NULL GENERATED ALWAYS AS (to_tsvector('simple', title || ' ' || body)) STORED,
  FOREIGN KEY (id, secret) REFERENCES report (id, secret),
  CHECK ((lat IS NULL) = (long IS NULL))
);
CREATE INDEX published_newest ON published (published_at DESC, id DESC);
CREATE INDEX published_words ON published USING gin (words);
CREATE INDEX published_category ON published (category, published_at DESC, id DESC);
CREATE INDEX published_agency ON published (agency, published_at DESC, id DESC);
CREATE INDEX published_region ON published (region, published_at DESC, id DESC);
CREATE INDEX published_point ON published (long, lat) WHERE lat IS NOT NULL;

CREATE TABLE published_post (
  post      bigint PRIMARY KEY REFERENCES post,
  report    text NOT NULL REFERENCES published ON DELETE CASCADE,
  seq       integer NOT NULL,
  n         smallint NOT NULL,
  kind      text NOT NULL CHECK (kind IN ('reply', 'follow_up')),
  role      text NOT NULL,
  office    text,
  follow_up text,
  body      text NOT NULL,
  sha256    text NOT NULL,
  at        timestamptz NOT NULL
);
CREATE INDEX published_post_thread ON published_post (report, seq, n);

GRANT SELECT, INSERT, UPDATE, DELETE ON published, published_post TO kawal_app;
RESET ROLE;
