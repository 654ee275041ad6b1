-- Why: nobody who serves requests may own a table. kawal_owner owns, kawal_migrate
-- migrates and backs up past row-level security, kawal_app is what the pool becomes
-- after it connects. Roles belong to the cluster, not to the database, so another
-- database (or a test beside this one) may have made them already.
-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['kawal_owner', 'kawal_migrate', 'kawal_app'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', role);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL; -- made in the meantime by another database's migration
      END;
    END IF;
  END LOOP;
  IF NOT (SELECT rolbypassrls FROM pg_roles WHERE rolname = 'kawal_migrate') THEN
    ALTER ROLE kawal_migrate BYPASSRLS;
  END IF;
  IF NOT pg_has_role('kawal_migrate', 'kawal_owner', 'MEMBER') THEN
    GRANT kawal_owner TO kawal_migrate;
  END IF;
EXCEPTION WHEN unique_violation OR SQLSTATE 'XX000' THEN
  NULL; -- "tuple concurrently updated": another migration altered the same role just now
END
$$;
-- +goose StatementEnd

GRANT USAGE, CREATE ON SCHEMA public TO kawal_owner;
GRANT USAGE ON SCHEMA public TO kawal_app, kawal_migrate;
