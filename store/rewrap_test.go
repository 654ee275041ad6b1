package store_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/seal"
	"github.com/kawal-id/kawal/internal/testdb"
	"github.com/kawal-id/kawal/store"
)

// Keys change while reports are read and written; once all is sealed anew the
// older keys can go.
func TestKeysChangeUnderReportsThatAreReadAndWritten(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.file(filed{contact: true}).ID
	dir := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, seal.Create(dir))
	keys, err := seal.Open(dir)
	require.NoError(t, err)
	s, err := store.Open(t.Context(), store.Config{Keys: keys, URL: b.url, Now: b.now, National: nation})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	_, err = s.Rewrap(t.Context(), store.ReportKeys, keys.Rewrap)
	require.ErrorContains(t, err, first, "a row that none of the keys opens is named, not lost")
	load := func(id string) string {
		var row store.Row
		require.NoError(t, s.As(t.Context(), worker, func(ctx context.Context, tx *store.Tx) (err error) {
			row, err = tx.Load(ctx, id)
			return err
		}))
		return row.Body
	}
	b.exec(`DELETE FROM report_key`)
	require.Empty(t, load(first), "and without its key it says nothing")

	b.s = s
	second := b.file(filed{contact: true}).ID
	body := load(second)
	require.NotEmpty(t, body)
	require.NoError(t, seal.Rotate(dir, "kek"))
	third := b.file(filed{}).ID
	n, err := s.Rewrap(t.Context(), store.ReportKeys, keys.Rewrap)
	require.NoError(t, err)
	require.Equal(t, 1, n, "the key of the third is under the new one already")
	n, err = s.Rewrap(t.Context(), store.ReportKeys, keys.Rewrap)
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, seal.Retire(dir, "kek"))
	for _, id := range []string{second, third} {
		require.Equal(t, body, load(id))
	}
}

func TestTextsNeedKeys(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	s, err := store.Open(t.Context(), store.Config{URL: b.url, Now: b.now})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	require.ErrorContains(t, s.As(t.Context(), worker, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Load(ctx, id)
		return err
	}), "without keys")
	other, err := store.Open(t.Context(), store.Config{Keys: testdb.Keys(t), URL: b.url, Now: b.now})
	require.NoError(t, err)
	t.Cleanup(other.Close)
	require.Error(t, other.As(t.Context(), worker, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Load(ctx, id)
		return err
	}), "nor does it open under another installation's")
}
