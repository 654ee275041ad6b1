package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/internal/fault"
	"github.com/kawal-id/kawal/store"
)

func TestASessionIsFoundByItsHashUntilItEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	mac, sealed := []byte("0123456789abcdef"), []byte("sealed")
	as := func(fn func(context.Context, *store.Tx) error) error {
		return b.s.As(t.Context(), store.Actor{Kind: store.Anyone}, fn)
	}
	use := func() (got []byte, err error) {
		err = as(func(ctx context.Context, tx *store.Tx) (err error) {
			got, err = tx.UseSession(ctx, mac)
			return err
		})
		return got, err
	}
	_, err := use()
	require.ErrorIs(t, err, fault.NotFound)
	require.NoError(t, as(func(ctx context.Context, tx *store.Tx) error {
		return tx.AddSession(ctx, store.Session{MAC: mac, Sealed: sealed, Idle: time.Minute, Life: time.Hour})
	}))
	got, err := use()
	require.NoError(t, err)
	require.Equal(t, sealed, got)
	require.NoError(t, as(func(ctx context.Context, tx *store.Tx) error { return tx.EndSession(ctx, mac) }))
	_, err = use()
	require.ErrorIs(t, err, fault.NotFound)
}
