package testdb_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/testdb"
)

func schema(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `CREATE TABLE thing (n int PRIMARY KEY)`)
	return err
}

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	for range 2 {
		conn, err := pgx.Connect(t.Context(), testdb.New(t, "testdb", schema))
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), `INSERT INTO thing VALUES (1)`)
		require.NoError(t, err)
		require.NoError(t, conn.Close(t.Context()))
	}
}
