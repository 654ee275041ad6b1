-- Why: backups run as kawal_migrate, and pg_dump reads every table, goose's own
-- too, which belongs to whoever migrated first.
-- +goose Up
GRANT SELECT ON ALL TABLES IN SCHEMA public TO kawal_migrate;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO kawal_migrate;
