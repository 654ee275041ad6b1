-- Why: a report in parts, by who may read them. report holds codes and the state of
-- the process; content what was said; identity and contact who said it, sealed; access
-- the only key the reporter has. Apart, so that grants, erasure and row-level security
-- can treat them apart.
-- +goose Up
SET ROLE kawal_owner;

-- state is report.State without its clocks: the columns beside it are those that
-- queries, locks and foreign keys need.
CREATE TABLE report (
  id            text PRIMARY KEY
                CHECK (id ~ '^KWL-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]$'),
  state         jsonb NOT NULL,
  seq           integer NOT NULL CHECK (seq >= 1),
  wanted_run    integer NOT NULL CHECK (wanted_run >= 1),
  started_run   integer NOT NULL CHECK (started_run BETWEEN 0 AND wanted_run),
  stage         text NOT NULL CHECK (stage IN (
                  'verification', 'awaiting_reporter', 'follow_up', 'closure',
                  'closed', 'archived', 'merged', 'withdrawn')),
  queue         text NOT NULL CONSTRAINT report_queue_fkey REFERENCES agency,
  agency        text CONSTRAINT report_agency_fkey REFERENCES agency,
  unit          text CONSTRAINT report_unit_fkey REFERENCES agency,
  class         text NOT NULL CHECK (class IN (
                  'complaint_ordinary', 'complaint_supervisory', 'aspiration', 'information_request')),
  category      text NOT NULL CONSTRAINT report_category_fkey REFERENCES category,
  region        text NOT NULL CONSTRAINT report_region_fkey REFERENCES region,
  channel       text NOT NULL CHECK (channel <> ''),
  secret        boolean NOT NULL,
  published     boolean NOT NULL,
  merged_to     text REFERENCES report CHECK (merged_to <> id),
  due_at        timestamptz,
  soon_at       timestamptz,
  late          boolean NOT NULL,
  asked         boolean NOT NULL,
  accepted_at   timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL,
  concluded_days integer CHECK (concluded_days >= 0),
  UNIQUE (id, secret),
  CONSTRAINT secret_is_not_published CHECK (NOT (secret AND published)),
  CONSTRAINT secret_is_not_merged CHECK (NOT (secret AND stage = 'merged')),
  CONSTRAINT merged_has_target CHECK (stage <> 'merged' OR merged_to IS NOT NULL),
  CONSTRAINT followed_up_by_somebody CHECK (stage NOT IN ('follow_up', 'closure') OR agency IS NOT NULL)
);
CREATE INDEX report_unstarted ON report (accepted_at)
  WHERE started_run < wanted_run AND stage IN ('verification', 'awaiting_reporter', 'follow_up', 'closure');
CREATE INDEX report_open ON report (id)
  WHERE stage IN ('verification', 'awaiting_reporter', 'follow_up', 'closure');
CREATE INDEX report_queue ON report (queue, due_at);
CREATE INDEX report_agency ON report (agency, due_at);
CREATE INDEX report_unit ON report (unit, due_at);
CREATE INDEX report_newest ON report (accepted_at DESC, id DESC);
CREATE INDEX report_merged ON report (merged_to) WHERE merged_to IS NOT NULL;

CREATE TABLE content (
  report       text PRIMARY KEY REFERENCES report,
  title        text NOT NULL CHECK (title <> ''),
  body         text NOT NULL CHECK (body <> ''),
  attributes   jsonb NOT NULL CHECK (jsonb_typeof(attributes) = 'object'),
  lat          double precision CHECK (lat BETWEEN -90 AND 90),
  long         double precision CHECK (long BETWEEN -180 AND 180),
  occurred_on  date,
  suggested    text CONSTRAINT content_suggested_fkey REFERENCES agency,
  public_title text CHECK (public_title <> ''),
  public_body  text CHECK (public_body <> ''),
  CHECK ((lat IS NULL) = (long IS NULL))
);

CREATE TABLE identity (
  report    text PRIMARY KEY REFERENCES report,
  kind      text NOT NULL CHECK (kind IN ('open', 'sealed', 'none')),
  show_name boolean NOT NULL,
  person    bytea,
  CHECK (kind <> 'none' OR person IS NULL),
  CHECK (NOT show_name OR kind = 'open')
);

CREATE TABLE contact (
  report text PRIMARY KEY REFERENCES report,
  sealed bytea NOT NULL
);

CREATE TABLE access (
  report      text PRIMARY KEY REFERENCES report,
  mac         bytea NOT NULL CHECK (octet_length(mac) >= 16),
  replaced_at timestamptz
);

CREATE TABLE accused (
  report text NOT NULL REFERENCES report,
  agency text NOT NULL CONSTRAINT accused_agency_fkey REFERENCES agency,
  PRIMARY KEY (report, agency)
);

GRANT SELECT, INSERT, UPDATE ON report, content, identity, contact, access, accused TO kawal_app;
GRANT DELETE ON identity, contact, accused TO kawal_app;
RESET ROLE;
