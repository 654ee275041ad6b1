package store

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
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

func TestADatabaseThatIsAwayIsUnavailable(t *testing.T) {
	t.Parallel()
	url := testdb.New(t, MigrationsHash()[:16], Migrate)
	s, err := Open(t.Context(), Config{URL: url, MaxConns: 1, Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	elsewhere, err := pgx.ParseConfig(url)
	require.NoError(t, err)
	name := pgx.Identifier{elsewhere.Database}.Sanitize()
	elsewhere.Database = "postgres"
	other, err := pgx.ConnectConfig(t.Context(), elsewhere)
	require.NoError(t, err)
	defer other.Close(context.Background())

	tries := 0
	err = s.As(t.Context(), Actor{Kind: Worker}, func(ctx context.Context, tx *Tx) error {
		tries++
		pid, err := one(ctx, tx, pgx.RowTo[int], `SELECT pg_backend_pid()`)
		if err != nil {
			return err
		}
		if _, err := other.Exec(ctx, `SELECT pg_terminate_backend($1, 5000)`, pid); err != nil {
			return err
		}
		_, err = one(ctx, tx, pgx.RowTo[int], `SELECT 1`)
		return err
	})
	require.ErrorIs(t, err, fault.Unavailable)
	require.Equal(t, 1, tries, "nobody knows what came through: the caller repeats, under his key")
	require.NoError(t, s.As(t.Context(), Actor{Kind: Worker}, func(ctx context.Context, tx *Tx) error {
		_, err := one(ctx, tx, pgx.RowTo[int], `SELECT 1`)
		return err
	}), "the next one finds a new connection")

	_, err = other.Exec(t.Context(), `ALTER DATABASE `+name+` ALLOW_CONNECTIONS false`)
	require.NoError(t, err)
	s.pool.Reset()
	err = s.As(t.Context(), Actor{Kind: Worker}, func(ctx context.Context, tx *Tx) error {
		_, err := one(ctx, tx, pgx.RowTo[int], `SELECT 1`)
		return err
	})
	require.ErrorIs(t, err, fault.Unavailable)
	_, err = s.PublicGeoJSON(t.Context(), MapQuery{})
	require.ErrorIs(t, err, fault.Unavailable)
}
