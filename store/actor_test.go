package store

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/testdb"
)

func TestTheActorIsSetForItsTransactionOnly(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Config{URL: testdb.New(t, MigrationsHash()[:16], Migrate), MaxConns: 1, Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	settings := func(a Actor) (v []string) {
		require.NoError(t, s.As(t.Context(), a, func(ctx context.Context, tx *Tx) (err error) {
			v, err = one(ctx, tx, pgx.RowTo[[]string], `
				SELECT ARRAY[current_user::text, current_setting('kawal.actor'), current_setting('kawal.subject'),
					current_setting('kawal.unit'), current_setting('kawal.roles'), current_setting('kawal.report')]`)
			return err
		}))
		return v
	}
	require.Equal(t, []string{"kawal_app", "staff", "s", "kab", "admin,head", ""},
		settings(Actor{Kind: Staff, Subject: "s", Unit: "kab", Roles: []string{"admin", "head"}}))
	require.Equal(t, []string{"kawal_app", "reporter", "", "", "", "KWL-1"}, settings(Actor{Kind: Reporter, Report: "KWL-1"}))

	var left string // the same connection, outside any transaction
	require.NoError(t, s.pool.QueryRow(t.Context(), `SELECT coalesce(current_setting('kawal.actor', true), '')`).Scan(&left))
	require.Empty(t, left)
}
