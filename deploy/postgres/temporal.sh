#!/bin/sh
# First start of PostgreSQL: Temporal's login, which may make its databases.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$TEMPORAL_DATABASE_PASSWORD" -U "$POSTGRES_USER" -d postgres <<'SQL'
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'password';
SQL
