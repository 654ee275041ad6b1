package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/store"
)

func TestTheFirstRecordOfAnExportStands(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one := store.Export{Report: "KWL-1", RunID: "a", SHA256: strings.Repeat("a1", 32)}
	two := store.Export{Report: "KWL-1", RunID: "b", SHA256: strings.Repeat("b2", 32)}
	record := func(e store.Export) bool {
		return get(b, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.RecordExport(ctx, e) })
	}
	require.True(t, record(one))
	require.True(t, record(two))
	again := one
	again.SHA256 = two.SHA256
	require.False(t, record(again))
	require.Equal(t, []store.Export{one, two}, get(b, func(ctx context.Context, tx *store.Tx) ([]store.Export, error) {
		return tx.Exports(ctx, "KWL-1", "KWL-2")
	}))
	require.Equal(t, 1, b.count(`SELECT count(*) FROM audit WHERE action = 'export_history' AND detail ->> 'run' = 'a' AND detail ->> 'sha256' = $1`, one.SHA256))
	require.Equal(t, 2, b.count(`SELECT count(*) FROM audit WHERE action = 'export_history'`))
	b.exec(`REVOKE INSERT ON audit FROM kawal_app`)
	require.ErrorContains(t, b.do(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.RecordExport(ctx, store.Export{Report: "KWL-2", RunID: "c", SHA256: one.SHA256})
		return err
	}), "42501")
	require.Equal(t, 2, b.count(`SELECT count(*) FROM history_export`))
}
