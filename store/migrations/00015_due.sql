-- Why: a decree moves the dates of most open reports at once, and wrote each of them
-- five times: in clock, in move, in report (with its state), in published (with the
-- clocks anew), in indexes. Now a date lies in clock alone, and whoever shows it reads
-- it there. What the public reads of it goes through a view that has rows of published
-- reports only.
-- +goose Up
SET ROLE kawal_owner;

-- moved_by is the decree that moved the clock since the last transition, moved_at that
-- of report.Clock; shifted_at is when anything but a transition last wrote its date.
ALTER TABLE clock
  ADD COLUMN moved_by text CHECK (moved_by <> ''),
  ADD COLUMN shifted_at timestamptz;

-- Few clocks run late. A decree that lifts no mark leaves this index alone.
CREATE INDEX clock_late ON clock (report) WHERE status = 'running' AND late_at IS NOT NULL;

-- No query uses it.
DROP INDEX move_revision;

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
  life, due_at, late_at, shifted_at
FROM clock;

-- The public's way to the clocks: only those of a report with a public copy. Row-level
-- security (00019) lets it see no others.
CREATE VIEW published_clock AS
SELECT c.report, c.kind, c.seq, c.status, c.clock, c.due_at, c.late_at, c.shifted_at
FROM published p
JOIN clock_json c ON c.report = p.id;

-- The build before this one writes these columns and reads them, so they stay until
-- it is gone; nothing else does. The dates in them are old.
ALTER TABLE report ALTER COLUMN late SET DEFAULT false;
ALTER TABLE published ALTER COLUMN late SET DEFAULT false, ALTER COLUMN clocks SET DEFAULT '[]';
COMMENT ON COLUMN report.due_at IS 'of builds before schema 15';
COMMENT ON COLUMN report.soon_at IS 'of builds before schema 15';
COMMENT ON COLUMN report.late IS 'of builds before schema 15';
COMMENT ON COLUMN published.due_at IS 'of builds before schema 15';
COMMENT ON COLUMN published.late IS 'of builds before schema 15';
COMMENT ON COLUMN published.clocks IS 'of builds before schema 15';

GRANT SELECT ON published_clock TO kawal_app, kawal_migrate;
RESET ROLE;
