package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Inspection is what an operator should know of how this process reaches the
// database.
type Inspection struct {
	Login     string    // as whom it logged in
	Superuser bool      // the login is one
	Bypasses  bool      // the login may look past row-level security, itself or as kawal_migrate
	Owns      bool      // the login may change or drop tables
	Encrypted bool      // the connection is, or it does not leave the machine
	Now       time.Time // by the database's clock, UTC
	Demo      bool      // the sample unit "demo" is there: the data are those of a demonstration

	Custodians []string // subjects of active staff who hold the role custodian, sorted
}

// Inspect looks at the login and the database. It changes nothing.
func (s *Store) Inspect(ctx context.Context) (Inspection, error) {
	var i Inspection
	err := s.As(ctx, Actor{Kind: Worker}, func(ctx context.Context, t *Tx) (err error) {
		i, err = one(ctx, t, pgx.RowToStructByName[Inspection], `
			SELECT
				session_user AS login,
				r.rolsuper AS superuser,
				r.rolbypassrls OR pg_has_role(session_user, 'kawal_migrate', 'MEMBER') AS bypasses,
				pg_has_role(session_user, 'kawal_owner', 'MEMBER') AS owns,
				inet_server_addr() IS NULL OR inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1'
					OR coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS encrypted,
				clock_timestamp() AS now,
				EXISTS (SELECT FROM agency WHERE id = 'demo') AS demo,
				ARRAY(
					SELECT subject
					FROM staff
					WHERE active AND 'custodian' = ANY (roles)
					ORDER BY subject) AS custodians
			FROM pg_roles r
			WHERE r.rolname = session_user`)
		return err
	})
	i.Now = i.Now.UTC()
	return i, explain(err, "inspect database")
}
