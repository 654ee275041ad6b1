package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/kawal-id/kawal/report"
	"github.com/kawal-id/kawal/store"
)

// roundTrips counts what fn sends. Statements are prepared on first use of
// a connection, so fn runs once before.
func (b *bench) roundTrips(fn func()) int {
	b.t.Helper()
	fn()
	before := b.trips.n.Load()
	fn()
	return int(b.trips.n.Load() - before)
}

func TestRoundTrips(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.file(filed{}).ID
	b.forward(id, works)
	ctx := t.Context()
	for name, tt := range map[string]struct {
		want int
		fn   func() error
	}{
		"nothing": {0, func() error { return b.do(func(context.Context, *store.Tx) error { return nil }) }},
		"public report": {1, func() error {
			_, err := b.s.PublicReport(ctx, id)
			return err
		}},
		"public list": {1, func() error {
			_, err := b.s.PublicList(ctx, store.Filter{Q: "jalan"})
			return err
		}},
		"public map": {1, func() error {
			_, err := b.s.PublicGeoJSON(ctx, store.MapQuery{})
			return err
		}},
		"public statistics": {1, func() error {
			_, err := b.s.PublicStatistics(ctx, "agency", store.Filter{})
			return err
		}},
		"staff read, with its commit": {2, func() error {
			return b.do(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Load(ctx, id)
				return err
			})
		}},
		"staff list, with its commit": {2, func() error {
			return b.do(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.StaffList(ctx, store.Filter{})
				return err
			})
		}},
		"submission: calendars, rows, commit": {3, func() error {
			_, err := b.tryFile(filed{contact: true})
			return err
		}},
		"command: lock, rows, commit": {3, func() error {
			n := b.said(report.Command{Action: report.Withdraw, By: report.Reporter})
			_, err := b.insert(id, n)
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tt.want, b.roundTrips(func() { require.NoError(t, tt.fn()) }))
		})
	}
}

func TestATransitionTakesThreeRoundTrips(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	warm, a := b.prepared(b.file(filed{}).ID), b.prepared(b.file(filed{}).ID)
	_, err := b.advance(warm)
	require.NoError(t, err)
	before := b.trips.n.Load()
	_, err = b.advance(a)
	require.NoError(t, err)
	require.Equal(t, 3, int(b.trips.n.Load()-before)) // lock and read, write, commit
}

func TestAnErrorRollsBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sentinel := errors.New("no")
	err := b.do(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.PutRegions(ctx, []store.Region{{Code: "99", Name: "Baru"}}); err != nil {
			return err
		}
		return sentinel
	})
	require.ErrorIs(t, err, sentinel)
	require.Zero(t, b.count(`SELECT count(*) FROM region WHERE code = '99'`))
	require.Panics(t, func() {
		_ = b.do(func(ctx context.Context, tx *store.Tx) error {
			require.NoError(t, tx.PutRegions(ctx, []store.Region{{Code: "99", Name: "Baru"}}))
			panic("broken")
		})
	})
	require.Zero(t, b.count(`SELECT count(*) FROM region WHERE code = '99'`))
	require.NoError(t, b.s.Ping(t.Context()))
}

func TestAnIgnoredErrorDoesNotCommit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	err := b.do(func(ctx context.Context, tx *store.Tx) error {
		require.NoError(t, tx.PutRegions(ctx, []store.Region{{Code: "99", Name: "Baru"}}))
		require.Error(t, tx.PutAgency(ctx, store.Agency{ID: "NO", Name: "x"}))
		return nil
	})
	require.ErrorContains(t, err, "commit")
	require.Zero(t, b.count(`SELECT count(*) FROM region WHERE code = '99'`))
}

func TestADeadlockIsTriedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for code, want := range map[string]int{"40001": 3, "40P01": 3, "23505": 1} {
		tries := 0
		err := b.do(func(context.Context, *store.Tx) error {
			if tries++; tries < 3 {
				return &pgconn.PgError{Code: code}
			}
			return nil
		})
		require.Equal(t, want, tries, code)
		require.Equal(t, want == 3, err == nil, code)
	}
	tries := 0
	require.ErrorContains(t, b.do(func(context.Context, *store.Tx) error {
		tries++
		return &pgconn.PgError{Code: "40P01"}
	}), "5 tries")
	require.Equal(t, 5, tries)
}

func TestOpenRefusesAnIncompleteConfig(t *testing.T) {
	t.Parallel()
	_, err := store.Open(t.Context(), store.Config{})
	require.ErrorContains(t, err, "URL and Now")
	_, err = store.Open(t.Context(), store.Config{URL: "postgres://127.0.0.1:1/none?connect_timeout=1", Now: (&bench{}).now})
	require.ErrorContains(t, err, "ping database")
}
