#!/bin/sh
# After the migration: the login of API and worker, which can become kawal_app
# and nothing else; repeating it sets the password.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$KAWAL_APP_PASSWORD" <<'SQL'
SELECT 'CREATE ROLE kawal_login LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kawal_login') \gexec
ALTER ROLE kawal_login PASSWORD :'password';
GRANT kawal_app TO kawal_login;
SQL
