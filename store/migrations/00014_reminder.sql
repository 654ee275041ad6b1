-- Why: a clock reminds and, once late, escalates (RULES.md section 1.3). Each running
-- clock has one waiting notice, the next step of its plan; the step names it. Who a
-- late report was escalated to may read it from then on, a secret one too. A notice
-- to several people that some have got is tried again only for the others.
-- +goose Up
SET ROLE kawal_owner;

-- step is null for a notice that no plan wrote. source is the report whose clock it
-- is, where that is another one: the target that this report is merged into.
ALTER TABLE outbox
  ADD COLUMN step text CHECK (step <> ''),
  ADD COLUMN source text REFERENCES report,
  ADD COLUMN delivered text[] NOT NULL DEFAULT '{}',
  DROP CONSTRAINT outbox_audience_check,
  ADD CONSTRAINT outbox_audience_check CHECK (
    audience IN ('reporter', 'officers', 'admins', 'staff', 'heads', 'national')),
  DROP CONSTRAINT outbox_check,
  ADD CONSTRAINT outbox_unit_of_audience CHECK ((audience IN ('reporter', 'national')) = (unit IS NULL)),
  ADD CONSTRAINT outbox_source_is_another CHECK (source <> report),
  ADD CONSTRAINT outbox_step_has_clock CHECK (step IS NULL OR clock IS NOT NULL);
CREATE INDEX outbox_plan ON outbox (report, clock) WHERE step IS NOT NULL;

-- The unit and the role that read the report since it was escalated to them.
CREATE TABLE escalation (
  report text NOT NULL REFERENCES report,
  unit   text NOT NULL REFERENCES agency,
  role   text NOT NULL CHECK (role IN ('admin', 'head')),
  at     timestamptz NOT NULL,
  PRIMARY KEY (report, unit, role)
);

-- Clocks that run already have no plan. This row is never sent: whoever takes it
-- makes the plan. An hour gives the workers time to be replaced; an older one would
-- find no words for it and try again.
INSERT INTO outbox (report, seq, dedup, template, audience, clock, step, send_at, created_at)
SELECT c.report, r.seq, concat_ws(':', c.report, c.kind, c.seq, 'look'), 'look', 'national',
  c.kind || ':' || c.seq, 'look', now() + interval '1 hour', now()
FROM clock c
JOIN report r ON r.id = c.report
WHERE c.status = 'running' AND c.kind <> 'reopen'
  AND r.stage IN ('verification', 'awaiting_reporter', 'follow_up', 'closure');

GRANT SELECT, INSERT ON escalation TO kawal_app;
GRANT SELECT ON escalation TO kawal_migrate;
RESET ROLE;
