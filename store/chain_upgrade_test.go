package store

import (
	"context"
	"crypto/ed25519"
	"iter"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/chain"
	"github.com/kawal-id/kawal/internal/testdb"
)

// schemaFourteen makes a database of schema 14, before the chain, with rows of
// the audit log and a published report.
func schemaFourteen(ctx context.Context, url string) error {
	if err := schemaTen(ctx, url); err != nil {
		return err
	}
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*c)
	defer db.Close()
	p, err := schema(db)
	if err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, 14); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `
		INSERT INTO audit (at, kind, subject, unit, roles, action, report, allowed, detail)
		SELECT now() - interval '1 year', 'staff', 's' || n, '', '{auditor}', 'read', '', true, '{}'
		FROM generate_series(1, 1000) AS n`)
	return err
}

// What an older build wrote is chained at the first run, and what it published is
// watched from then on.
func TestTheAuditLogOfTheBuildBeforeIsChained(t *testing.T) {
	t.Parallel()
	url := testdb.New(t, "schema14v1", schemaFourteen)
	require.NoError(t, Migrate(t.Context(), url))
	s, err := Open(t.Context(), Config{Keys: testdb.Keys(t), URL: url, Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	n, _, err := s.Unsealed(t.Context())
	require.NoError(t, err)
	require.Greater(t, n, 1000, "the old rows, and one for each published text")
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public := key.Public().(ed25519.PublicKey)
	var head chain.Link
	require.NoError(t, s.As(t.Context(), Actor{Kind: Worker}, func(ctx context.Context, tx *Tx) (err error) {
		head, _, err = tx.SealAudit(ctx, 10*n)
		return err
	}))
	require.EqualValues(t, n, head.N)
	require.NoError(t, AuditTrail(t.Context(), url, func(entries iter.Seq2[chain.Entry, error], texts iter.Seq2[chain.Text, error]) error {
		sum, err := chain.Verify(chain.Trail{Entries: entries, Texts: texts, Checkpoints: []chain.Checkpoint{chain.Sign(key, head, time.Now())},
			Keys: map[string]ed25519.PublicKey{chain.KeyID(public): public}, Now: time.Now()})
		require.Equal(t, n-1000, sum.Texts)
		return err
	}))
}
