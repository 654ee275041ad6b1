-- Why: a deadline is a pure function of what happened to its clock and of the
-- calendar. What happened is kept beside the clock, so that a decree recorded late
-- counts as if known from its issue, and every date can be explained. A decree that
-- moves many clocks is written down move by move, for the timeline, the notices and
-- the workflows that have not been told. A change of a calendar is planned by one
-- person and committed by another.
-- +goose Up
SET ROLE kawal_owner;

-- life is a calendar.Life; empty for clocks older than this column.
ALTER TABLE clock ADD COLUMN life jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(life) = 'array');
CREATE INDEX clock_ended ON clock (ended_at) WHERE ended_at IS NOT NULL;

CREATE OR REPLACE VIEW clock_json WITH (security_invoker = true) AS
SELECT
  report, kind, seq, status,
  jsonb_strip_nulls(jsonb_build_object(
    'kind', kind, 'seq', seq, 'unit', unit,
    'limit', jsonb_build_object('unit', limit_unit, 'n', limit_n),
    'started_at', started_at, 'due_at', due_at, 'soon_at', soon_at,
    'calendar', calendar, 'revision', revision, 'provisional', provisional,
    'date', date, 'decree', decree,
    'status', status, 'late_at', late_at, 'paused_at', paused_at, 'resumed_at', resumed_at,
    'left', remaining, 'asked', asked, 'extra', extra, 'extended', extended,
    'moved_at', moved_at, 'ended_at', ended_at)) AS clock,
  life
FROM clock;

-- A decree moves the dates of most open reports at once. With no date in an index,
-- and room in the page, that rewrites rows and no index (HOT): the lists of a unit
-- sort its open reports, which are few, instead.
DROP INDEX clock_running;
DROP INDEX report_queue, report_agency, report_unit;
CREATE INDEX report_queue ON report (queue);
CREATE INDEX report_agency ON report (agency);
CREATE INDEX report_unit ON report (unit);
ALTER TABLE clock SET (fillfactor = 70);
ALTER TABLE report SET (fillfactor = 80);
ALTER TABLE published SET (fillfactor = 80);

-- recounted is the revision up to which the open clocks were counted again; behind
-- revision when a new build brought decrees.
ALTER TABLE calendar ADD COLUMN recounted integer NOT NULL DEFAULT 0 CHECK (recounted >= 0);

-- One date of one clock that a revision moved. told_at is when reporter and workflow
-- were told. No foreign keys: rows come from clock itself, a hundred thousand at a
-- time, and clocks are never deleted.
CREATE TABLE move (
  report    text NOT NULL,
  kind      text NOT NULL,
  seq       integer NOT NULL,
  calendar  text NOT NULL,
  revision  integer NOT NULL,
  decree    text NOT NULL,
  from_due  timestamptz NOT NULL,
  to_due    timestamptz NOT NULL,
  from_date date,
  to_date   date,
  lifted    boolean NOT NULL,
  at        timestamptz NOT NULL,
  told_at   timestamptz,
  PRIMARY KEY (report, kind, seq, calendar, revision)
);
CREATE INDEX move_untold ON move (report) WHERE told_at IS NULL;
CREATE INDEX move_revision ON move (calendar, revision);

-- A dry run that waits for the second person. One of a key at a time.
CREATE TABLE decree_plan (
  calendar text NOT NULL REFERENCES calendar,
  key      text NOT NULL CHECK (key <> ''),
  id       text NOT NULL UNIQUE,
  revision integer NOT NULL,
  document jsonb NOT NULL,
  subject  text NOT NULL,
  at       timestamptz NOT NULL,
  PRIMARY KEY (calendar, key)
);

GRANT SELECT, INSERT, UPDATE ON move TO kawal_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON decree_plan TO kawal_app;
GRANT SELECT ON move, decree_plan TO kawal_migrate;
RESET ROLE;
