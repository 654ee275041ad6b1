#!/bin/sh
# Makes Temporal's two databases and brings them to this version's schema;
# repeating it changes nothing. The password comes in SQL_PASSWORD.
set -eu
for pair in temporal:temporal temporal_visibility:visibility; do
	sql() { temporal-sql-tool --plugin postgres12_pgx --ep postgres -p 5432 -u temporal --db "${pair%%:*}" "$@"; }
	sql create
	sql setup-schema -v 0.0
	sql update-schema --schema-name "postgresql/v12/${pair##*:}"
done
