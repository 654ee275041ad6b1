-- Why: what reports refer to: regions, categories, calendars with their decrees, the
-- tree of agencies, and the people with an office in it. Codes are keys, since they
-- stand in histories and in addresses and never change.
-- +goose Up
SET ROLE kawal_owner;

CREATE TABLE region (
  code   text PRIMARY KEY CHECK (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  parent text REFERENCES region,
  name   text NOT NULL CHECK (name <> '')
);
CREATE INDEX region_parent ON region (parent);

CREATE TABLE category (
  code            text PRIMARY KEY CHECK (code ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  parent          text REFERENCES category CHECK (parent <> code),
  name_id         text NOT NULL CHECK (name_id <> ''),
  name_en         text NOT NULL,
  default_content text NOT NULL CHECK (default_content IN ('public', 'secret')),
  weight          integer NOT NULL CHECK (weight >= 0)
);
CREATE INDEX category_parent ON category (parent);

-- A calendar is a zone, a week and a chain of decrees; revision is how much of the
-- chain it knows. Its row is the lock: FOR SHARE to count, FOR UPDATE to revise.
CREATE TABLE calendar (
  id          text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  zone        text NOT NULL CHECK (zone <> ''),
  week_days   smallint NOT NULL CHECK (week_days IN (5, 6)),
  joint_leave boolean NOT NULL,
  revision    integer NOT NULL CHECK (revision >= 0)
);

-- Decrees without a date of issue are notes: they have no revision and change nothing.
CREATE TABLE decree (
  key           text PRIMARY KEY,
  revision      integer CHECK (revision > 0),
  issued_on     date,
  recorded_at   timestamptz NOT NULL,
  track         text NOT NULL,
  calendar_year integer NOT NULL,
  title         text NOT NULL,
  effect        text NOT NULL,
  confidence    text NOT NULL,
  calendar      text REFERENCES calendar,
  CHECK ((revision IS NULL) = (issued_on IS NULL))
);

-- Revisions are counted per chain: the national one, and each calendar's own.
CREATE UNIQUE INDEX decree_revision ON decree (coalesce(calendar, ''), revision);

-- Two rows may share a date; the same day may be named again by a later decree.
CREATE TABLE day (
  decree        text NOT NULL REFERENCES decree,
  date          date NOT NULL,
  kind          text NOT NULL CHECK (kind IN (
                  'national', 'collective_leave', 'election', 'regional_off', 'regional_on')),
  name_id       text NOT NULL,
  name_en       text NOT NULL,
  superseded_by text REFERENCES decree,
  confidence    text NOT NULL,
  PRIMARY KEY (decree, date, name_id)
);

CREATE TABLE agency (
  id        text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  name      text NOT NULL CHECK (name <> ''),
  parent    text REFERENCES agency CHECK (parent <> id),
  region    text REFERENCES region,
  calendar  text REFERENCES calendar,
  rule_set  text CHECK (rule_set <> ''),
  oversight text REFERENCES agency CHECK (oversight <> id),
  active    boolean NOT NULL
);
CREATE INDEX agency_parent ON agency (parent);

-- Separation of duties is here and not in code: one person may not be administrator
-- and custodian, nor administrator and auditor (RULES.md section 5).
CREATE TABLE staff (
  subject text PRIMARY KEY CHECK (subject <> ''),
  name    text NOT NULL CHECK (name <> ''),
  unit    text REFERENCES agency,
  roles   text[] NOT NULL,
  active  boolean NOT NULL,
  CONSTRAINT staff_roles_known CHECK (roles <@ ARRAY[
    'admin', 'officer', 'head', 'supervisor', 'auditor', 'custodian', 'integrator', 'gateway']),
  CONSTRAINT staff_admin_not_custodian CHECK (NOT roles @> ARRAY['admin', 'custodian']),
  CONSTRAINT staff_admin_not_auditor CHECK (NOT roles @> ARRAY['admin', 'auditor'])
);
CREATE INDEX staff_unit ON staff (unit);

-- The unit and all above it, or below it. A cycle cannot arise, since PutAgency
-- refuses one, and UNION would end it.
-- +goose StatementBegin
CREATE FUNCTION units_above(unit text) RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH RECURSIVE up AS (
    SELECT a.id, a.parent FROM agency a WHERE a.id = unit
    UNION
    SELECT a.id, a.parent FROM agency a JOIN up ON a.id = up.parent
  )
  SELECT id FROM up
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION units_below(unit text) RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH RECURSIVE down AS (
    SELECT a.id FROM agency a WHERE a.id = unit
    UNION
    SELECT a.id FROM agency a JOIN down ON a.parent = down.id
  )
  SELECT id FROM down
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION categories_below(category text) RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH RECURSIVE down AS (
    SELECT c.code FROM category c WHERE c.code = categories_below.category
    UNION
    SELECT c.code FROM category c JOIN down ON c.parent = down.code
  )
  SELECT code FROM down
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION regions_below(region text) RETURNS SETOF text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH RECURSIVE down AS (
    SELECT g.code FROM region g WHERE g.code = regions_below.region
    UNION
    SELECT g.code FROM region g JOIN down ON g.parent = down.code
  )
  SELECT code FROM down
$$;
-- +goose StatementEnd

-- The calendar of a unit: its own, else that of the nearest unit above, else national.
-- +goose StatementBegin
CREATE FUNCTION unit_calendar(unit text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH RECURSIVE up AS (
    SELECT a.calendar, a.parent, 1 AS height FROM agency a WHERE a.id = unit
    UNION
    SELECT a.calendar, a.parent, up.height + 1 FROM agency a JOIN up ON a.id = up.parent WHERE up.calendar IS NULL
  )
  SELECT coalesce((SELECT calendar FROM up WHERE calendar IS NOT NULL ORDER BY height LIMIT 1), 'national')
$$;
-- +goose StatementEnd

GRANT SELECT, INSERT, UPDATE ON region, category, calendar, decree, day, agency, staff TO kawal_app;
RESET ROLE;
