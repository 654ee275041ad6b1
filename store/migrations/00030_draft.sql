-- Why: some agencies want their head [pimpinan] to see a follow-up before it is said.
-- What an officer writes then waits here as a draft, sealed under the key of the
-- report, for the officers and heads of the addressed agency who hold the report and
-- for nobody else; a secret report has none, since no head may read it. And short
-- texts that a unit uses again and again are kept as templates; they are about no
-- report.
-- +goose Up
SET ROLE kawal_owner;

ALTER TABLE agency ADD COLUMN draft_approval boolean NOT NULL DEFAULT false;

-- One of each author while an agency has the report. It goes with the transition of
-- the command that it became; a command that is refused gives it back.
CREATE TABLE draft (
  id            text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'),
  report        text NOT NULL REFERENCES report,
  agency        text NOT NULL REFERENCES agency,
  office        text NOT NULL CHECK (office <> ''),
  subject       text NOT NULL CHECK (subject <> ''),
  kind          text NOT NULL CHECK (kind IN ('concluding', 'interim')),
  sealed        bytea NOT NULL,
  revision      integer NOT NULL CHECK (revision > 0),
  saved_at      timestamptz NOT NULL,
  returned_by   text,
  returned_at   timestamptz,
  reason_sealed bytea,
  command       text CONSTRAINT draft_command_fkey REFERENCES command ON DELETE SET NULL,
  UNIQUE (report, agency, subject),
  CHECK (num_nonnulls(returned_by, returned_at, reason_sealed) IN (0, 3))
);
CREATE INDEX draft_command ON draft (command) WHERE command IS NOT NULL;

CREATE TABLE template (
  id      text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  unit    text NOT NULL CONSTRAINT template_unit_fkey REFERENCES agency,
  name    text NOT NULL CHECK (name <> ''),
  body    text NOT NULL CHECK (body <> ''),
  subject text NOT NULL,
  at      timestamptz NOT NULL
);
CREATE INDEX template_unit ON template (unit, name);

GRANT SELECT, INSERT, UPDATE, DELETE ON draft, template TO kawal_app;
GRANT SELECT ON draft, template TO kawal_migrate;

-- Whether the actor works or leads where a report lies: within the agency that it is
-- addressed to, at or above the unit that holds it. What he may not see of a report
-- he does not see of its drafts either.
-- +goose StatementBegin
CREATE FUNCTION draft_open_to_actor(report text, agency text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000 AS $$
DECLARE
  office text := current_setting('kawal.unit', true);
BEGIN
  RETURN office <> ''
    AND string_to_array(current_setting('kawal.roles', true), ',') && '{officer,integrator,head}'
    AND EXISTS (
      SELECT FROM report r
      WHERE r.id = draft_open_to_actor.report
        AND NOT r.secret
        AND r.agency = draft_open_to_actor.agency
        AND office IN (SELECT units_above(coalesce(r.unit, r.agency)))
        AND r.agency IN (SELECT units_above(office)));
END
$$;
-- +goose StatementEnd

ALTER TABLE draft ENABLE ROW LEVEL SECURITY;
ALTER TABLE draft FORCE ROW LEVEL SECURITY;
CREATE POLICY sees ON draft TO kawal_app
  USING (actor_is('worker') OR actor_is('staff') AND draft_open_to_actor(report, agency));

ALTER TABLE template ENABLE ROW LEVEL SECURITY;
ALTER TABLE template FORCE ROW LEVEL SECURITY;
CREATE POLICY uses ON template TO kawal_app USING (actor_is('worker', 'staff'));
RESET ROLE;
