-- Why: the limits of a new report are data. What an agency or a ministry changes is a
-- new version with a date, loaded by the operator; what stood before stays, since the
-- reports pinned to it must remain explainable. Nobody who serves requests may change
-- or delete a version.
-- +goose Up
SET ROLE kawal_owner;

CREATE TABLE rule_set (
  id             text NOT NULL CHECK (id ~ '^[a-z0-9-]{1,64}$'),
  version        integer NOT NULL CHECK (version > 0),
  effective_from date,
  document       jsonb NOT NULL,
  recorded_at    timestamptz NOT NULL,
  PRIMARY KEY (id, version),
  CHECK (document ->> 'id' IS NOT DISTINCT FROM id AND (document ->> 'version')::integer IS NOT DISTINCT FROM version)
);

-- One version begins on a day; one, without a date, has always been there.
CREATE UNIQUE INDEX rule_set_from ON rule_set (id, coalesce(effective_from, '-infinity'));

GRANT SELECT, INSERT ON rule_set TO kawal_app;
GRANT SELECT ON rule_set TO kawal_migrate;

RESET ROLE;
